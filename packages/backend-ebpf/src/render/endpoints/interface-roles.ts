/** What each interface of the host is to the dataplane, and whose policy holds there. */
import {
  type DesiredState,
  findHostEndpoints,
  type HostEndpoint,
  type NodeSettings,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import type { HostInterfaces } from '../node-facts';

/** One interface. */
export type InterfaceRole =
  /** Without an endpoint it is closed. The host endpoint has its say on what is passed on. */
  | {
      readonly kind: 'workload';
      readonly index: number;
      readonly workload?: WorkloadEndpoint;
      readonly hostEndpoint?: HostEndpoint;
    }
  | { readonly kind: 'host'; readonly index: number; readonly hostEndpoint?: HostEndpoint };

/** By the interface's name. Of several workloads on one interface the one with the smallest key is there. */
export type InterfaceRoles = ReadonlyMap<string, InterfaceRole>;

export function interfaceRoles(
  state: DesiredState,
  settings: NodeSettings | undefined,
  interfaces: HostInterfaces,
): InterfaceRoles {
  const workloads = workloadsByInterface(state);
  const links = new Map([...interfaces].map(([name, { addresses }]) => [name, addresses] as const));
  const { byInterface, onAllOthers } = findHostEndpoints(state, links);
  const hostEndpoints = new Map(byInterface);
  const prefixes = settings?.workloadInterfacePrefixes ?? [];
  return new Map(
    [...interfaces].map(([name, { index }]): readonly [string, InterfaceRole] => {
      const hostEndpoint = hostEndpoints.get(name) ?? onAllOthers;
      const base = { index, ...(hostEndpoint === undefined ? {} : { hostEndpoint }) };
      const workload = workloads.get(name);
      if (workload !== undefined) return [name, { kind: 'workload', ...base, workload }];
      const isWorkloads = prefixes.some((prefix) => name.startsWith(prefix));
      return [name, { kind: isWorkloads ? 'workload' : 'host', ...base }];
    }),
  );
}

function workloadsByInterface({ workloads }: DesiredState): ReadonlyMap<string, WorkloadEndpoint> {
  const byName = new Map<string, WorkloadEndpoint>();
  for (const workload of workloads.values()) {
    const known = byName.get(workload.interfaceName);
    if (known === undefined || workload.key < known.key) byName.set(workload.interfaceName, workload);
  }
  return byName;
}
