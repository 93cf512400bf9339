/** Whatever part of a policy, a profile or a network set is misspelt or spoilt: what is told of closes, and opens nothing. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldValidation } from '../resources/field-validation';
import { parseResource, readResource } from '../resources/parse';
import type { ParsedResource } from '../resources/parsed-resource';
import type { Resource } from '../resources/resource';
import { NodeSimulator, type Packet } from '../simulator';
import { type DesiredState, DesiredStateStore, parseIpAddress, parsePort, TCP, UDP } from '../state';
import { calico, inNamespace, type Manifest, NODE, namespace, node, withAnnotations } from '../testing/manifests';
import { ComputeGraph } from './graph';
import { workloadKey } from './keys';

const RUNS = Number(process.env.POLYPLANE_CLOSING_RUNS ?? 1500);

/** Pods, namespaces, sets and an endpoint of the host, few and alike, so that rules meet them. */
const PODS = [
  { namespace: 'red', name: 'a', address: '10.0.0.1', labels: { app: 'web' } },
  { namespace: 'red', name: 'b', address: '10.0.0.2', labels: { app: 'db', tier: 'web' } },
  { namespace: 'blue', name: 'a', address: '10.0.0.3', labels: { app: 'web', tier: 'db' } },
  { namespace: 'blue', name: 'b', address: '10.0.0.4', labels: {} },
];
const CLUSTER: readonly Manifest[] = [
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

const LABEL_SELECTOR = fc.constantFrom<object>(
  {},
  { matchLabels: { app: 'web' } },
  { matchLabels: { app: 'db', tier: 'web' } },
  { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] },
  { matchLabels: { tier: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
);
const NAMESPACE_SELECTOR = fc.constantFrom<object>(
  {},
  { matchLabels: { stage: 'prod' } },
  { matchLabels: { app: 'web' } },
);
const NET = fc.constantFrom('10.0.0.0/30', '10.0.0.3/32', '203.0.113.0/24', '203.0.113.9/32', '0.0.0.0/0');
const NAMESPACE = fc.constantFrom('red', 'blue');

const optionally = (schema: Record<string, fc.Arbitrary<unknown>>, required: readonly string[] = []) =>
  fc.record(schema, { requiredKeys: [...required] });
const some = (item: fc.Arbitrary<unknown>, maxLength = 2) => fc.array(item, { minLength: 1, maxLength });

const peer = fc.oneof(
  optionally({ podSelector: LABEL_SELECTOR, namespaceSelector: NAMESPACE_SELECTOR }, ['podSelector']),
  fc.record({
    ipBlock: fc.record({ cidr: fc.constant('203.0.113.0/24'), except: fc.constantFrom([], ['203.0.113.9/32']) }),
  }),
);
const kubernetesPort = fc.constantFrom<object>(
  { port: 80 },
  { port: 79, endPort: 90 },
  { port: 'http' },
  { protocol: 'UDP' },
);
const networkPolicy = fc
  .record({
    of: NAMESPACE,
    spec: optionally(
      {
        podSelector: LABEL_SELECTOR,
        policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
        ingress: some(optionally({ from: some(peer), ports: some(kubernetesPort) })),
        egress: some(optionally({ to: some(peer), ports: some(kubernetesPort) })),
      },
      ['podSelector'],
    ),
  })
  .map(({ of, spec }) => inNamespace(of, manifest('networking.k8s.io/v1', 'NetworkPolicy', spec)));

const selector = fc.constantFrom('all()', "app == 'web'", "has(tier) && app != 'db'", "set == 'sound'", 'has(set)');
const entity = optionally({
  nets: some(NET),
  notNets: some(NET.filter((net) => !net.endsWith('/0'))),
  selector,
  notSelector: selector,
  namespaceSelector: fc.constantFrom('all()', 'global()', "stage == 'prod'"),
  serviceAccounts: fc.constantFrom<object>({ names: ['default'] }, { selector: 'all()' }),
});
const withPorts = fc
  .tuple(entity, fc.constantFrom<object>({}, { ports: [80] }, { ports: ['79:90', 'http'] }, { notPorts: [80] }))
  .map(([end, ports]) => ({ ...end, ...ports }));
const calicoRule = fc.oneof(
  optionally(
    {
      action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'),
      protocol: fc.constantFrom('TCP', 'UDP'),
      source: entity,
      destination: withPorts,
    },
    ['action', 'protocol'],
  ),
  optionally({ action: fc.constantFrom('Allow', 'Deny', 'Pass'), source: entity, destination: entity }, ['action']),
  fc.record({
    action: fc.constantFrom('Allow', 'Deny'),
    protocol: fc.constant('ICMP'),
    icmp: fc.constant({ type: 8 }),
  }),
);
const calicoSpec = {
  tier: fc.constantFrom('default', 'early', 'late'),
  order: fc.constantFrom(1, 2, 3),
  selector: fc.constantFrom('all()', "app == 'web'", "has(tier) && app != 'db'", 'has(host)'),
  serviceAccountSelector: fc.constantFrom('all()', "team == 'a'"),
  types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: some(calicoRule, 3),
  egress: some(calicoRule, 3),
};
const calicoPolicy = fc
  .record({ of: NAMESPACE, spec: optionally(calicoSpec, ['selector']) })
  .map(({ of, spec }) => inNamespace(of, manifest('projectcalico.org/v3', 'NetworkPolicy', spec)));
const globalPolicy = fc
  .record({
    spec: optionally({ ...calicoSpec, namespaceSelector: fc.constantFrom('all()', "stage == 'prod'") }, ['selector']),
    stage: fc.constantFrom<object>({}, {}, {}, { applyOnForward: true }, { applyOnForward: true, doNotTrack: true }),
  })
  .map(({ spec, stage }) => manifest('projectcalico.org/v3', 'GlobalNetworkPolicy', { ...spec, ...stage }));
const preDnatPolicy = some(calicoRule, 3).map((ingress) =>
  manifest('projectcalico.org/v3', 'GlobalNetworkPolicy', {
    selector: 'has(host)',
    types: ['Ingress'],
    preDNAT: true,
    applyOnForward: true,
    ingress,
  }),
);
const profile = optionally({ ingress: some(calicoRule, 3), egress: some(calicoRule, 3) }).map((spec) =>
  calico('Profile', 'allowing', spec),
);
const networkSet = some(NET, 3).map((nets) =>
  calico('GlobalNetworkSet', 'target', { nets }, { set: 'target', app: 'web' }),
);

const selection = fc.oneof(
  fc.record({ namespaces: NAMESPACE_SELECTOR }),
  fc.record({ pods: fc.record({ namespaceSelector: NAMESPACE_SELECTOR, podSelector: LABEL_SELECTOR }) }),
);
const destination = fc.oneof(
  selection,
  fc.record({ networks: some(NET) }),
  fc.constant({ nodes: { matchLabels: { role: 'worker' } } }),
);
const adminPort = fc.constantFrom<object>(
  { portNumber: { protocol: 'TCP', port: 80 } },
  { portRange: { protocol: 'TCP', start: 79, end: 90 } },
);
const clusterProtocol = fc.constantFrom<object>(
  { tcp: { destinationPort: { number: 80 } } },
  { udp: { destinationPort: { range: { start: 52, end: 60 } } } },
);
const clusterRules = (actions: readonly string[], ports: Record<string, fc.Arbitrary<unknown>>) => {
  const action = fc.constantFrom(...actions);
  return {
    ingress: some(optionally({ name: fc.constant('r'), action, from: some(selection), ...ports }, ['action', 'from'])),
    egress: some(optionally({ name: fc.constant('r'), action, to: some(destination), ...ports }, ['action', 'to'])),
  };
};
const clusterPolicy = fc.oneof(
  optionally(
    {
      priority: fc.constantFrom(1, 2),
      subject: selection,
      ...clusterRules(['Allow', 'Deny', 'Pass'], { ports: some(adminPort) }),
    },
    ['priority', 'subject'],
  ).map((spec) => manifest('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', spec)),
  optionally({ subject: selection, ...clusterRules(['Allow', 'Deny'], { ports: some(adminPort) }) }, ['subject']).map(
    (spec) => ({
      ...manifest('policy.networking.k8s.io/v1alpha1', 'BaselineAdminNetworkPolicy', spec),
      metadata: { name: 'default' },
    }),
  ),
  optionally(
    {
      tier: fc.constantFrom('Admin', 'Baseline'),
      priority: fc.constantFrom(1, 2),
      subject: selection,
      ...clusterRules(['Accept', 'Deny', 'Pass'], { protocols: some(clusterProtocol) }),
    },
    ['tier', 'priority', 'subject'],
  ).map((spec) => manifest('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', spec)),
);

const anyPolicy = fc
  .oneof(networkPolicy, calicoPolicy, globalPolicy, preDnatPolicy, profile, networkSet, clusterPolicy)
  .map(withoutIdleRules);

/** Without rules that the policy itself puts out of force: where its word on that is lost they count, and it is told. */
function withoutIdleRules(object: Manifest): Manifest {
  // Every object above has one.
  const spec = object.spec as Record<string, unknown>;
  const types = spec.policyTypes ?? spec.types;
  const idle = (['Ingress', 'Egress'] as const).filter((type) => Array.isArray(types) && !types.includes(type));
  const kept = Object.entries(spec).filter(([field]) => !idle.some((type) => type.toLowerCase() === field));
  return { ...object, spec: Object.fromEntries(kept) };
}

function manifest(apiVersion: string, kind: string, spec: object): Manifest {
  return withAnnotations({ team: 'x' }, { apiVersion, kind, metadata: { name: 'target' }, spec });
}

/** What is done to one field of an object: its name is misspelt, it is taken out, it gets another value, or a strange one beside it. */
interface Damage {
  readonly at: number;
  readonly how: 'misspell' | 'remove' | 'spoil' | 'add';
  readonly typo: keyof typeof TYPOS;
  readonly scrap: unknown;
}

/** How a name comes to be another one. */
const TYPOS = {
  more: (name: string) => `${name}x`,
  less: (name: string) => name.slice(0, name.length >> 1) + name.slice((name.length >> 1) + 1),
  swapped: (name: string) => name.replace(/^(.)(.)(?!\2)(.)/, '$1$3$2'),
  capital: (name: string) => name.charAt(0).toUpperCase() + name.slice(1),
} as const;

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('misspell', 'misspell', 'remove', 'spoil', 'add' as const),
  typo: fc.constantFrom('more', 'less', 'swapped', 'capital' as const),
  scrap: fc.constantFrom<unknown>(null, true, 0, -1, '', 'x y', '10.0.0.0/33', '((', [], {}, ['x y'], { x: 1 }, 99_999),
});

