/** What `@polyplane/linux` does for this backend, with this backend's errors. */
import type { FlowFilter, HostLinks } from '@polyplane/core/backend';
import {
  type CommandRunner,
  type ConntrackFilter,
  ConntrackTable,
  forgetUdpFlows,
  LinuxError,
  type LinuxErrorCode,
  commandRunner as linuxCommandRunner,
  NetworkNamespace,
  readHostLinks as readLinuxLinks,
  type TrackedUdpFlow,
} from '@polyplane/linux';
import { IptablesError, type IptablesErrorCode } from '../iptables-error';

/**
 * A runner in the namespace at `networkNamespace`, or in the process's own.
 * It throws IptablesError PP_IPTABLES_COMMAND_MISSING, PP_IPTABLES_COMMAND_TIMEOUT.
 */
export function commandRunner(networkNamespace: string | undefined, timeoutSeconds: number): CommandRunner {
  const runner = linuxCommandRunner(networkNamespace, timeoutSeconds);
  return {
    run: (command, args, stdin) => translated(runner.run(command, args, stdin)),
  };
}

/** @throws IptablesError PP_IPTABLES_READ_FAILED */
export function readHostLinks(runner: CommandRunner): Promise<HostLinks> {
  return translated(readLinuxLinks(runner));
}

/** The kernel's tracked connections, in the terms of the desired state. */
export class FlowTable {
  private readonly table: ConntrackTable;

  /** Of the network namespace at a path, which is also the runner's, or of the process's own. */
  constructor(
    runner: CommandRunner,
    private readonly networkNamespace: string | undefined,
  ) {
    this.table = new ConntrackTable(runner);
  }

  /** Tracked UDP flows: all, or those to certain ports. @throws IptablesError PP_IPTABLES_READ_FAILED */
  readUdpFlows(destinationPorts?: ReadonlySet<number>): Promise<readonly TrackedUdpFlow[]> {
    return translated(this.table.readUdpFlows(destinationPorts));
  }

  /** Forgets exactly these flows; one that ended meanwhile is no error. @throws IptablesError PP_IPTABLES_CONNTRACK_FAILED */
  forget(flows: readonly TrackedUdpFlow[]): Promise<void> {
    return translated(this.forgetInNamespace(flows), 'PP_IPTABLES_CONNTRACK_FAILED');
  }

  /** Deletes the entries that a filter names; none there is no error. @throws IptablesError PP_IPTABLES_CONNTRACK_FAILED */
  remove(flows: readonly FlowFilter[]): Promise<void> {
    return translated(this.table.remove(flows.map(conntrackFilterOf)), 'PP_IPTABLES_CONNTRACK_FAILED');
  }

  private async forgetInNamespace(flows: readonly TrackedUdpFlow[]): Promise<void> {
    const namespace = this.networkNamespace === undefined ? undefined : NetworkNamespace.open(this.networkNamespace);
    try {
      await forgetUdpFlows(namespace, flows);
    } finally {
      namespace?.close();
    }
  }
}

/** The same entries as connection tracking names them. */
export function conntrackFilterOf(flow: FlowFilter): ConntrackFilter {
  const { family } = flow;
  switch (flow.kind) {
    case 'answered':
      return { family, originalDestination: flow.address, replySource: flow.answeredBy };
    case 'workload':
      return flow.end === 'source' ? { family, originalSource: flow.address } : { family, replySource: flow.address };
  }
}

/** What an error of Linux means to this backend; a command that refused, depends on what it was asked. */
const MEANINGS: Partial<Record<LinuxErrorCode, { readonly code: IptablesErrorCode; readonly isRetriable: boolean }>> = {
  PP_LINUX_COMMAND_MISSING: { code: 'PP_IPTABLES_COMMAND_MISSING', isRetriable: false },
  PP_LINUX_COMMAND_TIMEOUT: { code: 'PP_IPTABLES_COMMAND_TIMEOUT', isRetriable: true },
};

async function translated<T>(answer: Promise<T>, refusal: IptablesErrorCode = 'PP_IPTABLES_READ_FAILED'): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    const { code, isRetriable } = MEANINGS[error.code] ?? { code: refusal, isRetriable: true };
    throw new IptablesError(code, error.message, { isRetriable, cause: error });
  }
}
