/** The demo's scene: who sends, what is dialled, and the machines that the testbed needs for it. */
import { type HostName, podHost, type Topology } from '@polyplane/conformance';
import {
  type DesiredState,
  defaultInterfaceName,
  type IpAddress,
  type Port,
  type Protocol,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type Resource,
  type ResourceOf,
} from '@polyplane/core';
import type { PacketEntry } from '@polyplane/core/simulator';
import type { ColumnHeading, RowHeading } from './matrix';

/** The node whose dataplane is real; the others forward packets and judge none. */
export const NODE_UNDER_TEST = 'node-1';

export interface Sender extends RowHeading {
  readonly host: HostName;
  readonly address: IpAddress;
  /** Where its packets enter the node under test. */
  readonly entry: PacketEntry;
}

export interface Target extends ColumnHeading {
  readonly address: IpAddress;
  readonly port: Port;
  readonly protocol: Protocol;
  /** Packets from elsewhere meet the node under test on their way here. */
  readonly isAtNode: boolean;
  /** The pod that is dialled, if one is. */
  readonly host?: HostName;
}

/** Machines that are no part of the cluster. */
export const OUTSIDERS = [
  { name: 'office', place: 'internet', address: parseIpAddress('192.0.2.10') },
  { name: 'customer', place: 'internet', address: parseIpAddress('198.51.100.20') },
  { name: 'stranger', place: 'internet', address: parseIpAddress('198.18.0.66') },
  { name: 'bank', place: 'internet', address: parseIpAddress('203.0.113.200') },
  { name: 'metadata', place: 'cloud', address: parseIpAddress('169.254.169.254') },
] as const;

/** Everybody who dials: pods, two of the machines, and clients outside; those on the node under test first. */
export function sendersOf(resources: readonly Resource[], { workloads }: DesiredState): readonly Sender[] {
  const pods = podsOnNetwork(resources).map((pod) => podSender(pod, workloads));
  const nodes = ofKind(resources, 'Node').slice(0, 2).map(nodeSender);
  const clients = OUTSIDERS.slice(0, 3).map(
    ({ name, place, address }): Sender => ({ name, place, address, host: `outside:${name}`, entry: NETWORK }),
  );
  const all = [...pods, ...nodes, ...clients];
  return [...all.filter(isLocal), ...all.filter((sender) => !isLocal(sender))];
}

/** Every port of the pods on the node under test, and the first one of the pods elsewhere. */
export function podTargets(resources: readonly Resource[]): readonly Target[] {
  return podsOnNetwork(resources).flatMap((pod) => {
    const isAtNode = pod.spec.nodeName === NODE_UNDER_TEST;
    const ports = isAtNode ? pod.spec.ports : pod.spec.ports.slice(0, 1);
    return ports.map(({ name, containerPort, protocol }): Target => {
      const group = pod.metadata.name;
      return {
        name: `${group} ${name}`,
        group,
        ...dial(addressOf(pod), containerPort, protocol),
        isAtNode,
        host: podHost({ namespace: namespaceOf(pod), name: group }),
      };
    });
  });
}

/** Every address of every service, and what lies beyond: machines outside and the nodes' own processes. */
export function serviceTargets(resources: readonly Resource[]): readonly Target[] {
  const nodeAddress = addressOfNode(nodeNamed(resources, NODE_UNDER_TEST));
  const services = ofKind(resources, 'Service').flatMap((service) =>
    service.spec.ports.flatMap((port): readonly Target[] => {
      const group = service.metadata.name;
      const name = service.spec.ports.length > 1 ? `${group} ${port.name}` : group;
      const target = (suffix: string, address: IpAddress, number: number, isAtNode: boolean): Target => {
        return { name: `${name}${suffix}`, group, ...dial(address, number, port.protocol), isAtNode };
      };
      return [
        ...service.spec.clusterIPs.map((address) => target('', address, port.port, false)),
        ...(port.nodePort === undefined ? [] : [target(' node port', nodeAddress, port.nodePort, true)]),
        ...balancedAddresses(service).map((ip) => target(' load balancer', ip, port.port, true)),
      ];
    }),
  );
  return [...services, ...beyond(resources)];
}

/**
 * Whether the pair's packets meet the node under test: those of its own pods and processes do, those of others only on
 * their way to what is at the node. A pod that dials itself meets nobody; who is not there neither dials nor is dialled.
 */
export function isAsked(sender: Sender, target: Target, present: ReadonlySet<HostName>): boolean {
  const isThere = present.has(sender.host) && (target.host === undefined || present.has(target.host));
  return isThere && sender.host !== target.host && (isLocal(sender) || target.isAtNode);
}

/** Who has an address. */
export function hostsOf(topology: Topology): ReadonlyMap<IpAddress, HostName> {
  const hosts = [
    ...topology.nodes.map(({ name, addresses }) => [`node:${name}`, addresses] as const),
    ...topology.pods.map(({ namespace, name, addresses }) => [podHost({ namespace, name }), addresses] as const),
    ...topology.outsiders.map(({ name, addresses }) => [`outside:${name}`, addresses] as const),
  ];
  return new Map(hosts.flatMap(([host, addresses]) => addresses.map((address) => [address, host] as const)));
}

