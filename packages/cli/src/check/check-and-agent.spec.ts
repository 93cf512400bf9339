import { expect } from 'chai';
import fc from 'fast-check';
import { Container } from 'inversify';
import {
  type CheckedBackend,
  checkCluster,
  coreModule,
  DataplaneBackend,
  type Diagnostic,
  formatObjectRef,
  keyOfResource,
  type LimitTable,
  MemorySource,
  NodeAgent,
  parseResource,
  type Resource,
  type ResourceKey,
} from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';
import { EBPF, VPP } from '../testing/checked-backends';

const NODE = 'n1';
const read = (apiVersion: string, kind: string, name: string, rest: object, labels: object = {}, annotations = {}) => {
  const isGlobal = /^(Node|Global|Host|IPPool|Felix|BGP|Installation|AdminN|Cluster)/.test(kind);
  const metadata = { name, ...(isGlobal ? {} : { namespace: 's' }), labels, annotations };
  return parseResource({ apiVersion, kind, metadata, ...rest });
};
const calico = (kind: string, name: string, spec: object) => read('projectcalico.org/v3', kind, name, { spec });
const node = (name: string, operatingSystem: string, architecture: string, addresses: readonly object[] = []) =>
  read('v1', 'Node', name, { status: { addresses, nodeInfo: { operatingSystem, architecture } } });
const pod = (name: string, phase: string, ips: readonly string[], annotations: object = {}, hostNetwork = false) => {
  const podIPs = ips.map((ip) => ({ ip }));
  return read(
    'v1',
    'Pod',
    name,
    { spec: { nodeName: NODE, hostNetwork }, status: { phase, podIP: ips[0], podIPs } },
    {},
    annotations,
  );
};
const service = (spec: object, ingress: readonly object[] = []) =>
  read('v1', 'Service', 'a', {
    spec: { ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress } },
  });
const slice = (name: string, labels: object, addresses: readonly string[], ready = true) =>
  read(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    name,
    {
      addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses, conditions: { ready } }],
      ports: [{ port: 80 }],
    },
    labels,
  );
const endpoints = (ip: string, annotations: object = {}) =>
  read('v1', 'Endpoints', 'a', { subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }] }, {}, annotations);
const policy = (spec: object) =>
  read('networking.k8s.io/v1', 'NetworkPolicy', 'p', { spec: { podSelector: {}, ...spec } });
const admin = (ports: readonly object[]) =>
  read('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', 'p', {
    spec: {
      priority: 1,
      subject: { namespaces: {} },
      ingress: [{ action: 'Deny', from: [{ namespaces: {} }], ports }],
    },
  });
const installation = (calicoNetwork: object) =>
  read('operator.tigera.io/v1', 'Installation', 'default', { spec: { calicoNetwork } });

const FLOATING = { 'cni.projectcalico.org/floatingIPs': '["192.0.2.9"]' };
const OF_A = { 'kubernetes.io/service-name': 'a' };
const MIRRORED = { ...OF_A, 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' };
const INTERNAL = { type: 'InternalIP', address: '172.30.0.11' };

/** What is always there, so that policies are in force on this node. */
const BASE: readonly Resource[] = [
  pod('always', 'Running', ['10.244.0.9']),
  calico('HostEndpoint', 'h', { node: NODE, interfaceName: '*' }),
];

/**
 * All that the node runs is local, as a check takes every node for its own. Not here, because the two differ by design: workloads
 * of other nodes, pods without an address, policies that select nothing on this node, and services that have no cluster IP
 * (yet) of the family that they ask for. A check speaks of what is written, an agent of what it would have to do.
 */
const VARIANTS: readonly Resource[] = [
  node(NODE, 'linux', 'amd64', [{ type: 'Hostname', address: NODE }, INTERNAL]),
  node(NODE, 'linux', 'arm64', [{ type: 'Hostname', address: NODE }, INTERNAL, { ...INTERNAL, address: 'fd00::11' }]),
  node(NODE, 'linux', 's390x'),
  node('n2', 'linux', 'amd64'),
  node('n2', 'windows', 'amd64'),
  pod('w', 'Running', ['10.244.0.1', 'fd00:1::1'], FLOATING),
  pod('w', 'Succeeded', ['10.244.0.1', 'fd00:1::1'], FLOATING),
  pod('w', 'Running', ['172.30.0.11', 'fd00::11'], FLOATING, true),
  service({ clusterIP: '10.96.0.1', sessionAffinity: 'ClientIP' }),
  service({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00:96::1'], ports: [{ port: 80, protocol: 'SCTP' }] }),
  service({
    clusterIP: 'None',
    sessionAffinity: 'ClientIP',
    ipFamilies: ['IPv6'],
    ports: [{ port: 80, protocol: 'SCTP' }],
  }),
  service({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00:96::1'], type: 'LoadBalancer' }, [
    { hostname: 'lb.example' },
    { ip: '2001:db8::1' },
  ]),
  slice('a-1', OF_A, ['10.244.0.1']),
  slice('a-1', MIRRORED, ['10.244.0.1']),
  slice('a-1', {}, ['10.244.0.1']),
  slice('a-2', OF_A, ['fd00:1::1']),
  slice('a-2', OF_A, ['10.244.0.2'], false),
  endpoints('10.244.0.1'),
  endpoints('10.244.0.7'),
  endpoints('10.244.0.1', { 'endpoints.kubernetes.io/over-capacity': 'truncated' }),
  policy({
    policyTypes: ['Ingress'],
    ingress: [{ ports: [{ protocol: 'TCP' }, { protocol: 'SCTP', port: 80 }] }],
    egress: [{ ports: [{ protocol: 'SCTP' }] }],
  }),
  policy({
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: 'fd00::/8' } }] }],
  }),
  calico('GlobalNetworkPolicy', 'g', { types: ['Ingress'], ingress: [{ action: 'Log' }], egress: [{ action: 'Log' }] }),
  calico('GlobalNetworkPolicy', 'g', { ingress: [{ action: 'Allow', notProtocol: 'ICMPv6' }], selector: 'all()' }),
  calico('GlobalNetworkPolicy', 'g', {
    ingress: [
      { action: 'Allow', protocol: 'ICMPv6' },
      { action: 'Deny', notProtocol: 'SCTP' },
      { action: 'Deny', source: { nets: ['fd00::/8', 'fe80::/10'] } },
    ],
  }),
  calico('GlobalNetworkPolicy', 'g', { doNotTrack: true, applyOnForward: true, ingress: [{ action: 'Deny' }] }),
  calico('GlobalNetworkPolicy', 'g', { preDNAT: true, applyOnForward: true, ingress: [{ action: 'Deny' }] }),
  calico('StagedGlobalNetworkPolicy', 'g', { ingress: [{ action: 'Log' }] }),
  admin([{ namedPort: 'web' }, { portNumber: { protocol: 'TCP', port: 80 } }]),
  admin([
    { namedPort: 'web' },
    { portRange: { protocol: 'SCTP', start: 1, end: 9 } },
    { portNumber: { protocol: 'SCTP', port: 80 } },
  ]),
  calico('GlobalNetworkSet', 'x', { nets: ['192.0.2.0/24', '2001:db8::/32'] }),
  calico('IPPool', 'x', { cidr: 'fd00:1::/64' }),
  calico('IPPool', 'x', { cidr: 'fd00:1::/64', disabled: true }),
  calico('FelixConfiguration', 'default', { bpfEnabled: true, wireguardEnabled: true }),
  calico('FelixConfiguration', 'default', { floatingIPs: 'Disabled' }),
  calico('FelixConfiguration', 'default', { floatingIPs: 'Enabled', bpfEnabled: false }),
  calico('FelixConfiguration', 'node.n1', { bpfEnabled: true, wireguardEnabled: true }),
  calico('FelixConfiguration', 'node.n1', { bpfEnabled: false }),
  calico('FelixConfiguration', 'node.n2', { bpfEnabled: true }),
  installation({ linuxDataplane: 'BPF', bgp: 'Disabled', nodeAddressAutodetectionV4: { firstFound: false } }),
  installation({ linuxDataplane: 'VPP', ipPools: [{ cidr: '10.244.0.0/16' }, { cidr: 'fd00:1::/64' }] }),
];

