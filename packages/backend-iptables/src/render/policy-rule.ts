/**
 * One policy rule as chain rules. A rule is an AND of clauses; most become one match each and stand in one chain rule.
 * A clause that is an OR of several matches becomes a block: a chain of its own whose alternatives go on to the next block.
 */
import {
  type Cidr,
  familyOf,
  hasPorts,
  ICMP,
  ICMPV6,
  type IpFamily,
  type IpSetKey,
  type PortRange,
  type Protocol,
  type Rule,
  type RuleEnd,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import { type IpSetKind, ipSetName, renderRangeSet, renderUnknownIpSet } from './ip-sets';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain, type SetName } from './names';
import {
  formatRule,
  type ModuleMatch,
  MULTIPORT_SLOTS,
  type RuleSpec,
  type RuleText,
  type Target,
  type Wanted,
} from './rule-text';
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

/** Protocols whose ports a rule means when it names ports and no protocol. */
const PORT_PROTOCOLS: readonly Protocol[] = [TCP, UDP, SCTP, UDPLITE];

/** How many alternatives may stand side by side before they become a block. */
const MAX_INLINE_ALTERNATIVES = 4;

const ADDRESS_FIELD = { source: 'src', destination: 'dst' } as const;
const ADDRESS_PORT_FIELDS = { source: 'src,src', destination: 'dst,dst' } as const;

/** Part of a rule. */
type Condition = Pick<RuleSpec, 'source' | 'destination' | 'protocol' | 'matches'>;

/** `anyOf`: one of these must hold. `noneOf`: none may. */
type Clause = { readonly kind: 'anyOf' | 'noneOf'; readonly conditions: readonly Condition[] };

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

/** A rule's conditions, sorted into what one chain rule can hold and what needs a choice. */
class RuleMatch {
  isImpossible = false;
  readonly clauses: Clause[] = [];
  private source?: Wanted<Cidr>;
  private destination?: Wanted<Cidr>;
  private protocol?: Wanted<Protocol>;
  private readonly matches: ModuleMatch[] = [];

  constructor(
    private readonly rule: Rule,
    private readonly family: IpFamily,
    private readonly sets: Map<SetName, KernelSet>,
  ) {
    if (rule.family !== undefined && rule.family !== family) this.isImpossible = true;
    this.addProtocol();
    this.addIcmp();
    this.addEnd(rule.source, 'source');
    this.addEnd(rule.destination, 'destination');
  }

  /** What holds of every alternative. */
  get common(): Condition {
    return {
      ...(this.source === undefined ? {} : { source: this.source }),
      ...(this.destination === undefined ? {} : { destination: this.destination }),
      ...(this.protocol === undefined ? {} : { protocol: this.protocol }),
      matches: this.matches,
    };
  }

  private addProtocol(): void {
    const { protocol, notProtocol } = this.rule;
    // iptables reads protocol 0 as "any", and no packet carries it but as an IPv6 extension header.
    if (protocol !== undefined && (protocol === notProtocol || Number(protocol) === 0)) this.isImpossible = true;
    else if (protocol !== undefined) this.protocol = { value: protocol };
    else if (notProtocol !== undefined && Number(notProtocol) !== 0) {
      this.protocol = { value: notProtocol, isNegated: true };
    }
  }

  private addIcmp(): void {
    const { family } = this;
    const own = family === 4 ? ICMP : ICMPV6;
    const { icmp, notIcmp, protocol, notProtocol } = this.rule;
    if (icmp === undefined && notIcmp === undefined) return;
    if (icmp !== undefined) {
      if ((protocol !== undefined && protocol !== own) || notProtocol === own) {
        this.isImpossible = true;
        return;
      }
      this.protocol = { value: own };
      this.matches.push({ kind: 'icmp', family, icmp });
    }
    if (notIcmp === undefined) return;
    if (this.protocol?.isNegated !== true && this.protocol?.value === own) {
      this.matches.push({ kind: 'icmp', family, icmp: notIcmp, isNegated: true });
    } else if (protocol === undefined) {
      this.clauses.push({
        kind: 'noneOf',
        conditions: [{ protocol: { value: own }, matches: [{ kind: 'icmp', family, icmp: notIcmp }] }],
      });
    }
  }

  private addEnd(end: RuleEnd, side: 'source' | 'destination'): void {
    this.addRanges(end, side);
    for (const key of end.ipSets) this.addSet(key, 'net', side, false);
    for (const key of end.notIpSets) this.addSet(key, 'net', side, true);
    for (const key of end.addressPortSets) this.addSet(key, 'addressPort', side, false);
    this.addPorts(end, side);
    this.addNotPorts(end, side);
  }

