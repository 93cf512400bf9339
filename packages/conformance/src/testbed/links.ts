/** What `ip -batch` is told to join the machines of a topology: pure text from validated values. */
import { familyOf, type IpAddress, type IpFamily } from '@polyplane/core';
import type { TestbedNode, TestbedPod } from './topology';

/** The far end of every machine's link, as it sees it: a gateway that is an address of nobody, only a neighbour, as in Calico. */
const GATEWAY = { 4: '169.254.1.1', 6: 'fe80::1' } as const;
const GATEWAY_MAC = 'ee:ee:ee:ee:ee:ee';

/** In the fabric's namespace: nothing leaves for where no machine is. */
export function renderFabric(): readonly string[] {
  return ['link set lo up', 'route add blackhole default', 'route add blackhole ::/0'];
}

/** In the fabric's namespace: the link to a machine and the routes to its addresses. */
export function renderFabricLink(
  linkName: string,
  addresses: readonly IpAddress[],
  routedAddresses: readonly IpAddress[],
  machineNamespacePath: string,
): readonly string[] {
  return [
    ...renderLink(linkName, machineNamespacePath),
    // The fabric has no other address to ask for a machine's with.
    `address add ${GATEWAY[4]}/32 dev ${linkName} scope link`,
    ...addresses.map((address) => `route replace ${hostRoute(address)} dev ${linkName}`),
    ...routedAddresses.flatMap((address) => renderRouteThrough(linkName, addresses, address)),
  ];
}

/** In the fabric's namespace: the way to a pod leads through its node. */
export function renderFabricPodRoutes(linkName: string, node: TestbedNode, pod: TestbedPod): readonly string[] {
  return pod.addresses.flatMap((address) => renderRouteThrough(linkName, node.addresses, address));
}

/** In the fabric's namespace: forgets the way to addresses. */
export function renderRouteRemoval(addresses: readonly IpAddress[]): readonly string[] {
  return addresses.map((address) => `route del ${hostRoute(address)}`);
}

/** In a node's namespace: the link to a pod and the routes to its addresses. */
export function renderNodePodLink(pod: TestbedPod, podNamespacePath: string): readonly string[] {
  return [...renderLink(pod.interfaceName, podNamespacePath), ...renderNodePodRoutes(pod)];
}

/** In a node's namespace: a local pod's addresses lie behind its link. */
export function renderNodePodRoutes(pod: TestbedPod): readonly string[] {
  return pod.addresses.map((address) => `route replace ${hostRoute(address)} dev ${pod.interfaceName}`);
}

/** In a node's namespace: takes the link to a pod away, with its routes. */
export function renderPodLinkRemoval(pod: TestbedPod): readonly string[] {
  return [`link del ${pod.interfaceName}`];
}

/** In a machine's own namespace: its addresses on `eth0`, and everything else through the gateway. */
export function renderUplink(addresses: readonly IpAddress[]): readonly string[] {
  return ['link set lo up', 'link set eth0 up', ...renderAddresses(addresses)];
}

/** In a machine's own namespace, where `eth0` is up: its addresses are exactly these. */
export function renderReaddressing(before: readonly IpAddress[], after: readonly IpAddress[]): readonly string[] {
  return [...before.map((address) => `address del ${hostRoute(address)} dev eth0`), ...renderAddresses(after)];
}

function renderAddresses(addresses: readonly IpAddress[]): readonly string[] {
  return [
    ...addresses.map(renderAddress),
    ...([4, 6] as const).flatMap((family) => renderDefaultRoute(family, addresses)),
  ];
}

function renderAddress(address: IpAddress): string {
  return `address add ${hostRoute(address)} dev eth0${familyOf(address) === 6 ? ' nodad' : ''}`;
}

function renderDefaultRoute(family: IpFamily, addresses: readonly IpAddress[]): readonly string[] {
  const source = addresses.find((address) => familyOf(address) === family);
  if (source === undefined) return [];
  const gateway = GATEWAY[family];
  return [
    `neighbor replace ${gateway} lladdr ${GATEWAY_MAC} dev eth0 nud permanent`,
    `route replace default via ${gateway} dev eth0 onlink src ${source}`,
  ];
}

function renderLink(linkName: string, peerNamespacePath: string): readonly string[] {
  return [
    `link add name ${linkName} address ${GATEWAY_MAC} type veth peer name eth0 netns ${peerNamespacePath}`,
    `link set ${linkName} up`,
  ];
}

function renderRouteThrough(linkName: string, nextHops: readonly IpAddress[], address: IpAddress): readonly string[] {
  const nextHop = nextHops.find((hop) => familyOf(hop) === familyOf(address));
  return nextHop === undefined ? [] : [`route replace ${hostRoute(address)} via ${nextHop} dev ${linkName} onlink`];
}

function hostRoute(address: IpAddress): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}