type Path = readonly (string | number)[];

/** Every field of an object, lists' entries included, but for those that say what it is. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]): readonly Path[] => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (path.length === 0 && (key === 'apiVersion' || key === 'kind')) return [];
    return [here, ...pathsOf(below, here)];
  });
}

function damaged(value: unknown, path: Path, damage: Damage): unknown {
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

function stateOf(resources: readonly Resource[]): DesiredState {
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
const PACKETS: readonly Packet[] = SERVICES.flatMap((service): readonly Packet[] => [
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
function countingOf(parsed: ParsedResource): Resource | undefined {
  if (parsed.outcome === 'foreign') return undefined;
  return parsed.outcome === 'resource' ? parsed.resource : parsed.closed?.resource;
}

function isRefused(parsed: ParsedResource): boolean {
  return (
    parsed.outcome === 'faulty' &&
    parsed.faults.some(({ error }) => error.code === 'PP_OBJECT_INVALID' || error.code === 'PP_FIELD_UNKNOWN')
  );
}

/** Told, and not known to close: a strange field at the top or in the metadata, which may have been a name or a namespace. */
function isBesideSpec(parsed: ParsedResource): boolean {
  if (parsed.outcome === 'foreign') return false;
  return parsed.faults.some(({ error, path: [top] }) => {
    if (error.code !== 'PP_FIELD_PASSED_OVER' && error.code !== 'PP_FIELD_UNKNOWN') return false;
    return top !== 'spec';
  });
}

