/** The kernel's connection tracking table, through `conntrack`. */
import { type IpAddress, type IpFamily, isIpAddress, parseIpAddress } from '@polyplane/core/address';
import { type ConntrackFilter, formatRemoval } from './conntrack-filter';
import type { CommandResult, CommandRunner } from './exec';
import { LinuxError } from './linux-error';

/** A UDP flow as it is tracked. */
export interface TrackedUdpFlow {
  readonly family: IpFamily;
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers; the destination itself where nothing is translated. */
  readonly answeredBy: IpAddress;
  readonly answeredPort: number;
}

/** How many `conntrack` commands run at once. */
const PARALLEL = 4;

const MAX_ATTEMPTS = 10;

/** The kernel's table of tracked connections, through `conntrack`. */
export class ConntrackTable {
  constructor(private readonly runner: CommandRunner) {}

  /**
   * Tracked UDP flows: all of them, or those to certain ports. Flows in a zone of their own are left out: whoever made the zone looks after them.
   * @throws LinuxError PP_LINUX_COMMAND_FAILED, also when fewer flows came than were sent
   */
  async readUdpFlows(destinationPorts?: ReadonlySet<number>): Promise<readonly TrackedUdpFlow[]> {
    const flows: TrackedUdpFlow[] = [];
    for (const family of [4, 6] as const) {
      const result = await this.runner.run('conntrack', ['-L', '-f', family === 4 ? 'ipv4' : 'ipv6', '-p', 'udp']);
      if (result.exitCode !== 0) throw new LinuxError('PP_LINUX_COMMAND_FAILED', `conntrack -L: ${result.stderr}`);
      assertWhole(result);
      for (const flow of parseConntrackList(result.stdout, family, destinationPorts)) flows.push(flow);
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

/** `conntrack v1.4.7 (conntrack-tools): 12 flow entries have been shown.` */
function assertWhole({ stdout, stderr }: CommandResult): void {
  const shown = /(\d+) flow entries have been shown/.exec(stderr)?.[1];
  const lines = stdout.split('\n').filter((line) => line !== '').length;
  if (shown === undefined || Number(shown) === lines) return;
  throw new LinuxError('PP_LINUX_COMMAND_FAILED', `conntrack -L showed ${shown} entries, and ${lines} came`);
}

/** The way there, then the answer's. */
const FLOW = / src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?\bsrc=(\S+) dst=\S+ sport=(\d+) /;

/** `udp 17 29 src=A dst=B sport=1 dport=2 [UNREPLIED] src=C dst=A sport=3 dport=1 ...` */
export function parseConntrackList(
  text: string,
  family: IpFamily,
  destinationPorts?: ReadonlySet<number>,
): readonly TrackedUdpFlow[] {
  const flows: TrackedUdpFlow[] = [];
  for (const line of text.split('\n')) {
    const [, source = '', destination = '', sourcePort, destinationPort, answeredBy = '', answeredPort] =
      FLOW.exec(line) ?? [];
    if (line.includes(' zone') || destinationPorts?.has(Number(destinationPort)) === false) continue;
    if (![source, destination, answeredBy].every(isIpAddress)) continue;
    flows.push({
      family,
      source: parseIpAddress(source),
      sourcePort: Number(sourcePort),
      destination: parseIpAddress(destination),
      destinationPort: Number(destinationPort),
      answeredBy: parseIpAddress(answeredBy),
      answeredPort: Number(answeredPort),
    });
  }
  return flows;
}