/** The machines that the manifests name, those outside, and every port that is dialled. */
export function topologyOf(resources: readonly Resource[], targets: readonly Target[]): Topology {
  const balanced = ofKind(resources, 'Service').flatMap(balancedAddresses);
  return {
    nodes: ofKind(resources, 'Node').map((node) => ({
      name: node.metadata.name,
      addresses: node.status.addresses.map(({ address }) => address),
      routedAddresses: node.metadata.name === NODE_UNDER_TEST ? balanced : [],
    })),
    pods: podsOnNetwork(resources).map((pod) => ({
      namespace: namespaceOf(pod),
      name: pod.metadata.name,
      node: pod.spec.nodeName ?? '',
      addresses: pod.status.podIPs,
      interfaceName: defaultInterfaceName(namespaceOf(pod), pod.metadata.name),
    })),
    outsiders: OUTSIDERS.map(({ name, address }) => ({ name, addresses: [address] })),
    ports: [...new Map(targets.map(({ port, protocol }) => [`${protocol}:${port}`, { port, protocol }])).values()],
  };
}

function isLocal(sender: Sender): boolean {
  return sender.entry.kind !== 'network';
}

const NETWORK: PacketEntry = { kind: 'network' };

function podSender(pod: ResourceOf<'Pod'>, workloads: DesiredState['workloads']): Sender {
  const { name } = pod.metadata;
  const namespace = namespaceOf(pod);
  const local = [...workloads.values()].find((one) => one.namespace === namespace && one.name === name);
  const entry: PacketEntry = local === undefined ? NETWORK : { kind: 'workload', workload: local.key };
  return { name, place: pod.spec.nodeName ?? '', host: podHost({ namespace, name }), address: addressOf(pod), entry };
}

function nodeSender(node: ResourceOf<'Node'>): Sender {
  const { name } = node.metadata;
  const entry: PacketEntry = name === NODE_UNDER_TEST ? { kind: 'host' } : NETWORK;
  return { name, place: 'machine', host: `node:${name}`, address: addressOfNode(node), entry };
}

/** What is no service and no pod: machines outside, and the processes of the nodes themselves. */
function beyond(resources: readonly Resource[]): readonly Target[] {
  const here = addressOfNode(nodeNamed(resources, NODE_UNDER_TEST));
  const there = addressOfNode(nodeNamed(resources, 'node-2'));
  const target = (name: string, group: string, address: IpAddress, port: number): Target => {
    return { name, group, ...dial(address, port, 'TCP'), isAtNode: address === here };
  };
  return [
    target('bank, outside', 'outside', outsider('bank').address, 443),
    target('metadata service', 'outside', outsider('metadata').address, 80),
    target('node-1 ssh', 'machines', here, 22),
    target('node-1 node-exporter', 'machines', here, 9100),
    target('node-2 node-exporter', 'machines', there, 9100),
  ];
}

function dial(address: IpAddress, port: number, protocol: string): Pick<Target, 'address' | 'port' | 'protocol'> {
  return { address, port: parsePort(port), protocol: parseProtocol(protocol) };
}

function outsider(name: (typeof OUTSIDERS)[number]['name']): (typeof OUTSIDERS)[number] {
  return required(
    OUTSIDERS.find((one) => one.name === name),
    `outsider ${name}`,
  );
}

function nodeNamed(resources: readonly Resource[], name: string): ResourceOf<'Node'> {
  return required(
    ofKind(resources, 'Node').find((node) => node.metadata.name === name),
    `node ${name}`,
  );
}

function addressOfNode({ metadata, status }: ResourceOf<'Node'>): IpAddress {
  return required(status.addresses[0]?.address, `address of node ${metadata.name}`);
}

function addressOf({ metadata, status }: ResourceOf<'Pod'>): IpAddress {
  return required(status.podIPs[0], `address of pod ${metadata.name}`);
}

function namespaceOf({ metadata }: ResourceOf<'Pod'>): string {
  return required(metadata.namespace, `namespace of pod ${metadata.name}`);
}

/** Pods with an address of their own. */
function podsOnNetwork(resources: readonly Resource[]): readonly ResourceOf<'Pod'>[] {
  return ofKind(resources, 'Pod').filter(({ spec, status }) => !spec.hostNetwork && status.podIPs.length > 0);
}

/** Those of one kind, in the order in which the manifests name their namespaces. */
function ofKind<Kind extends Resource['kind']>(
  resources: readonly Resource[],
  kind: Kind,
): readonly ResourceOf<Kind>[] {
  const namespaces = resources.filter((resource) => resource.kind === 'Namespace').map(({ metadata }) => metadata.name);
  const rank = ({ metadata }: Resource): number => namespaces.indexOf(metadata.namespace ?? '');
  return resources
    .filter((resource): resource is ResourceOf<Kind> => resource.kind === kind)
    .sort((a, b) => rank(a) - rank(b));
}

/** Those of its load balancers. */
function balancedAddresses({ status }: ResourceOf<'Service'>): readonly IpAddress[] {
  return status.loadBalancer.flatMap(({ ip }) => ip ?? []);
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the manifests have no ${what}`);
  return value;
}