describe('what cannot be read of a policy', () => {
  it('is told, and allows no packet that the whole object denies', function () {
    this.timeout(600_000);
    const sound = CLUSTER.map((object) => parseResource(object));
    const seen = { told: 0, closed: 0, denying: 0 };
    fc.assert(
      fc.property(
        anyPolicy,
        fc.array(anyPolicy, { maxLength: 2 }),
        damage,
        fc.constantFrom<FieldValidation>('strict', 'warn'),
        (object, others, done, validation) => {
          const whole = readResource(object, 'strict');
          if (whole.outcome !== 'resource') return;
          const paths = pathsOf(object);
          const path = paths[done.at % paths.length] ?? [];
          const parsed = readResource(damaged(object, path, done), validation);
          const isTold = parsed.outcome === 'faulty' || (parsed.outcome === 'resource' && parsed.faults.length > 0);
          const isUsersOwnKey = path.includes('matchLabels') || path.includes('annotations') || path.includes('labels');
          const isNamed = typeof path.at(-1) === 'string' && (done.how === 'misspell' || done.how === 'add');
          const isRenamed = isNamed && TYPOS[done.typo](String(path.at(-1))) !== path.at(-1);
          if (isRenamed && !isUsersOwnKey) expect(isTold, path.join('.')).to.equal(true);
          const counting = countingOf(parsed);
          // What counts for nothing must be known to be missing: the agent is not ready then.
          if (counting === undefined) expect(isRefused(parsed), path.join('.')).to.equal(true);
          if (!isTold || counting === undefined) return;
          seen.told++;
          if (isBesideSpec(parsed)) return;
          const rest = others.flatMap((other, index) => {
            const read = readResource({ ...other, metadata: { ...other.metadata, name: `other${index}` } });
            return read.outcome === 'resource' ? [read.resource] : [];
          });
          const before = new NodeSimulator(stateOf([...sound, ...rest, whole.resource]));
          const after = new NodeSimulator(stateOf([...sound, ...rest, counting]));
          seen.closed++;
          for (const packet of PACKETS) {
            const wanted = before.judge(packet).verdict;
            if (wanted === 'allow') continue;
            seen.denying++;
            expect(after.judge(packet).verdict, `${path.join('.')}: ${JSON.stringify(packet)}`).to.not.equal('allow');
          }
        },
      ),
      { numRuns: RUNS },
    );
    // The property would hold of nothing, too.
    expect(seen.closed).to.be.above(RUNS / 10);
    expect(seen.denying).to.be.above(RUNS);
  });
});