  private addRanges(end: RuleEnd, side: 'source' | 'destination'): void {
    const ofFamily = (range: Cidr): boolean => familyOf(range) === this.family;
    const isEverything = (range: Cidr): boolean => range.endsWith('/0');
    const nets = end.nets.filter(ofFamily);
    const notNets = end.notNets.filter(ofFamily);
    if ((end.nets.length > 0 && nets.length === 0) || notNets.some(isEverything)) {
      this.isImpossible = true;
      return;
    }
    const [net] = nets;
    const hasOneNet = nets.length === 1 && net !== undefined;
    if (hasOneNet && !isEverything(net)) this[side] = { value: net };
    else if (nets.length > 1 && !nets.some(isEverything)) this.addRangeSet(nets, side, false);
    const [notNet] = notNets;
    if (notNets.length === 1 && notNet !== undefined && this[side] === undefined) {
      this[side] = { value: notNet, isNegated: true };
    } else if (notNets.length > 0) this.addRangeSet(notNets, side, true);
  }

  private addRangeSet(ranges: readonly Cidr[], side: 'source' | 'destination', isNegated: boolean): void {
    const set = renderRangeSet(ranges, this.family);
    this.sets.set(set.name, set);
    this.matches.push({ kind: 'set', name: set.name, fields: ADDRESS_FIELD[side], isNegated });
  }

  private addSet(key: IpSetKey, kind: IpSetKind, side: 'source' | 'destination', isNegated: boolean): void {
    this.matches.push(this.setMatch(key, kind, side, isNegated));
  }

  private setMatch(key: IpSetKey, kind: IpSetKind, side: 'source' | 'destination', isNegated: boolean): ModuleMatch {
    const name = ipSetName(key, kind, this.family);
    if (!this.sets.has(name)) this.sets.set(name, renderUnknownIpSet(key, kind, this.family));
    const fields = kind === 'net' ? ADDRESS_FIELD[side] : ADDRESS_PORT_FIELDS[side];
    return { kind: 'set', name, fields, isNegated };
  }

  /** Numbers and names are alternatives. */
  private addPorts(end: RuleEnd, side: 'source' | 'destination'): void {
    if (end.ports.length === 0 && end.namedPorts.length === 0) return;
    const conditions: Condition[] = [
      ...this.portConditions(end.ports, side),
      ...end.namedPorts.map((key) => ({ matches: [this.setMatch(key, 'addressPort', side, false)] })),
    ];
    const [only] = conditions;
    if (only === undefined) this.isImpossible = true;
    else if (conditions.length === 1) this.take(only);
    else this.clauses.push({ kind: 'anyOf', conditions });
  }

  private addNotPorts(end: RuleEnd, side: 'source' | 'destination'): void {
    for (const key of end.notNamedPorts) this.addSet(key, 'addressPort', side, true);
    const conditions = this.portConditions(end.notPorts, side);
    if (conditions.length === 0) return;
    const protocol = this.onlyProtocol;
    if (protocol === undefined) this.clauses.push({ kind: 'noneOf', conditions });
    else {
      for (const ports of splitForMultiport(end.notPorts)) {
        this.matches.push({ kind: 'ports', protocol, end: side, ports, isNegated: true });
      }
    }
  }

  /** One condition for each protocol that may be meant and each fifteen ports; none when no packet of the rule has ports. */
  private portConditions(ports: readonly PortRange[], side: 'source' | 'destination'): readonly Condition[] {
    const only = this.onlyProtocol;
    const except = this.rule.notProtocol;
    const protocols = only === undefined ? PORT_PROTOCOLS.filter((protocol) => protocol !== except) : [only];
    return protocols.filter(hasPorts).flatMap((protocol) =>
      splitForMultiport(ports).map((part) => ({
        // In a block of its own the rule must name it again.
        protocol: { value: protocol },
        matches: [{ kind: 'ports', protocol, end: side, ports: part } as const],
      })),
    );
  }

  private get onlyProtocol(): Protocol | undefined {
    return this.protocol === undefined || this.protocol.isNegated === true ? undefined : this.protocol.value;
  }

  private take(condition: Condition): void {
    if (condition.protocol !== undefined) this.protocol = condition.protocol;
    this.matches.push(...(condition.matches ?? []));
  }
}

function splitForMultiport(ports: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const parts: PortRange[][] = [];
  let slots = MULTIPORT_SLOTS;
  for (const range of ports) {
    const needed = range.first === range.last ? 1 : 2;
    if (slots + needed > MULTIPORT_SLOTS) {
      parts.push([]);
      slots = 0;
    }
    parts[parts.length - 1]?.push(range);
    slots += needed;
  }
  return parts;
}
