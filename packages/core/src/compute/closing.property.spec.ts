/** Whatever part of a policy, a profile or a network set is misspelt or spoilt: what is told of closes, and opens nothing. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldValidation } from '../resources/field-validation';
import { parseResource, readResource } from '../resources/parse';
import type { ParsedResource } from '../resources/parsed-resource';
import { NodeSimulator } from '../simulator';
import {
  CLUSTER,
  countingOf,
  type Damage,
  damaged,
  isRefused,
  manifest,
  PACKETS,
  type Path,
  stateOf,
  TYPOS,
} from '../testing/damaged-policies';
import { calico, inNamespace, type Manifest } from '../testing/manifests';

const RUNS = Number(process.env.POLYPLANE_CLOSING_RUNS ?? 1500);

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

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('misspell', 'misspell', 'remove', 'spoil', 'add' as const),
  typo: fc.constantFrom('more', 'less', 'swapped', 'capital' as const),
  scrap: fc.constantFrom<unknown>(null, true, 0, -1, '', 'x y', '10.0.0.0/33', '((', [], {}, ['x y'], { x: 1 }, 99_999),
});

/** Every field of an object, lists' entries included, but for those that say what it is. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]): readonly Path[] => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (path.length === 0 && (key === 'apiVersion' || key === 'kind')) return [];
    return [here, ...pathsOf(below, here)];
  });
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
