/** The backends that come with the command, as far as a check goes, and a reader without a progress bar. */
import { EBPF_BEHAVIOURS, EBPF_LIMITS } from '@polyplane/backend-ebpf';
import { IPTABLES_BEHAVIOURS, IPTABLES_LIMITS } from '@polyplane/backend-iptables';
import { VPP_BEHAVIOURS, VPP_LIMITS } from '@polyplane/backend-vpp';
import { type CheckedBackend, type CheckOptions, type CheckReport, checkCluster } from '@polyplane/core';
import { type ReadObjects, readObjects } from '../check/read-objects';

export const IPTABLES: CheckedBackend = {
  name: 'iptables',
  limits: IPTABLES_LIMITS,
  behaviours: IPTABLES_BEHAVIOURS,
};
export const EBPF: CheckedBackend = { name: 'ebpf', limits: EBPF_LIMITS, behaviours: EBPF_BEHAVIOURS };
export const VPP: CheckedBackend = { name: 'vpp', limits: VPP_LIMITS, behaviours: VPP_BEHAVIOURS };

/** Reads manifests and shows no progress. */
export function readSilently(...paths: readonly string[]): Promise<ReadObjects> {
  return readObjects(paths, { show: () => undefined, finish: () => undefined });
}

/** Checks all backends, unless told otherwise. */
export function checkObjects(
  objects: Pick<ReadObjects, 'resources' | 'locate'> & Partial<Pick<ReadObjects, 'standIns'>>,
  options: Partial<Omit<CheckOptions, 'resources' | 'locate'>> = {},
): CheckReport {
  return checkCluster({
    backends: [IPTABLES, EBPF, VPP],
    ...options,
    resources: objects.resources,
    ...(objects.standIns !== undefined && { standIns: objects.standIns }),
    locate: (object, field) => objects.locate(object, field),
  });
}
