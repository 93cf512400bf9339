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
} from '../render/program';
import type { Ruleset } from '../render/ruleset';
import { parseIpsetSave, parseIptablesSave } from './save-parser';
import { commandOf, type IptablesVariant } from './variant';

/** The time that iptables-nft-restore takes grows with the square of the chains in it; iptables-legacy's, with the whole table. */
const CHAINS_PER_RESTORE = { nft: 2000, legacy: Number.POSITIVE_INFINITY } as const;

const LOCALNET_SETTING = 'net.ipv4.conf.all.route_localnet';

/** An empty set: it says that it was us who switched the setting on, also to a later session. */
const LOCALNET_RECORD = setOf('L', 4, 'localnet');

/** Reads and writes through the commands of one variant. */
export class KernelDataplane {
  constructor(
    private readonly runner: CommandRunner,
    readonly variant: IptablesVariant,
    private readonly families: readonly IpFamily[],
    private readonly lockTimeoutSeconds: number,
  ) {}

  /** What leads from one state to another, in pieces of the size that suits the variant. */
  programTo(state: KernelState, ruleset: Ruleset): Program {
    return renderProgram(state, ruleset, CHAINS_PER_RESTORE[this.variant]);
  }

  /** @throws IptablesError PP_IPTABLES_READ_FAILED */
  async read(): Promise<KernelState> {
    const families = new Map<IpFamily, FamilyState>();
    for (const family of this.families) {
      const text = await this.readFamily(family);
      if (text.includes(OWNER_TAG)) families.set(family, parseIptablesSave(text));
    }
    const sets = new Map(await this.readSets());
    const isOurs = sets.delete(LOCALNET_RECORD);
    return { families, sets, localnet: await this.readLocalnet(isOurs) };
  }

  /** @throws IptablesError with what failed; what was written before that stays. */
  async apply(program: Program): Promise<void> {
    if (program.localnet === 'off') await this.stopRoutingLocalnet();
    if (program.setsBefore !== '') await this.restoreSets(program.setsBefore);
    for (const restore of program.restores) await this.restore(restore);
    if (program.localnet === 'on') await this.routeLocalnet();
    if (program.setsAfter !== '') await this.restoreSets(program.setsAfter);
  }

  private async readFamily(family: IpFamily): Promise<string> {
    const command = commandOf(family, this.variant, 'save');
    const result = await this.runner.run(command, []);
    if (result.exitCode !== 0) throw readError(command, result);
    return result.stdout;
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

  /** Our sets. */
  private async readSets(): Promise<ReadonlyMap<string, SetState>> {
    const result = await this.runner.run('ipset', ['save']);
    if (result.exitCode !== 0) throw readError('ipset save', result);
    return parseIpsetSave(result.stdout);
  }

  private async restoreSets(text: string): Promise<void> {
    const result = await this.runner.run('ipset', ['-exist', 'restore'], text);
    if (result.exitCode === 0) return;
    throw new IptablesError('PP_IPTABLES_IPSET_FAILED', quoteFailure('ipset restore', result, text), {
      isRetriable: isTemporary(result) || /in use/i.test(result.stderr),
    });
  }

  private async restore({ family, text }: RestoreText): Promise<void> {
    const command = commandOf(family, this.variant, 'restore');
    const wait = this.variant === 'legacy' ? ['--wait', String(this.lockTimeoutSeconds)] : [];
    const result = await this.runner.run(command, ['--noflush', ...wait], text);
    if (result.exitCode === 0) return;
    throw new IptablesError('PP_IPTABLES_RESTORE_FAILED', quoteFailure(command, result, text), {
      isRetriable: isTemporary(result),
    });
  }
}

function readError(command: string, result: CommandResult): IptablesError {
  return new IptablesError('PP_IPTABLES_READ_FAILED', `${command} ended with ${result.exitCode}: ${result.stderr}`, {
    isRetriable: true,
  });
}

/** The lock is held (4), memory or buffers ran out, somebody changed the table meanwhile. */
function isTemporary(result: CommandResult): boolean {
  return (
    result.exitCode === 4 ||
    /resource temporarily unavailable|no buffer space|cannot allocate memory|xtables lock|interrupted|busy/i.test(
      result.stderr,
    )
  );
}

/** The tool's message, with the line that it speaks of. */
function quoteFailure(command: string, result: CommandResult, text: string): string {
  const line = failedLine(result.stderr);
  const quoted = line === undefined ? '' : ` (${text.split('\n')[line - 1] ?? 'past the end'})`;
  return `${command} ended with ${result.exitCode}: ${result.stderr}${quoted}`;
}

/** `line 7` or `Error occurred at line: 7`. */
export function failedLine(message: string): number | undefined {
  const match = /\bline:? (\d+)/i.exec(message);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
