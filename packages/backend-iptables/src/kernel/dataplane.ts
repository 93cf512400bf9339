/** The kernel's packet filter in one network namespace: reads what is ours, writes programs. */
import type { IpFamily } from '@polyplane/core/backend';
import type { CommandResult, CommandRunner } from '@polyplane/linux';
import { IptablesError } from '../iptables-error';
import { OWNER_TAG, setOf } from '../render/names';
import {
  type FamilyState,
  type KernelState,
  type Program,
  type RestoreText,
  renderProgram,
  type SetState,
  type TableState,
} from '../render/program';
import { EMPTY_FAMILY, EMPTY_RULESET, type Ruleset, TABLES, type TableName } from '../render/ruleset';
import { readError } from './read-error';
import { parseIpsetSave } from './save-parser';
import { type ForeignTable, TableReader } from './table-reader';
import { commandOf, type IptablesVariant } from './variant';

/** The time that iptables-nft-restore takes grows with the square of the chains in it; iptables-legacy's, with the whole table. */
const CHAINS_PER_RESTORE = { nft: 2000, legacy: Number.POSITIVE_INFINITY } as const;

const LOCALNET_SETTING = 'net.ipv4.conf.all.route_localnet';

/** An empty set: it says that it was us who switched the setting on, also to a later session. */
const LOCALNET_RECORD = setOf('L', 4, 'localnet');

/** Reads and writes through the commands of one variant. */
export class KernelDataplane {
  private readonly tables: TableReader;
  private foreign: readonly ForeignTable[] = [];
  /** Chains that could not be deleted: as long as they are empty, they are as good as gone. */
  private readonly kept = new Set<string>();

  constructor(
    private readonly runner: CommandRunner,
    readonly variant: IptablesVariant,
    private readonly families: readonly IpFamily[],
    private readonly lockTimeoutSeconds: number,
  ) {
    this.tables = new TableReader(runner, variant);
  }

  /** Tables that were found, by the last {@link read}, to hold a rule which iptables cannot print. */
  get foreignTables(): readonly ForeignTable[] {
    return this.foreign;
  }

  /** Empty chains that {@link apply} had to leave, because somebody else's rules lead to them. */
  get keptChains(): readonly string[] {
    return [...this.kept];
  }

  /** @throws IptablesError PP_IPTABLES_READ_INCOMPATIBLE when the last {@link read} may have left out chains of ours */
  assertReadable(): void {
    const blind = this.foreign.flatMap(({ family, table, blindness }) =>
      blindness === undefined ? [] : [`IPv${family} ${table}: ${blindness}`],
    );
    if (blind.length === 0) return;
    throw new IptablesError('PP_IPTABLES_READ_INCOMPATIBLE', `not all could be read of ${blind.join('; ')}`, {
      isRetriable: false,
    });
  }

  /** @throws IptablesError PP_IPTABLES_CHAIN_IN_USE when there are {@link keptChains} */
  assertNoneKept(): void {
    if (this.kept.size === 0) return;
    throw new IptablesError('PP_IPTABLES_CHAIN_IN_USE', `left empty: ${[...this.kept].join(', ')}`, {
      isRetriable: false,
    });
  }

  /** What leads from one state to another, in pieces of the size that suits the variant. */
  programTo(state: KernelState, ruleset: Ruleset): Program {
    return renderProgram(state, ruleset, CHAINS_PER_RESTORE[this.variant]);
  }

  /**
   * Of a table that nobody can read whole, what stands of `known` in it.
   * @throws IptablesError PP_IPTABLES_READ_FAILED
   */
  async read(known: Ruleset = EMPTY_RULESET): Promise<KernelState> {
    const families = new Map<IpFamily, FamilyState>();
    const foreign: ForeignTable[] = [];
    for (const family of this.families) {
      const reading = await this.tables.read(family, known.families.get(family) ?? EMPTY_FAMILY);
      const tables = this.withoutKept(family, reading.tables);
      if (hasAnything(tables)) families.set(family, tables);
      foreign.push(...reading.foreign);
    }
    this.foreign = foreign;
    const sets = new Map(await this.readSets());
    const isOurs = sets.delete(LOCALNET_RECORD);
    return { families, sets, localnet: await this.readLocalnet(isOurs) };
  }

