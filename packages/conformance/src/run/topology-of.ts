/** The testbed that a suite's packets need: its nodes and pods, and machines outside for every other address. */
import {
  cidrContains,
  defaultInterfaceName,
  familyOf,
  hasPorts,
  type InterfaceName,
  type IpAddress,
  type IpFamily,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type Resource,
  type ResourceOf,
} from '@polyplane/core';
import type { ListeningPort } from '../prober/prober';
import { isOver } from '../suites/cluster-addresses';
import type { SuiteState } from '../suites/suite';
import type { TestbedNode, TestbedOutsider, TestbedPod, Topology } from '../testbed/topology';

/** The machines that a cluster's objects and the probes of a suite need. */
export function topologyOf(state: SuiteState): Topology {
  const managed = podsOf(state);
  const pods = [...managed, ...unmanagedPodsOf(state, new Set(managed.flatMap((pod) => pod.addresses)))];
  const services = new Set([
    ...ofKind(state.resources, 'Service').flatMap(serviceAddressesOf),
    ...announcedAddresses(state),
  ]);
  const nodes = nodesOf(state, [...services]);
  const inside = new Set([
    ...nodes.flatMap((node) => node.addresses),
    ...pods.flatMap((pod) => pod.addresses),
    ...services,
  ]);
  return { nodes, pods, outsiders: outsidersOf(state, inside), ports: portsOf(state) };
}

/** Service addresses that probes dial, that the nodes announce, and that no service has. */
export function unownedAddresses(state: SuiteState): ReadonlySet<IpAddress> {
  const owned = new Set(ofKind(state.resources, 'Service').flatMap(serviceAddressesOf));
  return new Set(announcedAddresses(state).filter((address) => !owned.has(address)));
}

function podsOf({ resources }: SuiteState): readonly TestbedPod[] {
  return ofKind(resources, 'Pod')
    .filter((pod) => !pod.spec.hostNetwork && !isOver(pod) && pod.status.podIPs.length > 0)
    .flatMap(({ metadata, spec, status }) => {
      const { name, namespace = '' } = metadata;
      if (spec.nodeName === undefined) return [];
      const interfaceName = defaultInterfaceName(namespace, name);
      return [{ namespace, name, node: spec.nodeName, addresses: status.podIPs, interfaceName }];
    });
}

/** Its pods that no API object tells of are known by their address. */
export function unmanagedPod(address: IpAddress): Pick<TestbedPod, 'namespace' | 'name'> {
  return { namespace: 'unmanaged', name: address };
}

/** Senders that are pods without an object, and endpoints on a judged node likewise. */
function unmanagedPodsOf(
  { probes, resources, nodes }: SuiteState,
  known: ReadonlySet<IpAddress>,
): readonly TestbedPod[] {
  const nodeAddresses = new Set(
    ofKind(resources, 'Node').flatMap(({ status }) => status.addresses.map(({ address }) => address)),
  );
  const senders = probes.flatMap(({ sender, source }) =>
    sender.kind === 'unmanaged' ? [[source, sender.node] as const] : [],
  );
  const endpoints = ofKind(resources, 'EndpointSlice').flatMap((slice) =>
    slice.endpoints.flatMap(({ addresses, nodeName = '' }) => addresses.map((address) => [address, nodeName] as const)),
  );
  const places = new Map([...endpoints, ...senders]);
  return [...places]
    .filter(([address, node]) => nodes.includes(node) && !known.has(address) && !nodeAddresses.has(address))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([address, node], index) => ({
      ...unmanagedPod(address),
      node,
      addresses: [address],
      // Not named as a workload's interface, which would be closed without a workload endpoint. Short and plain: an interface name.
      interfaceName: `unmanaged${index}` as InterfaceName,
    }));
}

