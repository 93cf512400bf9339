/**
 * One policy rule as chain rules. A rule is an AND of clauses; most become one match each and stand in one chain rule.
 * A clause that is an OR of several matches becomes a block: a chain of its own whose alternatives go on to the next block.
 */
import type { IpFamily, Rule } from '@polyplane/core/backend';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain, type SetName } from './names';
import { type Clause, type Condition, RuleMatch } from './policy-rule-match';
import { formatRule, type RuleText, type Target } from './rule-text';
import type { KernelSet } from './ruleset';

/** Sets the accept mark and returns from the chain of the policy that went here. */
export const ALLOW_CHAIN = fixedChain('ALLOW');
/** Sets the pass mark likewise. */
export const PASS_CHAIN = fixedChain('PASS');

/** What a list of rules becomes: the chain's own rules, the blocks they use, and every set they name. */
export interface CompiledRules {
  readonly rules: readonly RuleText[];
  readonly blocks: ReadonlyMap<ChainName, readonly RuleText[]>;
  /** Sets of ranges in the rules themselves, and an empty stand-in for every named set. */
  readonly sets: ReadonlyMap<SetName, KernelSet>;
}

/** Compiles rules in order, for one family. */
export function compileRules(rules: readonly Rule[], family: IpFamily, marks: Marks): CompiledRules {
  const compiler = new RuleCompiler(family, marks);
  for (const rule of rules) compiler.add(rule);
  return compiler;
}

/** How many alternatives may stand side by side before they become a block. */
const MAX_INLINE_ALTERNATIVES = 4;

class RuleCompiler implements CompiledRules {
  readonly rules: RuleText[] = [];
  readonly blocks = new Map<ChainName, readonly RuleText[]>();
  readonly sets = new Map<SetName, KernelSet>();

  constructor(
    private readonly family: IpFamily,
    private readonly marks: Marks,
  ) {}

  add(rule: Rule): void {
    const match = new RuleMatch(rule, this.family, this.sets);
    if (match.isImpossible) return;
    const target = targetOf(rule.action);
    const [only] = match.clauses;
    const canStandInline =
      match.clauses.length === 1 &&
      only !== undefined &&
      only.kind === 'anyOf' &&
      only.conditions.length <= MAX_INLINE_ALTERNATIVES &&
      // Two alternatives that both match would log a packet twice.
      rule.action !== 'log';
    if (match.clauses.length === 0) this.rules.push(formatRule({ ...match.common, target }));
    else if (canStandInline) {
      for (const condition of only.conditions)
        this.rules.push(formatRule({ ...join(match.common, condition), target }));
    } else this.addBlocks(match, target);
  }

  private addBlocks(match: RuleMatch, target: Target): void {
    let next = target;
    for (const clause of [...match.clauses].reverse()) next = { kind: 'goto', chain: this.addBlock(clause, next) };
    // Entered by a jump, so that a packet which fails a block comes back to the next rule.
    const entry: Target = next.kind === 'goto' ? { kind: 'jump', chain: next.chain } : next;
    this.rules.push(formatRule({ ...match.common, target: entry }));
    const verdict = verdictBit(target, this.marks);
    if (verdict !== undefined) {
      this.rules.push(
        formatRule({ matches: [{ kind: 'mark', value: verdict, mask: verdict }], target: { kind: 'return' } }),
      );
    }
  }

  private addBlock(clause: Clause, next: Target): ChainName {
    const rules =
      clause.kind === 'anyOf'
        ? clause.conditions.map((condition) => formatRule({ ...condition, target: next }))
        : [
            ...clause.conditions.map((condition) => formatRule({ ...condition, target: { kind: 'return' } })),
            formatRule({ target: next }),
          ];
    const chain = chainOf('BLK', `${rules.join('\n')}\n`);
    this.blocks.set(chain, rules);
    return chain;
  }
}

function targetOf(action: Rule['action']): Target {
  switch (action) {
    case 'allow':
      return { kind: 'goto', chain: ALLOW_CHAIN };
    case 'pass':
      return { kind: 'goto', chain: PASS_CHAIN };
    case 'deny':
      return { kind: 'drop' };
    case 'log':
      return { kind: 'log' };
  }
}

function verdictBit(target: Target, marks: Marks): number | undefined {
  if (target.kind !== 'goto') return undefined;
  return target.chain === ALLOW_CHAIN ? marks.accept : marks.pass;
}

function join(common: Condition, condition: Condition): Condition {
  return { ...common, ...condition, matches: [...(common.matches ?? []), ...(condition.matches ?? [])] };
}
