import { expect } from 'chai';
import { resourceKey } from '../resources/resource';
import {
  type Change,
  DesiredStateStore,
  type EndpointTier,
  type InterfaceName,
  keyOfChange,
  type ObjectRef,
  SETTINGS_KEY,
} from '../state';
import {
  allMembers,
  calicoPolicy,
  computeState,
  globalPolicy,
  hostEndpoint,
  inNamespace,
  listening,
  type Manifest,
  membersOf,
  NAMESPACE,
  namespace,
  networkPolicy,
  pod,
  policyOf,
  putManifest,
  removeManifest,
  tier,
} from '../testing/manifests';
import { ComputeGraph } from './graph';
import { policyKey, profileKey, workloadKey } from './keys';

describe('ComputeGraph', () => {
  it('tells the node’s settings even for an empty cluster, and once', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    const changes = graph.apply([]);
    expect(changes.map(keyOfChange)).to.deep.equal(['settings/node']);
    expect(graph.apply([])).to.deep.equal([]);
  });

  it('keeps Calico’s failsafe ports, and settings that the agent chooses', () => {
    const settings = computeState([], { settings: { masqueradeAll: true } }).settings.get(SETTINGS_KEY);
    expect(settings).to.include({ masqueradeAll: true, endpointToHostAction: 'return', localhostNodePorts: true });
    expect(settings?.localDetector).to.deep.equal({ kind: 'workloadInterfaces' });
    expect(settings?.failsafeInbound.map(({ ports }) => ports.first)).to.deep.equal([
      22, 68, 179, 2379, 2380, 5473, 6443, 6666, 6667,
    ]);
    expect(settings?.failsafeOutbound.map(({ ports }) => ports.first)).to.deep.equal([
      53, 67, 179, 2379, 2380, 5473, 6443, 6666, 6667,
    ]);
  });

  it('makes workloads of this node’s pods that have an address of their own', () => {
    const state = computeState([
      pod('here', '10.0.0.1'),
      pod('there', '10.0.0.2', { nodeName: 'n2' }),
      pod('host', '192.168.0.1', { hostNetwork: true }),
      pod('done', '10.0.0.3', {}, { phase: 'Succeeded' }),
      pod('new', undefined),
    ]);
    expect([...state.workloads.keys()]).to.deep.equal(['workload/ns/here']);
    const workload = state.workloads.get(workloadKey('ns', 'here'));
    expect(workload?.interfaceName).to.equal('cali11dc8330df4');
    expect(workload?.profiles).to.deep.equal(['profile/kns.ns', 'profile/ksa.ns.default']);
    expect(state.profiles.get(profileKey('kns.ns'))?.ingress.map(({ action }) => action)).to.deep.equal(['allow']);
  });

  it('names interfaces as the agent’s resolver says', () => {
    const interfaceNameOf = ({ name }: ObjectRef) => `veth-${name}` as InterfaceName;
    const state = computeState([pod('here', '10.0.0.1')], { interfaceNameOf });
    expect(state.workloads.get(workloadKey('ns', 'here'))?.interfaceName).to.equal('veth-here');
  });

  it('renders only policies that select an endpoint of the node, and only the sets that they use', () => {
    const elsewhere = networkPolicy('elsewhere', {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: {} }] }],
    });
    const here = networkPolicy('here', {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ podSelector: {} }] }],
    });
    const graph = new ComputeGraph({ nodeName: 'n1' });
    const store = new DesiredStateStore();
    const apply = (...manifests: readonly Manifest[]) => {
      const changes = graph.apply(manifests.map(putManifest));
      store.apply({ scope: 'delta', changes });
      return changes;
    };
    apply(elsewhere, here, pod('db', '10.0.0.2', { nodeName: 'n2' }, {}, { app: 'db' }));
    expect([...store.policies.keys(), ...store.ipSets.keys()]).to.deep.equal([]);
    expect(operations(apply(pod('web', '10.0.0.1', {}, {}, { app: 'web' })))).to.deep.equal([
      'put ipSet',
      'put profile',
      'put profile',
      'put policy',
      'put workload',
      'put route',
    ]);
    expect(allMembers(store)).to.deep.equal(['10.0.0.1/32', '10.0.0.2/32']);
    expect(operations(apply(pod('web', '10.0.0.1')))).to.deep.equal(['put workload', 'remove policy', 'remove ipSet']);
  });

  it('keeps an address in a set as long as one of its pods has it', () => {
    const policy = networkPolicy('p', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] });
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([policy, pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { nodeName: 'n2' })].map(putManifest));
    expect(operations(graph.apply([putManifest(pod('c', '10.0.0.2', { nodeName: 'n2' }))]))).to.deep.equal([]);
    expect(graph.apply([removeManifest('Pod', 'b')])).to.deep.equal([]);
    const [change] = graph.apply([removeManifest('Pod', 'c')]);
    expect(change).to.deep.include({ op: 'members', added: [], removed: ['10.0.0.2/32'] });
  });

  it('gives each pod of a named port its own number, and ipBlocks the named ports of any pod', () => {
    const state = computeState([
      pod('a', '10.0.0.1', listening(80)),
      pod('b', '10.0.0.2', { ...listening(8080), nodeName: 'n2' }),
      networkPolicy('p', {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 'http' }] }],
      }),
    ]);
    const [rule] = policyOf(state, 'NetworkPolicy', 'p', NAMESPACE)?.egress ?? [];
    expect(rule?.destination.nets).to.deep.equal(['10.0.0.0/8']);
    expect(rule?.destination.namedPorts).to.have.length(1);
    expect(allMembers(state)).to.deep.equal(['10.0.0.1,tcp:80', '10.0.0.2,tcp:8080']);
  });

  it('takes named ports of ingress from the pods that the policy selects', () => {
    const state = computeState([
      pod('a', '10.0.0.1', listening(80), {}, { app: 'web' }),
      pod('b', '10.0.0.2', listening(8080)),
      networkPolicy('p', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 'http' }] }] }),
    ]);
    expect(allMembers(state)).to.deep.equal(['10.0.0.1,tcp:80']);
  });

  it('makes one rule a peer and protocol of a NetworkPolicy, with merged ports and its field', () => {
    const state = computeState([
      pod('a', '10.0.0.1'),
      networkPolicy('p', {
        podSelector: {},
        ingress: [
          {},
          {
            from: [{ podSelector: {} }, { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.9/32'] } }],
            ports: [{ port: 81 }, { port: 80 }, { port: 90, endPort: 99 }, { port: 53, protocol: 'UDP' }],
          },
        ],
      }),
    ]);
    const rules = policyOf(state, 'NetworkPolicy', 'p', NAMESPACE)?.ingress ?? [];
    expect(rules.map(({ origin, protocol }) => `${origin.field} ${protocol}`)).to.deep.equal([
      'spec.ingress[0] undefined',
      'spec.ingress[1].from[0] 6',
      'spec.ingress[1].from[0] 17',
      'spec.ingress[1].from[1] 6',
      'spec.ingress[1].from[1] 17',
    ]);
    expect(rules[1]?.destination.ports).to.deep.equal([
      { first: 80, last: 81 },
      { first: 90, last: 99 },
    ]);
    expect(rules[3]?.source).to.deep.include({ nets: ['192.0.2.0/24'], notNets: ['192.0.2.9/32'] });
  });

  it('orders tiers and policies by order, then name, and leaves out tiers that do not exist', () => {
    const manifests = [
      pod('a', '10.0.0.1'),
      tier('late', 200),
      tier('early', 100, 'Pass'),
      globalPolicy('late.a', { tier: 'late' }),
      globalPolicy('early.b', { tier: 'early', order: 2 }),
      globalPolicy('early.unordered', { tier: 'early' }),
      globalPolicy('early.a', { tier: 'early', order: 2 }),
      globalPolicy('early.first', { tier: 'early', order: 1, types: ['Ingress', 'Egress'] }),
      globalPolicy('missing.a', { tier: 'missing' }),
      networkPolicy('p', { podSelector: {} }),
    ];
    const state = computeState(manifests);
    const [workload] = state.workloads.values();
    expect(workload?.tiers.map(({ name, defaultAction }) => `${name} ${defaultAction}`)).to.deep.equal([
      'early pass',
      'late deny',
      'default deny',
    ]);
    const key = (name: string) => policyKey(resourceKey('GlobalNetworkPolicy', undefined, name));
    expect(workload?.tiers[0]?.ingress).to.deep.equal(
      ['early.first', 'early.a', 'early.b', 'early.unordered'].map(key),
    );
    expect(workload?.tiers[0]?.egress).to.deep.equal([key('early.first')]);
    expect(state.policies.has(key('missing.a'))).to.equal(false);
    expect(computeState([...manifests, tier('missing', 1)]).policies.has(key('missing.a'))).to.equal(true);
  });

  it('orders policies of one order by name before it looks at their namespace or kind', () => {
    const spec = { order: 1000, selector: 'all()', types: ['Ingress'] };
    const [workload] = computeState([
      pod('a', '10.0.0.1'),
      globalPolicy('b', spec),
      calicoPolicy('c', spec),
      calicoPolicy('a', spec),
      networkPolicy('c', { podSelector: {} }),
      calicoPolicy('c-d', spec),
    ]).workloads.values();
    expect(workload?.tiers[0]?.ingress.map((key) => key.replace('policy/', ''))).to.deep.equal([
      'CalicoNetworkPolicy/ns/a',
      'GlobalNetworkPolicy//b',
      'CalicoNetworkPolicy/ns/c-d',
      'NetworkPolicy/ns/c',
      'CalicoNetworkPolicy/ns/c',
    ]);
  });

  it('scopes rules of a namespaced policy to its namespace unless they select namespaces', () => {
    const state = computeState([
      namespace('other', { stage: 'prod' }),
      pod('a', '10.0.0.1'),
      inNamespace('other', pod('b', '10.0.0.2')),
      hostEndpoint('h', { expectedIPs: ['192.168.0.9'], node: 'n2' }),
      calicoPolicy('default.p', {
        ingress: [
          { action: 'Allow', source: { selector: 'all()' } },
          { action: 'Allow', source: { namespaceSelector: 'stage == "prod"' } },
          { action: 'Allow', source: { selector: 'all()', namespaceSelector: 'all()' } },
          { action: 'Allow', source: { selector: 'all()', namespaceSelector: 'global()' } },
          { action: 'Allow', source: { notSelector: 'all()', nets: ['10.0.0.0/8'] } },
        ],
      }),
    ]);
    const rules = policyOf(state, 'CalicoNetworkPolicy', 'default.p', NAMESPACE)?.ingress ?? [];
    const picked = rules.map(({ source }) => membersOf(state, source));
    expect(picked).to.deep.equal([
      ['10.0.0.1/32'],
      ['10.0.0.2/32'],
      ['10.0.0.1/32', '10.0.0.2/32'],
      ['192.168.0.9/32'],
      [],
    ]);
  });

  it('matches a lone notSelector against everything that is not picked', () => {
    const state = computeState([
      pod('a', '10.0.0.1', {}, {}, { app: 'web' }),
      globalPolicy('default.p', { ingress: [{ action: 'Allow', source: { notSelector: 'app == "web"' } }] }),
    ]);
    const [rule] = policyOf(state, 'GlobalNetworkPolicy', 'default.p')?.ingress ?? [];
    expect(rule?.source.ipSets).to.deep.equal([]);
    expect(rule?.source.notIpSets).to.have.length(1);
    expect(allMembers(state)).to.deep.equal(['10.0.0.1/32']);
  });

  it('does not let a pod claim its namespace’s labels or another namespace', () => {
    const forged = { 'pcns.stage': 'prod', 'projectcalico.org/namespace': 'other' };
    const state = computeState([
      namespace('other', { stage: 'prod' }),
      pod('a', '10.0.0.1', {}, {}, forged),
      globalPolicy('default.p', {
        ingress: [
          { action: 'Allow', source: { namespaceSelector: 'stage == "prod"' } },
          { action: 'Allow', source: { selector: 'projectcalico.org/namespace == "other"' } },
        ],
      }),
    ]);
    expect(allMembers(state)).to.deep.equal([]);
  });

  it('puts host endpoint policies where they act', () => {
    const state = computeState([
      hostEndpoint('h', { interfaceName: 'eth0', node: 'n1' }),
      hostEndpoint('remote', { interfaceName: 'eth0', node: 'n2' }),
      globalPolicy('default.normal', { selector: 'has(host)' }),
      globalPolicy('default.forward', { selector: 'has(host)', applyOnForward: true }),
      globalPolicy('default.prednat', { selector: 'has(host)', applyOnForward: true, preDNAT: true }),
      globalPolicy('default.untracked', { selector: 'has(host)', applyOnForward: true, doNotTrack: true }),
      globalPolicy('default.namespaced', { selector: 'all()', namespaceSelector: 'all()' }),
    ]);
    const [endpoint] = state.hostEndpoints.values();
    const namesOf = (tiers: readonly EndpointTier[]) =>
      tiers.flatMap(({ ingress }) => ingress.map((key) => key.split('.').at(-1)));
    expect(state.hostEndpoints.size).to.equal(1);
    expect(
      endpoint && [endpoint.tiers, endpoint.forwardTiers, endpoint.preDnatTiers, endpoint.untrackedTiers].map(namesOf),
    ).to.deep.equal([['forward', 'normal'], ['forward'], ['prednat'], ['untracked']]);
  });

  it('takes the last of several changes to one resource', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([]);
    expect(graph.apply([putManifest(pod('a', '10.0.0.1')), removeManifest('Pod', 'a')])).to.deep.equal([]);
  });
});

function operations(changes: readonly Change[]): readonly string[] {
  return changes.map((change) => `${change.op} ${keyOfChange(change).split('/')[0]}`);
}
