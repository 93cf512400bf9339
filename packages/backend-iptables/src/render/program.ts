/** What has to be written so that the kernel holds a ruleset: the difference from what it holds, as text for the tools. */
import type { IpFamily } from '@polyplane/core/backend';
import type { ChainName, SetName } from './names';
import { swapNameOf } from './names';
import { type ChainWrite, formatChains, splitNewChains } from './restore-text';
import type { BaseChain, KernelSet, Ruleset, TableName, TableRules } from './ruleset';
import { EMPTY_FAMILY, TABLES } from './ruleset';

/** What of a base chain's rules is ours. */
export interface HookState {
  /** Texts of our rules, in order. */
  readonly rules: readonly string[];
  /** The chain's first rule is ours. */
  readonly isFirst: boolean;
  /** nft's handles of `rules`, where rules of another tool keep iptables from finding them. */
  readonly handles?: readonly string[];
}

/** What one table holds of ours. */
export interface TableState {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly hooks: ReadonlyMap<BaseChain, HookState>;
}

export type FamilyState = Readonly<Record<TableName, TableState>>;

/** A set as it was found; its type may be one that we never make. */
export type SetState = Omit<KernelSet, 'type' | 'name'> & { readonly name: string; readonly type: string };

/** What the kernel holds of ours. */
export interface KernelState {
  readonly families: ReadonlyMap<IpFamily, FamilyState>;
  readonly sets: ReadonlyMap<string, SetState>;
  /** Whether 127.0.0.0/8 is routed, and if so, by whose will; `stopped`: by ours, until somebody switched it off. */
  readonly localnet: 'off' | 'ours' | 'foreign' | 'stopped';
}

/** Input of one iptables-restore or ip6tables-restore; each table in it is one transaction. */
export interface RestoreText {
  readonly family: IpFamily;
  readonly text: string;
}

/** In the order in which it is written: sets that rules need, rules, sets that no rule needs any more. */
export interface Program {
  /** Input of `ipset restore`; empty: none. */
  readonly setsBefore: string;
  /** Input of `nft`: jumps that are to go, which iptables does not find. Empty: none. */
  readonly jumpsBefore: string;
  readonly restores: readonly RestoreText[];
  /** The same, of jumps that others have taken the place of. */
  readonly jumpsAfter: string;
  readonly setsAfter: string;
  /** Route 127.0.0.0/8, after the rules that keep others out of it; or stop, before they go. */
  readonly localnet: 'on' | 'off' | 'keep';
  /** One line a difference, for people. */
  readonly differences: readonly string[];
}

/** Nothing would be written. */
export function isEmptyProgram(program: Program): boolean {
  return (
    program.setsBefore === '' &&
    program.jumpsBefore === '' &&
    program.jumpsAfter === '' &&
    program.restores.length === 0 &&
    program.setsAfter === '' &&
    program.localnet === 'keep'
  );
}

/** The kernel's state once it holds exactly this ruleset; `before`: what it held. */
export function stateAfter(before: KernelState, ruleset: Ruleset): KernelState {
  const families = new Map<IpFamily, FamilyState>();
  for (const [family, rules] of ruleset.families) {
    families.set(family, {
      raw: tableStateOf(rules.raw),
      mangle: tableStateOf(rules.mangle),
      filter: tableStateOf(rules.filter),
      nat: tableStateOf(rules.nat),
    });
  }
  return { families, sets: ruleset.sets, localnet: localnetAfter(before.localnet, ruleset.routesLocalnet) };
}

