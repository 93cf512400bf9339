/** Whether this host can make a testbed, found out by trying. */
import { applyIpBatch, LinuxError, NetworkNamespace } from '@polyplane/linux';
import { renderFabric } from './links';
import { applyMachineSettings } from './network-settings';

/** Why not, in one line; undefined when it can. */
export function readTestbedObstacle(): string | undefined {
  try {
    const namespace = NetworkNamespace.create();
    try {
      applyMachineSettings(namespace, true);
      applyIpBatch(namespace, renderFabric());
    } finally {
      namespace.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof LinuxError) return error.message;
    throw error;
  }
}
