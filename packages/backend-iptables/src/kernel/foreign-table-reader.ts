/** Reads tables that iptables-nft cannot print, because somebody added a rule to them that is not of iptables. */
import type { IpFamily } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import type { HookState, TableState } from '../render/program';
import { BASE_CHAINS, type BaseChain, HOOK_CHAINS, type TableName } from '../render/ruleset';
import { type NativeTable, parseNativeTable } from './native-table';

/** A table as far as it could be read. */
export interface ForeignTableReading {
  readonly state: TableState;
  /** Why chains of ours may stand there that `state` does not tell of; absent: it tells of all. */
  readonly blindness?: string;
}

/** How many chains are asked for at once. */
const PARALLEL = 4;

/**
 * nft says which chains and jumps are there, iptables what stands in each chain; a chain is asked for again when one of its rules changed.
 * Without nft, only what is known by name can be asked for.
 */
export class ForeignTableReader {
  private readonly known = new Map<string, KnownChain>();
  private unprintable = 0;

  constructor(private readonly runner: CommandRunner) {}

  async read(family: IpFamily, table: TableName, knownChains: readonly string[]): Promise<ForeignTableReading> {
    const native = await this.readNative(family, table);
    if (typeof native === 'string') {
      const chains = await this.readChains(
        family,
        table,
        knownChains.map((name) => ({ name })),
      );
      return { state: { chains, hooks: await this.findJumps(family, table) }, blindness: native };
    }
    return { state: { chains: await this.readChains(family, table, native.chains), hooks: hooksOf(native) } };
  }

  /** Or why nft does not tell. */
  private async readNative(family: IpFamily, table: TableName): Promise<NativeTable | string> {
    try {
      const nftFamily = family === 4 ? 'ip' : 'ip6';
      const { exitCode, stdout, stderr } = await this.runner.run('nft', [
        '--json',
        '--handle',
        'list',
        'table',
        nftFamily,
        table,
      ]);
      return exitCode === 0 ? parseNativeTable(stdout) : `nft ended with ${exitCode}: ${stderr}`;
    } catch (error) {
      return `nft: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  private async readChains(
    family: IpFamily,
    table: TableName,
    chains: readonly AskedChain[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (let start = 0; start < chains.length; start += PARALLEL) {
      await Promise.all(
        chains.slice(start, start + PARALLEL).map(async (chain) => {
          const rules = await this.readChain(family, table, chain);
          if (rules !== undefined) found.set(chain.name, rules);
        }),
      );
    }
    return found;
  }

  private async readChain(
    family: IpFamily,
    table: TableName,
    { name, handles }: AskedChain,
  ): Promise<readonly string[] | undefined> {
    const place = `${family} ${table} ${name}`;
    const known = this.known.get(place);
    if (handles !== undefined && known?.handles === handles) return known.rules;
    const rules = await this.printChain(family, table, name);
    if (handles !== undefined && rules !== undefined) this.known.set(place, { handles, rules });
    return rules;
  }

  /** Undefined: it is not there. A chain that cannot be printed holds what we did not write; its text is that of no rule, nor of another such chain. */
  private async printChain(family: IpFamily, table: TableName, name: string): Promise<readonly string[] | undefined> {
    const { exitCode, stdout, stderr } = await this.runner.run(iptablesOf(family), ['-t', table, '-S', name]);
    if (/No chain\/target\/match by that name/.test(stderr)) return undefined;
    if (exitCode !== 0) return [`# not of iptables ${this.unprintable++}`];
    const prefix = `-A ${name} `;
    return stdout.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length).trimEnd()] : []));
  }

  /** One of each jump. Where iptables cannot say (3), it counts as missing: put first, it is found the next time. */
  private async findJumps(family: IpFamily, table: TableName): Promise<ReadonlyMap<BaseChain, HookState>> {
    const hooks = new Map<BaseChain, HookState>();
    for (const base of BASE_CHAINS) {
      for (const chain of HOOK_CHAINS) {
        const { exitCode } = await this.runner.run(iptablesOf(family), ['-t', table, '-C', base, '-j', chain]);
        // Its place is not known: what is there is left where it is.
        if (exitCode !== 0) continue;
        hooks.set(base, { rules: [...(hooks.get(base)?.rules ?? []), `-j ${chain}`], isFirst: true });
      }
    }
    return hooks;
  }
}

/** `handles`: as nft lists them; absent where nft does not. */
interface AskedChain {
  readonly name: string;
  readonly handles?: string;
}

interface KnownChain {
  readonly handles: string;
  readonly rules: readonly string[];
}

function hooksOf({ hooks }: NativeTable): ReadonlyMap<BaseChain, HookState> {
  return new Map(
    [...hooks].map(([base, { jumps, isFirst }]): [BaseChain, HookState] => [
      base,
      { rules: jumps.map(({ target }) => `-j ${target}`), isFirst, handles: jumps.map(({ handle }) => handle) },
    ]),
  );
}

function iptablesOf(family: IpFamily): string {
  return family === 4 ? 'iptables-nft' : 'ip6tables-nft';
}
