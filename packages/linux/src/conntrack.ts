/** The kernel's connection tracking table, through `conntrack`. */
import { type IpAddress, type IpFamily, isIpAddress, parseIpAddress } from '@polyplane/core/address';
import { type ConntrackFilter, formatRemoval } from './conntrack-filter';
import type { CommandRunner } from './exec';
import { LinuxError } from './linux-error';

/** A UDP flow as it is tracked. */
export interface TrackedUdpFlow {
  readonly family: IpFamily;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers; the destination itself where nothing is translated. */
  readonly answeredBy: IpAddress;
}

/** How many `conntrack` commands run at once. */
const PARALLEL = 4;

const MAX_ATTEMPTS = 10;

export class ConntrackTable {
  constructor(private readonly runner: CommandRunner) {}

  /** Every tracked UDP flow. @throws LinuxError PP_LINUX_COMMAND_FAILED */
  async readUdpFlows(): Promise<readonly TrackedUdpFlow[]> {
    const flows: TrackedUdpFlow[] = [];
    for (const family of [4, 6] as const) {
      const result = await this.runner.run('conntrack', ['-L', '-f', family === 4 ? 'ipv4' : 'ipv6', '-p', 'udp']);
      if (result.exitCode !== 0) {
        throw new LinuxError('PP_LINUX_COMMAND_FAILED', `conntrack -L: ${result.stderr}`);
      }
      flows.push(...parseConntrackList(result.stdout, family));
    }
    return flows;
  }

  /** Deletes the entries that a filter names; none there is no error. @throws LinuxError PP_LINUX_COMMAND_FAILED */
  async remove(filters: readonly ConntrackFilter[]): Promise<void> {
    for (let start = 0; start < filters.length; start += PARALLEL) {
      await Promise.all(filters.slice(start, start + PARALLEL).map((filter) => this.removeOne(filter)));
    }
  }

  private async removeOne(filter: ConntrackFilter): Promise<void> {
    const args = formatRemoval(filter);
    for (let attempt = 1; ; attempt++) {
      const { exitCode, stderr } = await this.runner.run('conntrack', args);
      // It ends with 1 when it deleted none, and says so.
      if (exitCode === 0 || /0 flow entries have been deleted/.test(stderr)) return;
      // It stops at an entry that ended by itself meanwhile, and leaves the rest.
      if (attempt < MAX_ATTEMPTS && /such conntrack doesn't exist/.test(stderr)) continue;
      throw new LinuxError('PP_LINUX_COMMAND_FAILED', `conntrack ${args.join(' ')}: ${stderr}`);
    }
  }
}

/** `udp 17 29 src=A dst=B sport=1 dport=2 [UNREPLIED] src=C dst=A sport=3 dport=1 ...`: first the way there, then the answer's. */
export function parseConntrackList(text: string, family: IpFamily): readonly TrackedUdpFlow[] {
  return text.split('\n').flatMap((line) => {
    const valuesOf = (name: string): readonly string[] =>
      [...line.matchAll(new RegExp(`\\b${name}=(\\S+)`, 'g'))].map((match) => match[1] ?? '');
    const [destination = ''] = valuesOf('dst');
    const [, answeredBy = ''] = valuesOf('src');
    const destinationPort = Number(valuesOf('dport')[0] ?? Number.NaN);
    if (!isIpAddress(destination) || !isIpAddress(answeredBy) || Number.isNaN(destinationPort)) return [];
    return [
      { family, destination: parseIpAddress(destination), destinationPort, answeredBy: parseIpAddress(answeredBy) },
    ];
  });
}
