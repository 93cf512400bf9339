/** Chains as input of iptables-restore: one transaction, or several where a big load goes faster so. */
import type { ChainName } from './names';
import type { RuleText } from './rule-text';

/** A chain to be written whole: made, or emptied and filled again. */
export interface ChainWrite {
  readonly name: ChainName;
  readonly rules: readonly RuleText[];
  /** It is not there yet, so nothing leads into it. */
  readonly isNew: boolean;
}

/** The lines that declare and fill these chains. */
export function formatChains(chains: readonly ChainWrite[]): string {
  const lines: string[] = [];
  for (const { name } of chains) lines.push(`:${name} - [0:0]\n`);
  for (const { name, rules } of chains) for (const rule of rules) lines.push(`-A ${name} ${rule}\n`);
  return lines.join('');
}

/**
 * Takes new chains out of the last transaction, `chainsPerRestore` at a time, so that each is written after those that it leads
 * to. Whoever is stopped in between leaves chains that nobody enters.
 */
export function splitNewChains(
  chains: readonly ChainWrite[],
  chainsPerRestore: number,
): { readonly preparations: readonly (readonly ChainWrite[])[]; readonly last: readonly ChainWrite[] } {
  if (chains.length <= chainsPerRestore) return { preparations: [], last: chains };
  const fresh = targetsFirst(chains.filter(({ isNew }) => isNew));
  const preparations: ChainWrite[][] = [];
  for (let start = 0; start + chainsPerRestore <= fresh.length; start += chainsPerRestore) {
    preparations.push(fresh.slice(start, start + chainsPerRestore));
  }
  const prepared = new Set(preparations.flat());
  return { preparations, last: chains.filter((chain) => !prepared.has(chain)) };
}

/** Each chain after all that its rules lead to. Chains never lead in a circle: the kernel would refuse them. */
function targetsFirst(chains: readonly ChainWrite[]): readonly ChainWrite[] {
  const waiting = new Map(chains.map((chain) => [String(chain.name), chain]));
  const ordered: ChainWrite[] = [];
  const visit = (chain: ChainWrite): void => {
    if (!waiting.delete(chain.name)) return;
    for (const rule of chain.rules) {
      const target = waiting.get(targetOf(rule));
      if (target !== undefined) visit(target);
    }
    ordered.push(chain);
  };
  for (const chain of chains) visit(chain);
  return ordered;
}

/** The chain or target that a rule's text ends with, or the last word of the target's options. */
function targetOf(rule: RuleText): string {
  return rule.slice(rule.lastIndexOf(' ') + 1);
}