/** The program that leads from `state` to `ruleset`, with at most `chainsPerRestore` new chains in one transaction. */
export function renderProgram(state: KernelState, ruleset: Ruleset, chainsPerRestore: number): Program {
  const differences: string[] = [];
  const sets = renderSets(state.sets, ruleset.sets, differences);
  const restores: RestoreText[] = [];
  const jumps = { before: '', after: '' };
  for (const family of [4, 6] as const) {
    const before = state.families.get(family) ?? EMPTY_FAMILY_STATE;
    const wanted = ruleset.families.get(family) ?? EMPTY_FAMILY;
    const writes = TABLES.map((table) =>
      renderTable(before[table], wanted[table], chainsPerRestore, (what) => {
        differences.push(`IPv${family} ${table}: ${what}`);
      }),
    );
    const texts = TABLES.flatMap((table, index) =>
      (writes[index]?.preparations ?? []).map((body) => `*${table}\n${body}COMMIT\n`),
    );
    const last = TABLES.map((table, index) => {
      const body = writes[index]?.last ?? '';
      return body === '' ? '' : `*${table}\n${body}COMMIT\n`;
    }).join('');
    for (const text of [...texts, last]) if (text !== '') restores.push({ family, text });
    for (const table of TABLES) {
      const { before: early, after: late } = renderHiddenJumps(family, table, before[table], wanted[table]);
      jumps.before += early;
      jumps.after += late;
    }
  }
  const localnet = localnetAfter(state.localnet, ruleset.routesLocalnet);
  const isChanged = localnet !== state.localnet;
  if (isChanged) differences.push(`127.0.0.0/8 is ${localnet === 'off' ? 'still' : 'not'} routed`);
  return {
    setsBefore: sets.before,
    jumpsBefore: jumps.before,
    restores,
    jumpsAfter: jumps.after,
    setsAfter: sets.after,
    localnet: !isChanged ? 'keep' : localnet === 'off' ? 'off' : 'on',
    differences,
  };
}

/** What somebody else switched on stays on. */
function localnetAfter(before: KernelState['localnet'], isWanted: boolean): KernelState['localnet'] {
  if (before === 'foreign') return 'foreign';
  return isWanted ? 'ours' : 'off';
}

const EMPTY_TABLE_STATE: TableState = { chains: new Map(), hooks: new Map() };
export const EMPTY_FAMILY_STATE: FamilyState = {
  raw: EMPTY_TABLE_STATE,
  mangle: EMPTY_TABLE_STATE,
  filter: EMPTY_TABLE_STATE,
  nat: EMPTY_TABLE_STATE,
};

function tableStateOf(table: TableRules): TableState {
  const hooks = new Map<BaseChain, HookState>();
  for (const [base, chain] of table.hooks) hooks.set(base, { rules: [`-j ${chain}`], isFirst: true });
  return { chains: table.chains, hooks };
}

/** Every chain is declared before a rule names it; a chain that goes is emptied first and deleted last. */
function renderTable(
  state: TableState,
  wanted: TableRules,
  chainsPerRestore: number,
  note: (what: string) => void,
): { readonly preparations: readonly string[]; readonly last: string } {
  if (state.chains === wanted.chains) return { preparations: [], last: renderHooks(state, wanted, note) };
  const writes: ChainWrite[] = [];
  let found = 0;
  for (const [name, rules] of wanted.chains) {
    const before = state.chains.get(name);
    if (before !== undefined) found += 1;
    if (before !== undefined && isSame(before, rules)) continue;
    note(`chain ${name} ${before === undefined ? 'is missing' : 'differs'}`);
    writes.push({ name, rules, isNew: before === undefined });
  }
  // Names that were read back and are none of ours are not in `wanted` either.
  const leftOver =
    found === state.chains.size ? [] : [...state.chains.keys()].filter((name) => !wanted.chains.has(name as ChainName));
  for (const name of leftOver) note(`chain ${name} is left over`);
  const { preparations, last } = splitNewChains(writes, chainsPerRestore);
  const body =
    leftOver.map((name) => `:${name} - [0:0]\n`).join('') +
    formatChains(last) +
    renderHooks(state, wanted, note) +
    leftOver.map((name) => `-X ${name}\n`).join('');
  return { preparations: preparations.map(formatChains), last: body };
}

