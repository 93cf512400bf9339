/** The interfaces that a state speaks of, for a plan that no host is asked for. */
import type { DesiredState } from '@polyplane/core/backend';
import type { HostInterface, HostInterfaces } from './node-facts';

const FIRST_INDEX = 1;

/**
 * Every workload's interface and every one that a host endpoint names, numbered by their names. Which others the host has, and which of
 * them carries an address, nobody knows here.
 */
export function expectedInterfaces({ workloads, hostEndpoints }: DesiredState): HostInterfaces {
  const ofWorkloads = [...workloads.values()].map(({ interfaceName }) => interfaceName);
  const ofHost = [...hostEndpoints.values()].flatMap(({ scope }) =>
    scope.kind === 'interface' ? [scope.interfaceName] : [],
  );
  const names = [...new Set([...ofWorkloads, ...ofHost])].sort();
  return new Map(
    names.map((name, place): readonly [string, HostInterface] => [name, { index: FIRST_INDEX + place, addresses: [] }]),
  );
}