/** An agent that refuses to start follows nothing. */
const followed = (limits: LimitTable): LimitTable =>
  limits.map((limit) => (limit.effect === 'refuseToStart' ? { ...limit, effect: 'warn' } : limit));

function format({ code, severity, object, field, effect, message }: Diagnostic): string {
  return `${code} ${severity} ${effect} ${formatObjectRef(object)} ${field}: ${message}`;
}

/** A put, or the removal of what has the same key. */
type Step = { readonly op: 'put' | 'remove'; readonly resource: Resource };

/** What an agent of this node says after all that came to pass. */
async function toldByAgent(limits: LimitTable, history: readonly (readonly Step[])[]): Promise<readonly string[]> {
  const container = new Container();
  const source = new MemorySource();
  await container.load(coreModule({ nodeName: NODE, source }));
  container.bind(DataplaneBackend).toConstantValue(new FakeBackend({ name: 'fake', limits }));
  const agent = container.get(NodeAgent);
  let current: readonly Diagnostic[] = [];
  agent.diagnostics$.subscribe((step) => {
    current = step.current;
  });
  source.put(...BASE);
  source.markInSync();
  await agent.start();
  // What a batch changes is one batch of the source's.
  for (const end of history.keys()) source.replaceAll(thereAfter(history.slice(0, end + 1)));
  await agent.stop('leave');
  return current.map(format).sort();
}

function toldByCheck(backend: CheckedBackend, history: readonly (readonly Step[])[]): readonly string[] {
  const [report] = checkCluster({ resources: thereAfter(history), backends: [backend] }).backends;
  return (report?.findings ?? []).map(format).sort();
}

function thereAfter(history: readonly (readonly Step[])[]): readonly Resource[] {
  const there = new Map<ResourceKey, Resource>(BASE.map((resource) => [keyOfResource(resource), resource]));
  for (const { op, resource } of history.flat()) {
    if (op === 'put') there.set(keyOfResource(resource), resource);
    else there.delete(keyOfResource(resource));
  }
  return [...there.values()];
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 4, arbitrary: fc.constant('put' as const) },
    { weight: 1, arbitrary: fc.constant('remove' as const) },
  ),
  resource: fc.constantFrom(...VARIANTS),
});

describe('a check and a running agent', () => {
  for (const { name, ...rest } of [EBPF, VPP]) {
    const backend: CheckedBackend = { ...rest, name, limits: followed(rest.limits) };

    it(`say the same of ${name}’s limits, object by object`, async () => {
      const met = new Set<string>();
      for (const resource of VARIANTS) {
        const history = [[{ op: 'put' as const, resource }]];
        const told = toldByCheck(backend, history);
        expect(await toldByAgent(backend.limits, history)).to.deep.equal(told);
        for (const line of told) met.add(line.split(' ')[0] ?? '');
      }
      expect([...met].sort()).to.deep.equal(backend.limits.map(({ code }) => code).sort());
    });

    it(`say the same of ${name}’s limits, whatever came to pass`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 6 }), async (history) => {
          expect(await toldByAgent(backend.limits, history)).to.deep.equal(toldByCheck(backend, history));
        }),
        { numRuns: 150 },
      );
    });
  }
});