  /**
   * A chain that somebody else's rule leads to is emptied and left.
   * @throws IptablesError with what failed; what was written before that stays.
   */
  async apply(program: Program): Promise<void> {
    if (program.localnet === 'off') await this.stopRoutingLocalnet();
    if (program.setsBefore !== '') await this.restoreSets(program.setsBefore);
    if (program.jumpsBefore !== '') await this.deleteJumps(program.jumpsBefore);
    for (const restore of program.restores) await this.restore(restore);
    if (program.jumpsAfter !== '') await this.deleteJumps(program.jumpsAfter);
    if (program.localnet === 'on') await this.routeLocalnet();
    if (program.setsAfter !== '') await this.restoreSets(program.setsAfter);
  }

  private withoutKept(family: IpFamily, tables: FamilyState): FamilyState {
    if (this.kept.size === 0) return tables;
    const withoutKept = (name: TableName): TableState => ({
      ...tables[name],
      chains: new Map(
        [...tables[name].chains].filter(
          ([chain, rules]) => rules.length > 0 || !this.kept.has(chainPlace(family, name, chain)),
        ),
      ),
    });
    return {
      raw: withoutKept('raw'),
      mangle: withoutKept('mangle'),
      filter: withoutKept('filter'),
      nat: withoutKept('nat'),
    };
  }

  private async readLocalnet(isOurs: boolean): Promise<KernelState['localnet']> {
    const result = await this.runner.run('sysctl', ['-n', LOCALNET_SETTING]);
    if (result.exitCode !== 0) throw readError('sysctl', result);
    const isOn = result.stdout.trim() !== '0';
    if (isOurs) return isOn ? 'ours' : 'stopped';
    return isOn ? 'foreign' : 'off';
  }

  /** The record comes first: better one too many than a setting that nobody takes back. */
  private async routeLocalnet(): Promise<void> {
    await this.restoreSets(`create ${LOCALNET_RECORD} hash:net family inet\n`);
    await this.writeLocalnet(1);
  }

  private async stopRoutingLocalnet(): Promise<void> {
    await this.writeLocalnet(0);
    await this.restoreSets(`destroy ${LOCALNET_RECORD}\n`);
  }

  private async writeLocalnet(value: 0 | 1): Promise<void> {
    const result = await this.runner.run('sysctl', ['-w', `${LOCALNET_SETTING}=${value}`]);
    if (result.exitCode === 0) return;
    throw new IptablesError('PP_IPTABLES_SYSCTL_FAILED', `sysctl ${LOCALNET_SETTING}: ${result.stderr}`, {
      isRetriable: false,
    });
  }

  /** Our sets. One of somebody else's, of a type that this ipset does not know, keeps it from saving them all: then one by one. */
  private async readSets(): Promise<ReadonlyMap<string, SetState>> {
    const all = await this.runner.run('ipset', ['save']);
    if (all.exitCode === 0) return parseIpsetSave(all.stdout);
    const names = await this.runner.run('ipset', ['list', '-name']);
    if (names.exitCode !== 0) throw readError('ipset save', all);
    const texts: string[] = [];
    for (const name of names.stdout.split('\n')) {
      if (!name.startsWith(OWNER_TAG)) continue;
      const one = await this.runner.run('ipset', ['save', name]);
      if (one.exitCode !== 0) throw readError(`ipset save ${name}`, one);
      texts.push(one.stdout);
    }
    return parseIpsetSave(texts.join('\n'));
  }