/** The network outside sends service addresses to the first node. */
function nodesOf(state: SuiteState, serviceAddresses: readonly IpAddress[]): readonly TestbedNode[] {
  const objects = new Map(ofKind(state.resources, 'Node').map((node) => [node.metadata.name, node]));
  return state.nodes.map((name, index) => {
    const given = objects.get(name)?.status.addresses.map(({ address }) => address) ?? [];
    const own = index === 0 ? (state.settings.nodeLocalAddresses ?? []) : [];
    const addresses = [...new Set([...given, ...own])].filter((address) => !isLoopback(address));
    return {
      name,
      addresses: [...addresses, ...transitAddresses(state, addresses, index)],
      routedAddresses: index === 0 ? serviceAddresses.filter((address) => !addresses.includes(address)) : [],
    };
  });
}

/** Without an address of a family a node cannot be routed through. These are in no suite (RFC 6598, RFC 4193). */
function transitAddresses({ probes }: SuiteState, own: readonly IpAddress[], index: number): readonly IpAddress[] {
  const lacks = (family: IpFamily): boolean => !own.some((address) => familyOf(address) === family);
  const isIpv6Spoken = probes.some(({ destination }) => familyOf(destination) === 6);
  return [
    ...(lacks(4) ? [parseIpAddress(`100.127.255.${index + 1}`)] : []),
    ...(isIpv6Spoken && lacks(6) ? [parseIpAddress(`fdff:ffff:ffff::${index + 1}`)] : []),
  ];
}

/** Senders that are no pod and no node, what probes dial, and endpoints of services. */
function outsidersOf(state: SuiteState, inside: ReadonlySet<IpAddress>): readonly TestbedOutsider[] {
  const senders = state.probes.filter(({ sender }) => sender.kind === 'external').map(({ source }) => source);
  const destinations = state.probes.map(({ destination }) => destination);
  const endpoints = ofKind(state.resources, 'EndpointSlice').flatMap((slice) =>
    slice.endpoints.flatMap((endpoint) => endpoint.addresses),
  );
  return [...new Set([...senders, ...destinations, ...endpoints])]
    .filter((address) => !inside.has(address) && !isLoopback(address))
    .sort()
    .map((address) => ({ name: address, addresses: [address] }));
}

function portsOf({ probes, resources }: SuiteState): readonly ListeningPort[] {
  const dialed = probes.flatMap(({ protocol, destinationPort: port }): readonly ListeningPort[] => {
    if (!hasPorts(protocol)) return [{ protocol }];
    return port === undefined ? [] : [{ protocol, port }];
  });
  const served = ofKind(resources, 'EndpointSlice').flatMap((slice) =>
    slice.ports.flatMap(({ protocol, port }) =>
      port === undefined ? [] : [{ protocol: parseProtocol(protocol), port: parsePort(port) }],
    ),
  );
  const translated = probes.flatMap(({ protocol, expected }) =>
    (expected.translatedTo ?? []).map((target) => ({
      protocol,
      port: parsePort(Number(target.slice(target.lastIndexOf(':') + 1))),
    })),
  );
  const ports = [...dialed, ...served, ...translated];
  return [...new Map(ports.map((port) => [`${port.protocol}:${port.port}`, port])).values()];
}

/** Every address that the service answers on. */
export function serviceAddressesOf({ spec, status }: ResourceOf<'Service'>): readonly IpAddress[] {
  return [...spec.clusterIPs, ...spec.externalIPs, ...status.loadBalancer.flatMap(({ ip }) => ip ?? [])];
}

/** What probes dial in the ranges of service addresses that the nodes announce, whether a service has it or not. */
function announcedAddresses({ probes, resources }: SuiteState): readonly IpAddress[] {
  const ranges = ofKind(resources, 'BGPConfiguration').flatMap(({ spec }) => [
    ...spec.serviceClusterIPs,
    ...spec.serviceExternalIPs,
    ...spec.serviceLoadBalancerIPs,
  ]);
  return probes
    .map(({ destination }) => destination)
    .filter((destination) => ranges.some((range) => cidrContains(range, destination)));
}

function isLoopback(address: IpAddress): boolean {
  return address.startsWith('127.') || address === '::1';
}

function ofKind<Kind extends Resource['kind']>(
  resources: readonly Resource[],
  kind: Kind,
): readonly ResourceOf<Kind>[] {
  // The discriminator says which member of the union a resource is.
  return resources.filter((resource) => resource.kind === kind) as unknown as readonly ResourceOf<Kind>[];
}
