/** A table as `nft --json` lists it: names, the order of rules, and jumps. What a match of iptables looks for is not in it. */
import { OWNER_TAG } from '../render/names';
import { type BaseChain, isBaseChain } from '../render/ruleset';

/** A chain of ours, without what its rules say. */
export interface NativeChain {
  readonly name: string;
  /** Changes whenever a rule of the chain comes, goes or is replaced: the kernel gives no handle twice. */
  readonly handles: string;
}

/** Of a base chain: its rules in order, as far as they are ours. */
export interface NativeHook {
  /** Our jumps: where they lead, and the rules' handles. */
  readonly jumps: readonly { readonly target: string; readonly handle: string }[];
  readonly isFirst: boolean;
}

export interface NativeTable {
  readonly chains: readonly NativeChain[];
  readonly hooks: ReadonlyMap<BaseChain, NativeHook>;
}

/**
 * What of ours stands in the output of `nft --json --handle list table FAMILY TABLE`.
 * @throws SyntaxError when it is cut short
 */
export function parseNativeTable(text: string): NativeTable {
  const document: unknown = JSON.parse(text);
  const entries = isRecord(document) && Array.isArray(document.nftables) ? document.nftables : [];
  const rules = new Map<string, NativeRule[]>();
  for (const entry of entries) {
    if (!isRecord(entry)) continue;
    const { chain, rule } = entry;
    // Chains come before their rules.
    if (isRecord(chain) && typeof chain.name === 'string') rules.set(chain.name, []);
    if (isRecord(rule) && typeof rule.chain === 'string') rules.get(rule.chain)?.push(readRule(rule));
  }
  const chains: NativeChain[] = [];
  const hooks = new Map<BaseChain, NativeHook>();
  for (const [name, ofChain] of rules) {
    if (name.startsWith(OWNER_TAG)) chains.push({ name, handles: ofChain.map(({ handle }) => handle).join(' ') });
    else if (isBaseChain(name)) {
      const jumps = ofChain.flatMap(({ target, handle }) =>
        target?.startsWith(OWNER_TAG) === true ? [{ target, handle }] : [],
      );
      const isFirst = ofChain[0]?.handle === jumps[0]?.handle;
      if (jumps.length > 0) hooks.set(name, { jumps, isFirst });
    }
  }
  return { chains, hooks };
}

interface NativeRule {
  readonly handle: string;
  /** Where it leads, if it does nothing but jump. */
  readonly target?: string;
}

function readRule({ handle, expr }: Readonly<Record<string, unknown>>): NativeRule {
  const parts = (Array.isArray(expr) ? expr : []).filter((part) => !(isRecord(part) && 'counter' in part));
  const [only] = parts;
  const jump = parts.length === 1 && isRecord(only) && isRecord(only.jump) ? only.jump.target : undefined;
  return {
    handle: typeof handle === 'number' ? String(handle) : '',
    ...(typeof jump === 'string' && { target: jump }),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
