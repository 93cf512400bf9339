/** Policies with a fault in them, and the cluster and the packets that show what it opens. */
import { ComputeGraph } from '../compute/graph';
import { workloadKey } from '../compute/keys';
import type { ParsedResource } from '../resources/parsed-resource';
import type { Resource } from '../resources/resource';
import type { Packet } from '../simulator';
import { type DesiredState, DesiredStateStore, parseIpAddress, parsePort, TCP, UDP } from '../state';
import { calico, type Manifest, NODE, namespace, node, withAnnotations } from './manifests';

/** Pods, namespaces, sets and an endpoint of the host, few and alike, so that rules meet them. */
export const PODS = [
  { namespace: 'red', name: 'a', address: '10.0.0.1', labels: { app: 'web' } },
  { namespace: 'red', name: 'b', address: '10.0.0.2', labels: { app: 'db', tier: 'web' } },
  { namespace: 'blue', name: 'a', address: '10.0.0.3', labels: { app: 'web', tier: 'db' } },
  { namespace: 'blue', name: 'b', address: '10.0.0.4', labels: {} },
];
export const CLUSTER: readonly Manifest[] = [
  node(NODE, '192.168.0.1', {}, { role: 'worker' }),
  namespace('red', { stage: 'prod' }),
  namespace('blue', { stage: 'test', app: 'web' }),
  ...PODS.map(
    ({ namespace: of, name, address, labels }): Manifest => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: of, ...{ labels } },
      spec: { nodeName: NODE, containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 80 }] }] },
      status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
    }),
  ),
  calico('Tier', 'early', { order: 10, defaultAction: 'Pass' }),
  calico('Tier', 'late', { order: 2_000_000, defaultAction: 'Deny' }),
  calico('HostEndpoint', 'uplink', { node: NODE, interfaceName: 'eth0', profiles: ['allowing'] }, { host: 'n1' }),
  calico('GlobalNetworkSet', 'sound', { nets: ['203.0.113.8/29'] }, { set: 'sound', app: 'web' }),
];

export function manifest(apiVersion: string, kind: string, spec: object): Manifest {
  return withAnnotations({ team: 'x' }, { apiVersion, kind, metadata: { name: 'target' }, spec });
}

/** What is done to one field of an object: its name is misspelt, it is taken out, it gets another value, or a strange one beside it. */
export interface Damage {
  readonly at: number;
  readonly how: 'misspell' | 'remove' | 'spoil' | 'add';
  readonly typo: keyof typeof TYPOS;
  readonly scrap: unknown;
}

/** How a name comes to be another one. */
export const TYPOS = {
  more: (name: string) => `${name}x`,
  less: (name: string) => name.slice(0, name.length >> 1) + name.slice((name.length >> 1) + 1),
  swapped: (name: string) => name.replace(/^(.)(.)(?!\2)(.)/, '$1$3$2'),
  capital: (name: string) => name.charAt(0).toUpperCase() + name.slice(1),
} as const;

export type Path = readonly (string | number)[];

export function damaged(value: unknown, path: Path, damage: Damage): unknown {
  const { how, typo, scrap } = damage;
  const [key, ...rest] = path;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => {
      if (index !== key) return item;
      return rest.length > 0 ? damaged(item, rest, damage) : scrap;
    });
    return rest.length === 0 && how === 'remove' ? value.filter((_, index) => index !== key) : items;
  }
  const entries = Object.entries(value as object).flatMap(([name, item]): readonly (readonly [string, unknown])[] => {
    if (name !== key) return [[name, item]];
    if (rest.length > 0) return [[name, damaged(item, rest, damage)]];
    if (how === 'misspell') return [[TYPOS[typo](name), item]];
    if (how === 'add')
      return [
        [name, item],
        [TYPOS[typo](name), scrap],
      ];
    return how === 'remove' ? [] : [[name, scrap]];
  });
  return Object.fromEntries(entries);
}

export function stateOf(resources: readonly Resource[]): DesiredState {
  const store = new DesiredStateStore();
  const changes = new ComputeGraph({ nodeName: NODE }).apply(resources.map((resource) => ({ op: 'put', resource })));
  store.apply({ scope: 'full', changes });
  return store;
}

const OUTSIDE = ['203.0.113.9', '203.0.113.20', '198.51.100.1'].map(parseIpAddress);
const ADDRESSES = [...PODS.map(({ address }) => parseIpAddress(address)), parseIpAddress('192.168.0.1')];
const SERVICES = [
  { protocol: TCP, destinationPort: parsePort(80) },
  { protocol: TCP, destinationPort: parsePort(8080) },
  { protocol: UDP, destinationPort: parsePort(53) },
];
export const PACKETS: readonly Packet[] = SERVICES.flatMap((service): readonly Packet[] => [
  ...PODS.flatMap(({ namespace: of, name, address }) =>
    [...ADDRESSES, ...OUTSIDE].map(
      (to): Packet => ({
        ...service,
        entry: { kind: 'workload', workload: workloadKey(of, name) },
        source: parseIpAddress(address),
        destination: to,
      }),
    ),
  ),
  ...OUTSIDE.flatMap((source) =>
    ADDRESSES.map((to): Packet => ({ ...service, entry: { kind: 'network' }, source, destination: to })),
  ),
  ...[...ADDRESSES, ...OUTSIDE].map(
    (to): Packet => ({
      ...service,
      entry: { kind: 'host' },
      source: parseIpAddress('192.168.0.1'),
      destination: to,
    }),
  ),
]);

/** What counts of the object in a cluster that has no earlier version of it. */
export function countingOf(parsed: ParsedResource): Resource | undefined {
  if (parsed.outcome === 'foreign') return undefined;
  return parsed.outcome === 'resource' ? parsed.resource : parsed.closed?.resource;
}

export function isRefused(parsed: ParsedResource): boolean {
  return (
    parsed.outcome === 'faulty' &&
    parsed.faults.some(({ error }) => error.code === 'PP_OBJECT_INVALID' || error.code === 'PP_FIELD_UNKNOWN')
  );
}