  private async restoreSets(text: string): Promise<void> {
    const result = await this.runner.run('ipset', ['-exist', 'restore'], text);
    if (result.exitCode === 0) return;
    throw new IptablesError('PP_IPTABLES_IPSET_FAILED', quoteFailure('ipset restore', result, text), {
      isRetriable: isTemporary(result) || /in use/i.test(result.stderr),
    });
  }

  /** The handles came from nft: it is there. */
  private async deleteJumps(text: string): Promise<void> {
    const result = await this.runner.run('nft', ['--file', '-'], text);
    if (result.exitCode === 0) return;
    // A handle that is gone means that somebody else was quicker.
    throw new IptablesError('PP_IPTABLES_RESTORE_FAILED', quoteFailure('nft', result, text), { isRetriable: true });
  }

  private async restore({ family, text }: RestoreText): Promise<void> {
    const command = commandOf(family, this.variant, 'restore');
    const wait = this.variant === 'legacy' ? ['--wait', String(this.lockTimeoutSeconds)] : [];
    const result = await this.runner.run(command, ['--noflush', ...wait], text);
    if (result.exitCode === 0) return;
    const deletion = failedDeletion(result, text);
    if (deletion !== undefined) {
      // Somebody else's rule leads to it. It is empty by then, and nothing of ours leads there.
      this.kept.add(chainPlace(family, deletion.table, deletion.chain));
      await this.restore({ family, text: deletion.textWithout });
      return;
    }
    throw new IptablesError('PP_IPTABLES_RESTORE_FAILED', quoteFailure(command, result, text), {
      isRetriable: isTemporary(result),
    });
  }
}

function chainPlace(family: IpFamily, table: string, chain: string): string {
  return `IPv${family} ${table} ${chain}`;
}

/** The deletion of a chain that the tool was refused, and its input without it. */
function failedDeletion(
  { stderr }: CommandResult,
  text: string,
): { readonly table: string; readonly chain: string; readonly textWithout: string } | undefined {
  const lines = text.split('\n');
  const index = (failedLine(stderr) ?? 0) - 1;
  const chain = /^-X (.*)/.exec(lines[index] ?? '')?.[1];
  if (chain === undefined) return undefined;
  const tables = lines.slice(0, index).filter((line) => line.startsWith('*'));
  return {
    table: tables.at(-1)?.slice(1) ?? '',
    chain,
    textWithout: lines.filter((_, other) => other !== index).join('\n'),
  };
}

function hasAnything(tables: FamilyState): boolean {
  return TABLES.some((table) => tables[table].chains.size > 0 || tables[table].hooks.size > 0);
}

/**
 * The lock is held (4), memory or buffers ran out, somebody changed the table meanwhile. 4 is also what the kernel's refusal of one line
 * ends with, `line 3: RULE_APPEND failed (Invalid argument)`, and the reason alone tells whether it will refuse again.
 */
function isTemporary({ exitCode, stderr }: CommandResult): boolean {
  if (
    /resource temporarily unavailable|no buffer space|cannot allocate memory|xtables lock|interrupted|busy/i.test(
      stderr,
    )
  )
    return true;
  return exitCode === 4 && !/\b[A-Z]+_[A-Z_]+ failed \(/.test(stderr);
}

/** The tool's message, with the line that it speaks of. */
function quoteFailure(command: string, result: CommandResult, text: string): string {
  const line = lineOf(result, text);
  const quoted = line === undefined ? '' : ` (${line})`;
  return `${command} ended with ${result.exitCode}: ${result.stderr}${quoted}`;
}

/** The line of the input that the tool speaks of. */
function lineOf({ stderr }: CommandResult, text: string): string | undefined {
  const line = failedLine(stderr);
  return line === undefined ? undefined : (text.split('\n')[line - 1] ?? 'past the end');
}

/** `line 7` or `Error occurred at line: 7`. */
export function failedLine(message: string): number | undefined {
  const match = /\bline:? (\d+)/i.exec(message);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
