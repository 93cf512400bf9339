/** What the kit puts a backend through: a small cluster, and what happens to it. */
import {
  type Change,
  ComputeGraph,
  defaultInterfaceName,
  loadManifests,
  parseIpAddress,
  parsePort,
  type ResourceChange,
  type ResourceKind,
  resourceKey,
  TCP,
  UDP,
} from '@polyplane/core';
import type { HostName, ProbeRequest } from '../prober/probe';
import type { Topology } from '../testbed/topology';
import type { Batch } from './expansions';

/** The node that the backend is opened on; a second one is beyond its uplink. */
export const SCENARIO_NODE = 'node-1';

/** One step of the scenario: what it is about, and the changes of the desired state. */
export interface ScenarioStep {
  readonly title: string;
  readonly changes: Batch;
}

/** After so many steps everything is there at once: pods, policies with sets, services with endpoints. */
export const SCENARIO_PEAK = 8;

/** The scenario's steps, from the empty state on; each leaves a state of its own behind. */
export function scenarioSteps(): readonly ScenarioStep[] {
  const graph = new ComputeGraph({ nodeName: SCENARIO_NODE });
  return STEPS.map(({ title, put = '', remove = [] }) => {
    const puts = loadManifests(put, title).resources.map(({ resource }): ResourceChange => ({ op: 'put', resource }));
    const removals = remove.map(
      ([kind, name]): ResourceChange => ({ op: 'remove', key: resourceKey(kind, 'shop', name) }),
    );
    const changes: readonly Change[] = graph.apply([...puts, ...removals]);
    return { title, changes };
  });
}

const ADDRESSES = {
  'pod:shop/web': '10.65.0.2',
  'pod:shop/api': '10.65.0.3',
  'pod:shop/db': '10.65.0.4',
  'pod:shop/far': '10.65.1.2',
  'node:node-1': '172.18.0.2',
  'outside:client': '203.0.113.9',
} as const satisfies Readonly<Partial<Record<HostName, string>>>;

const SERVICE_ADDRESS = '10.96.0.10';
const EMPTY_SERVICE_ADDRESS = '10.96.0.11';
const PORTS = [80, 81];

/** The machines of the scenario, for a testbed. */
export const SCENARIO_TOPOLOGY: Topology = {
  nodes: [
    { name: SCENARIO_NODE, addresses: [parseIpAddress('172.18.0.2')], routedAddresses: [] },
    { name: 'node-2', addresses: [parseIpAddress('172.18.0.3')], routedAddresses: [] },
  ],
  pods: (['web', 'api', 'db', 'far'] as const).map((name) => ({
    namespace: 'shop',
    name,
    node: name === 'far' ? 'node-2' : SCENARIO_NODE,
    addresses: [parseIpAddress(ADDRESSES[`pod:shop/${name}`])],
    interfaceName: defaultInterfaceName('shop', name),
  })),
  outsiders: [{ name: 'client', addresses: [parseIpAddress('203.0.113.9')] }],
  ports: PORTS.flatMap((port) => [TCP, UDP].map((protocol) => ({ protocol, port: parsePort(port) }))),
};

/** The packets by which a backend is held against the simulator, after every step. No machine talks to itself. */
export function scenarioPackets(): readonly ProbeRequest[] {
  const hosts = Object.entries(ADDRESSES) as readonly (readonly [HostName, string])[];
  const toPods = hosts
    .filter(([host]) => host.startsWith('pod:'))
    .flatMap(([host, address]) =>
      PORTS.flatMap((port) => [TCP, UDP].map((protocol) => ({ host, address, port, protocol }))),
    );
  const toServices = [SERVICE_ADDRESS, EMPTY_SERVICE_ADDRESS].map((address) => ({
    host: undefined,
    address,
    port: 80,
    protocol: TCP,
  }));
  const toNodePort = { host: undefined, address: ADDRESSES['node:node-1'], port: 30080, protocol: TCP };
  return hosts.flatMap(([from, source]) =>
    [...toPods, ...(SERVICE_CLIENTS.has(from) ? toServices : []), ...(from === 'outside:client' ? [toNodePort] : [])]
      .filter(({ host }) => host !== from)
      .map(
        ({ address, port, protocol }): ProbeRequest => ({
          from,
          sourceAddress: parseIpAddress(source),
          destination: parseIpAddress(address),
          destinationPort: parsePort(port),
          protocol,
          isAnswerExpected: false,
        }),
      ),
  );
}

/** Nobody routes service addresses to the node from outside; endpoints do not dial themselves. */
const SERVICE_CLIENTS: ReadonlySet<HostName> = new Set(['pod:shop/web', 'node:node-1']);

interface StepSource {
  readonly title: string;
  readonly put?: string;
  readonly remove?: readonly (readonly [ResourceKind, string])[];
}

function pod(name: string, labels: string): string {
  const address = ADDRESSES[`pod:shop/${name}` as keyof typeof ADDRESSES];
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}${labels}}}
spec: {nodeName: ${name === 'far' ? 'node-2' : 'node-1'}, containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}
status: {phase: Running, podIP: ${address}, podIPs: [{ip: ${address}}]}
---`;
}

function endpoints(addresses: readonly string[]): string {
  const list = addresses.map((address) => `{addresses: [${address}], nodeName: node-1, conditions: {ready: true}}`);
  return `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: http, port: 80, protocol: TCP}]
endpoints: [${list.join(', ')}]
---`;
}

const STEPS: readonly StepSource[] = [
  {
    title: 'nodes and pods appear, nothing is restricted',
    put: `
apiVersion: v1
kind: Node
metadata: {name: node-1}
status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
---
apiVersion: v1
kind: Node
metadata: {name: node-2}
status: {addresses: [{type: InternalIP, address: 172.18.0.3}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---${pod('web', '')}${pod('api', '')}${pod('db', '')}${pod('far', '')}`,
  },
  {
    title: 'services appear, one of them without endpoints',
    put: `
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {type: NodePort, clusterIP: ${SERVICE_ADDRESS}, clusterIPs: [${SERVICE_ADDRESS}], ports: [{name: http, port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {clusterIP: ${EMPTY_SERVICE_ADDRESS}, clusterIPs: [${EMPTY_SERVICE_ADDRESS}], ports: [{name: http, port: 80}]}
---${endpoints([ADDRESSES['pod:shop/db']])}`,
  },
  {
    title: 'a pod is closed to all',
    put: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
---`,
  },
  {
    title: 'the closed pod opens a port to pods of one label',
    put: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: api}}}, {podSelector: {matchLabels: {trusted: 'yes'}}}], ports: [{port: http}]}]
---`,
  },
  {
    title: 'pods gain the label, here and on another node',
    put: `${pod('web', ", trusted: 'yes'")}${pod('far', ", trusted: 'yes'")}`,
  },
  {
    title: 'a pod may send to one address range only',
    put: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 10.65.0.0/24, except: [10.65.0.2/32]}}]}]
---`,
  },
  { title: 'a pod loses the label', put: pod('web', '') },
  { title: 'the service moves to another pod', put: endpoints([ADDRESSES['pod:shop/api']]) },
  { title: 'the service loses its last endpoint', put: endpoints([]) },
  { title: 'a pod is gone from the API, its interface not yet', remove: [['Pod', 'api']] },
  {
    title: 'policies and services go',
    remove: [
      ['NetworkPolicy', 'db'],
      ['NetworkPolicy', 'api'],
      ['Service', 'db'],
      ['Service', 'empty'],
      ['EndpointSlice', 'db-1'],
    ],
  },
];
