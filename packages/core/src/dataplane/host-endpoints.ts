/** Host endpoints: which interface each holds on, and what each has to say in a stage. */
import type { DesiredState, EndpointTier, HostEndpoint } from '../state';
import type { HostLinks } from './host-links';

/** `normal`: the host's own traffic. `forward`: what it passes on. The other two come before connection tracking and DNAT. */
export type HostStage = 'untracked' | 'preDnat' | 'normal' | 'forward';

/** Host endpoints as they hold on this host. */
export interface HostEndpointTable {
  /** By interface, sorted by name. */
  readonly byInterface: readonly (readonly [string, HostEndpoint])[];
  /** Holds on every other interface. */
  readonly onAllOthers?: HostEndpoint;
}

/** Who holds where: of several on one interface the one with the smallest key; a named or an expected one before all-interfaces. */
export function findHostEndpoints(state: DesiredState, links: HostLinks): HostEndpointTable {
  const byInterface = new Map<string, HostEndpoint>();
  let onAllOthers: HostEndpoint | undefined;
  for (const endpoint of [...state.hostEndpoints.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (endpoint.scope.kind === 'allInterfaces') onAllOthers ??= endpoint;
    for (const name of interfacesOf(endpoint, links)) {
      if (!byInterface.has(name)) byInterface.set(name, endpoint);
    }
  }
  return {
    byInterface: [...byInterface].sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(onAllOthers === undefined ? {} : { onAllOthers }),
  };
}

/** True when some host endpoint has policies for the stage; for `normal`, when there is any host endpoint. */
export function hasHostStage(table: HostEndpointTable, stage: HostStage): boolean {
  const endpoints = [
    ...table.byInterface.map(([, endpoint]) => endpoint),
    ...(table.onAllOthers === undefined ? [] : [table.onAllOthers]),
  ];
  return endpoints.some((endpoint) => stage === 'normal' || hostTiersOf(endpoint, stage).length > 0);
}

function interfacesOf({ scope, expectedAddresses }: HostEndpoint, links: HostLinks): readonly string[] {
  if (scope.kind === 'interface') return [scope.interfaceName];
  if (scope.kind === 'allInterfaces') return [];
  return [...links]
    .filter(([, addresses]) => addresses.some((address) => expectedAddresses.includes(address)))
    .map(([name]) => name);
}

/** The policies that the endpoint has for a stage. */
export function hostTiersOf(endpoint: HostEndpoint, stage: HostStage): readonly EndpointTier[] {
  if (stage === 'untracked') return endpoint.untrackedTiers;
  if (stage === 'preDnat') return endpoint.preDnatTiers;
  return stage === 'forward' ? endpoint.forwardTiers : endpoint.tiers;
}