function renderHooks(state: TableState, wanted: TableRules, note: (what: string) => void): string {
  let text = '';
  for (const base of new Set([...state.hooks.keys(), ...wanted.hooks.keys()])) {
    const chain = wanted.hooks.get(base);
    const found = state.hooks.get(base);
    const rules = found?.rules ?? [];
    if (isHooked(found, chain)) continue;
    note(`${base} ${chain === undefined ? 'still jumps to us' : `does not begin with -j ${chain}`}`);
    // Out and in within one transaction, so that no packet sees both or neither.
    if (found?.handles === undefined) for (const rule of rules) text += `-D ${base} ${rule}\n`;
    if (chain !== undefined) text += `-I ${base} 1 -j ${chain}\n`;
  }
  return text;
}

/** Nothing but the jump that is wanted is there, and first; or nothing, where none is wanted. */
function isHooked(found: HookState | undefined, chain: ChainName | undefined): boolean {
  const rules = found?.rules ?? [];
  if (chain === undefined) return rules.length === 0;
  return found?.isFirst === true && rules.length === 1 && rules[0] === `-j ${chain}`;
}

/** One that another takes the place of goes after that is there: for a moment a packet may meet both, and none neither. */
function renderHiddenJumps(
  family: IpFamily,
  table: TableName,
  state: TableState,
  wanted: TableRules,
): { readonly before: string; readonly after: string } {
  const texts = { before: '', after: '' };
  for (const [base, hook] of state.hooks) {
    const chain = wanted.hooks.get(base);
    if (hook.handles === undefined || isHooked(hook, chain)) continue;
    const lines = hook.handles.map(
      (handle) => `delete rule ${family === 4 ? 'ip' : 'ip6'} ${table} ${base} handle ${handle}\n`,
    );
    texts[chain === undefined ? 'before' : 'after'] += lines.join('');
  }
  return texts;
}

function renderSets(
  state: ReadonlyMap<string, SetState>,
  wanted: ReadonlyMap<SetName, KernelSet>,
  differences: string[],
): { readonly before: string; readonly after: string } {
  const before: string[] = [];
  const after: string[] = [];
  for (const set of wanted.values()) {
    const found = state.get(set.name);
    if (found === set) continue;
    if (found === undefined) {
      differences.push(`set ${set.name} is missing`);
      before.push(...createLines(set.name, set));
    } else if (found.type !== set.type || found.family !== set.family) {
      differences.push(`set ${set.name} is of another type`);
      before.push(`destroy ${set.name}\n`, ...createLines(set.name, set));
    } else if (found.maxElements !== set.maxElements) {
      differences.push(`set ${set.name} is of another size`);
      const next = swapNameOf(set.name);
      before.push(...createLines(next, set), `swap ${next} ${set.name}\n`);
      after.push(`destroy ${next}\n`);
    } else {
      const lines = memberLines(found, set);
      if (lines.length > 0) differences.push(`set ${set.name} differs in ${lines.length} members`);
      for (const line of lines) before.push(line);
    }
  }
  for (const name of state.keys()) {
    // As with chains.
    if (wanted.has(name as SetName)) continue;
    differences.push(`set ${name} is left over`);
    after.push(`destroy ${name}\n`);
  }
  return { before: before.join(''), after: after.join('') };
}

function createLines(name: SetName, set: KernelSet): readonly string[] {
  const family = set.family === 4 ? 'inet' : 'inet6';
  const lines = [`create ${name} ${set.type} family ${family} maxelem ${set.maxElements}\n`];
  for (const member of set.members) lines.push(`add ${name} ${member}\n`);
  return lines;
}

function memberLines(found: SetState, set: KernelSet): readonly string[] {
  if (found.members === set.members) return [];
  const lines: string[] = [];
  for (const member of set.members) if (!found.members.has(member)) lines.push(`add ${set.name} ${member}\n`);
  // All that was wanted and not added was there: is there any more?
  if (set.members.size - lines.length === found.members.size) return lines;
  for (const member of found.members) if (!set.members.has(member)) lines.push(`del ${set.name} ${member}\n`);
  return lines;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((rule, index) => rule === b[index]));
}
