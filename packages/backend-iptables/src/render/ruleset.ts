/** What the kernel shall hold, or holds, of ours: chains, the jumps into them, and sets. */
import type { IpFamily } from '@polyplane/core/backend';
import { type ChainName, fixedChain, type SetName } from './names';
import type { RuleText } from './rule-text';

/** In the order in which they are written: policy is in force before a new service leads to it. */
export const TABLES = ['raw', 'mangle', 'filter', 'nat'] as const;
export type TableName = (typeof TABLES)[number];

/** The kernel's own chains that we hook into. */
export type BaseChain = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** All of them. */
export const BASE_CHAINS = [
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
] as const satisfies readonly BaseChain[];

export function isBaseChain(name: string): name is BaseChain {
  return BASE_CHAINS.some((base) => base === name);
}

/** The chains that a base chain may jump to. */
export const HOOK_CHAINS: readonly ChainName[] = [...BASE_CHAINS, 'SERVICES'].map(fixedChain);

export type Chains = ReadonlyMap<ChainName, readonly RuleText[]>;

/** Our part of one table. */
export interface TableRules {
  readonly chains: Chains;
  /** The chain that a base chain's first rule jumps to. */
  readonly hooks: ReadonlyMap<BaseChain, ChainName>;
}

export type FamilyRules = Readonly<Record<TableName, TableRules>>;

export type SetType = 'hash:net' | 'hash:ip,port' | 'hash:net,port' | 'hash:ip,port,ip' | 'hash:ip,port,net';

/** A set as the kernel holds it; members in the form of `ipset save`. */
export interface KernelSet {
  readonly name: SetName;
  readonly type: SetType;
  readonly family: IpFamily;
  readonly maxElements: number;
  readonly members: ReadonlySet<string>;
}

/** All of ours in one network namespace. A family without an entry has nothing. */
export interface Ruleset {
  readonly families: ReadonlyMap<IpFamily, FamilyRules>;
  readonly sets: ReadonlyMap<SetName, KernelSet>;
  /** The kernel routes 127.0.0.0/8 like any other range: node ports on localhost need it. */
  readonly routesLocalnet: boolean;
}

/** Nothing of ours. */
export const EMPTY_RULESET: Ruleset = { families: new Map(), sets: new Map(), routesLocalnet: false };

export const EMPTY_TABLE: TableRules = { chains: new Map(), hooks: new Map() };
export const EMPTY_FAMILY: FamilyRules = {
  raw: EMPTY_TABLE,
  mangle: EMPTY_TABLE,
  filter: EMPTY_TABLE,
  nat: EMPTY_TABLE,
};

/** Room for what a set holds; it changes by powers of two only, because a change means another set. */
export function maxElementsFor(memberCount: number): number {
  let room = 1 << 20;
  while (room < memberCount) room *= 2;
  return room;
}
