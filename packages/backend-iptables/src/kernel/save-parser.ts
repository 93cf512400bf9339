/** Reads the output of iptables-save and `ipset save`, keeping what is ours. */
import type { IpFamily } from '@polyplane/core/backend';
import { OWNER_TAG } from '../render/names';
import type { FamilyState, HookState, SetState, TableState } from '../render/program';
import { type BaseChain, isBaseChain, TABLES, type TableName } from '../render/ruleset';

/** What an iptables-save output shows of ours, and what it leaves out. */
export interface SavedFamily {
  /** Chains by owner tag, and jumps to them from base chains. */
  readonly tables: FamilyState;
  /** Tables that it names and does not print to their end: there is more in them than `tables` says. */
  readonly unread: readonly TableName[];
}

/** Reads the output of iptables-save, for one table or all. */
export function parseIptablesSave(text: string): SavedFamily {
  const tables: Record<TableName, MutableTable> = {
    raw: new MutableTable(),
    mangle: new MutableTable(),
    filter: new MutableTable(),
    nat: new MutableTable(),
  };
  const unread = new Set<TableName>();
  let table: MutableTable | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      const name = tableNamed(line.slice(1).trim());
      table = name === undefined ? undefined : tables[name];
      // Until its COMMIT.
      if (name !== undefined) unread.add(name);
    } else if (line.startsWith(':')) table?.addChain(line.slice(1, line.indexOf(' ')));
    else if (line.startsWith('-A ')) table?.addRule(line.slice(3));
    else if (line.startsWith('COMMIT')) {
      for (const name of TABLES) if (tables[name] === table) unread.delete(name);
    } else {
      const incompatible = tableNamed(INCOMPATIBLE.exec(line)?.[1] ?? '');
      if (incompatible !== undefined) unread.add(incompatible);
    }
  }
  return { tables, unread: TABLES.filter((name) => unread.has(name)) };
}

/** What iptables-nft-save prints in place of a table that holds a rule which iptables could not have made; it exits with 0. */
const INCOMPATIBLE = /^# Table `(\w+)' is incompatible/;

function tableNamed(name: string): TableName | undefined {
  return TABLES.find((known) => known === name);
}

/** Our sets in an `ipset save` output. */
export function parseIpsetSave(text: string): ReadonlyMap<string, SetState> {
  const sets = new Map<string, SetState & { readonly members: Set<string> }>();
  for (const line of text.split('\n')) {
    if (line.startsWith(`create ${OWNER_TAG}`)) {
      const set = parseCreate(line.split(' '));
      sets.set(set.name, set);
    } else if (line.startsWith(`add ${OWNER_TAG}`)) {
      const end = line.indexOf(' ', 4);
      sets.get(line.slice(4, end))?.members.add(line.slice(end + 1).trimEnd());
    }
  }
  return sets;
}

class MutableTable implements TableState {
  readonly chains = new Map<string, string[]>();
  readonly hooks = new Map<BaseChain, { rules: string[]; isFirst: boolean }>();
  private readonly started = new Set<string>();

  addChain(name: string): void {
    if (name.startsWith(OWNER_TAG)) this.chains.set(name, []);
  }

  addRule(text: string): void {
    const end = text.indexOf(' ');
    const chain = text.slice(0, end);
    const rule = text.slice(end + 1).trimEnd();
    const own = this.chains.get(chain);
    if (own !== undefined) own.push(rule);
    else if (isBaseChain(chain)) this.addBaseRule(chain, rule);
  }

  private addBaseRule(chain: BaseChain, rule: string): void {
    const isFirst = !this.started.has(chain);
    this.started.add(chain);
    if (!/ -[jg] POLYPLANE-/.test(` ${rule}`)) return;
    const hook: HookState | undefined = this.hooks.get(chain);
    if (hook === undefined) this.hooks.set(chain, { rules: [rule], isFirst });
    else this.hooks.set(chain, { rules: [...hook.rules, rule], isFirst: hook.isFirst });
  }
}

function parseCreate(words: readonly string[]): SetState & { readonly members: Set<string> } {
  const [, name = '', type = ''] = words;
  const optionValue = (option: string): string | undefined => {
    const index = words.indexOf(option, 3);
    return index < 0 ? undefined : words[index + 1];
  };
  const family: IpFamily = optionValue('family') === 'inet6' ? 6 : 4;
  return { name, type, family, maxElements: Number(optionValue('maxelem') ?? 0), members: new Set() };
}
