/** Whether this host can make a testbed, found out by trying. */
import { ConformanceError } from '../conformance-error';
import { applyIpBatch } from '../kernel/ip-batch';
import { NetworkNamespace } from '../kernel/network-namespace';
import { applyMachineSettings } from '../kernel/network-settings';
import { renderFabric } from './links';

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
    if (error instanceof ConformanceError) return error.message;
    throw error;
  }
}
