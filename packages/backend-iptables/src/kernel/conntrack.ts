/** The kernel's connection tracking table, through `conntrack`. */
import { IptablesError } from '../iptables-error';
import { type FlowFilter, formatFlowFilter } from '../render/conntrack';
import type { CommandRunner } from './exec';

/** How many `conntrack` commands run at once. */
const PARALLEL = 4;

export class ConntrackTable {
  constructor(private readonly runner: CommandRunner) {}

  /** Deletes the entries that a filter names; none there is no error. @throws IptablesError PP_IPTABLES_CONNTRACK_FAILED */
  async remove(flows: readonly FlowFilter[]): Promise<void> {
    for (let start = 0; start < flows.length; start += PARALLEL) {
      await Promise.all(flows.slice(start, start + PARALLEL).map((flow) => this.removeOne(flow)));
    }
  }

  private async removeOne(flow: FlowFilter): Promise<void> {
    const args = formatFlowFilter(flow);
    const result = await this.runner.run('conntrack', args);
    // It ends with 1 when it deleted none, and says so.
    if (result.exitCode === 0 || /0 flow entries have been deleted/.test(result.stderr)) return;
    throw new IptablesError('PP_IPTABLES_CONNTRACK_FAILED', `conntrack ${args.join(' ')}: ${result.stderr}`, {
      isRetriable: true,
    });
  }
}
