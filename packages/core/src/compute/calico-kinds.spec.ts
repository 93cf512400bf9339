import { expect } from 'chai';
import type { ResourceChange } from '../resources/resource-change';
import { DesiredStateStore, formatObjectRef } from '../state';
import {
  allMembers,
  calico,
  calicoPolicy,
  computeState,
  globalPolicy,
  hostEndpoint,
  inNamespace,
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
import { profileKey } from './keys';

describe('Staged policies', () => {
  const staged = (action: string): Manifest =>
    inNamespace(
      NAMESPACE,
      calico('StagedNetworkPolicy', 'default.p', {
        stagedAction: action,
        ...(action === 'Set' && { selector: 'all()', types: ['Ingress'] }),
      }),
    );

  it('stand before what they would replace, marked', () => {
    const state = computeState([
      pod('a', '10.0.0.1'),
      staged('Set'),
      calicoPolicy('default.p', { types: ['Ingress'] }),
    ]);
    const [workload] = state.workloads.values();
    expect(workload?.tiers[0]?.ingress).to.deep.equal([
      'policy/StagedNetworkPolicy/ns/default.p',
      'policy/CalicoNetworkPolicy/ns/default.p',
    ]);
    expect(policyOf(state, 'StagedNetworkPolicy', 'default.p', NAMESPACE)?.isStaged).to.equal(true);
  });

  it('are no policy when they would only delete one', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([pod('a', '10.0.0.1'), staged('Set')].map(putManifest));
    expect(graph.apply([putManifest(staged('Delete'))]).map(({ op }) => op)).to.deep.equal(['put', 'remove']);
  });

  it('may be Kubernetes’ and global', () => {
    const state = computeState([
      pod('a', '10.0.0.1'),
      inNamespace(
        NAMESPACE,
        calico('StagedKubernetesNetworkPolicy', 'k', { podSelector: {}, policyTypes: ['Ingress'] }),
      ),
      calico('StagedGlobalNetworkPolicy', 'default.g', { selector: 'all()', types: ['Ingress'] }),
    ]);
    expect([...state.policies.values()].map(({ isStaged }) => isStaged)).to.deep.equal([true, true]);
  });
});

describe('Network sets', () => {
  const rules = [
    { action: 'Allow', source: { selector: 'kind == "office"' } },
    { action: 'Allow', source: { selector: 'kind == "office"', namespaceSelector: 'stage == "prod"' } },
    { action: 'Allow', source: { selector: 'kind == "office"', namespaceSelector: 'global()' } },
  ];
  const set = (name: string, net: string, own: object = {}) =>
    calico('NetworkSet', name, { nets: [net] }, { kind: 'office', ...own });
  const global = (name: string, net: string) => ({ ...set(name, net), kind: 'GlobalNetworkSet' });

  it('are picked by their labels, in the scope of the rule', () => {
    const state = computeState([
      namespace('other', { stage: 'prod' }),
      pod('a', '10.0.0.1'),
      inNamespace(NAMESPACE, set('own', '192.0.2.0/25')),
      inNamespace('other', set('others', '198.51.100.0/24')),
      global('global', '203.0.113.0/24'),
      calicoPolicy('default.p', { ingress: rules }),
    ]);
    const policy = policyOf(state, 'CalicoNetworkPolicy', 'default.p', NAMESPACE);
    expect(policy?.ingress.map(({ source }) => membersOf(state, source))).to.deep.equal([
      ['192.0.2.0/25'],
      ['198.51.100.0/24'],
      ['203.0.113.0/24'],
    ]);
  });

  it('are no pods, whatever their labels say', () => {
    const forged = {
      'projectcalico.org/orchestrator': 'k8s',
      'pcns.stage': 'prod',
    };
    const state = computeState([
      pod('a', '10.0.0.1'),
      inNamespace('other', set('forged', '192.0.2.0/24', forged)),
      networkPolicy('p', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: {} }] }] }),
    ]);
    expect(allMembers(state)).to.deep.equal(['10.0.0.1/32', '10.0.0.1/32']);
  });

  it('change by what was added and taken away', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    const nets = (...list: readonly string[]) => calico('GlobalNetworkSet', 's', { nets: list }, { kind: 'office' });
    graph.apply(
      [
        pod('a', '10.0.0.1'),
        nets('192.0.2.0/24', '198.51.100.0/24'),
        globalPolicy('default.p', { ingress: [rules[0]] }),
      ].map(putManifest),
    );
    const [change, ...others] = graph.apply([putManifest(nets('198.51.100.0/24', '203.0.113.0/24'))]);
    expect(change).to.deep.include({ op: 'members', added: ['203.0.113.0/24'], removed: ['192.0.2.0/24'] });
    expect(others).to.deep.equal([]);
  });
});

describe('Profiles and service accounts', () => {
  it('give rules and labels to the endpoints that name them', () => {
    const state = computeState([
      hostEndpoint('h', {
        node: 'n1',
        interfaceName: 'eth0',
        profiles: ['mine', 'unknown', 'projectcalico-default-allow'],
      }),
      calico('Profile', 'mine', {
        ingress: [{ action: 'Allow', source: { nets: ['10.0.0.0/8'] } }],
        labelsToApply: { zone: 'dmz' },
      }),
      globalPolicy('default.p', { selector: 'zone == "dmz"' }),
    ]);
    const [endpoint] = state.hostEndpoints.values();
    expect(endpoint?.tiers).to.have.length(1);
    const rulesOf = (name: string) => state.profiles.get(profileKey(name))?.ingress.map(({ source }) => source.nets);
    expect(rulesOf('mine')).to.deep.equal([['10.0.0.0/8']]);
    expect(rulesOf('unknown')).to.deep.equal([]);
    expect(rulesOf('projectcalico-default-allow')).to.deep.equal([[]]);
  });

  it('do not replace what follows from a namespace', () => {
    const state = computeState([
      pod('a', '10.0.0.1'),
      calico('Profile', 'kns.ns', { ingress: [], labelsToApply: { 'pcns.stage': 'prod' } }),
    ]);
    expect(state.profiles.get(profileKey('kns.ns'))?.ingress).to.have.length(1);
  });

  it('select pods by the name and labels of their service account, as long as it is there', () => {
    const account = inNamespace(NAMESPACE, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', ...{ labels: { role: 'ci' } } },
    });
    const graph = new ComputeGraph({ nodeName: 'n1' });
    const policy = globalPolicy('default.p', {
      ingress: [
        { action: 'Allow', source: { serviceAccounts: { names: ['robot'] } } },
        { action: 'Allow', source: { serviceAccounts: { selector: 'role == "ci"' } } },
      ],
    });
    const manifests = [pod('a', '10.0.0.1', { serviceAccountName: 'robot' }), pod('b', '10.0.0.2'), policy];
    expect(allMembers(computeState([...manifests, account]))).to.deep.equal(['10.0.0.1/32', '10.0.0.1/32']);
    graph.apply([...manifests, account].map(putManifest));
    const changes = graph.apply([removeManifest('ServiceAccount', 'robot')]);
    expect(changes.map((change) => change.op === 'members' && change.removed)).to.deep.equal([['10.0.0.1/32']]);
  });
});

describe('Services in rules', () => {
  const slice = (name: string, addresses: readonly string[], serviceName = 's'): Manifest => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: NAMESPACE, ...{ labels: { 'kubernetes.io/service-name': serviceName } } },
    addressType: 'IPv4',
    ports: [{ name: 'web', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: false } })),
  });
  const policy = calicoPolicy('default.p', {
    types: ['Ingress', 'Egress'],
    ingress: [{ action: 'Allow', source: { services: { name: 's' } } }],
    egress: [{ action: 'Allow', destination: { services: { name: 's' } } }],
  });

  it('mean its endpoints’ addresses as source, with their ports as destination, ready or not', () => {
    const state = computeState([pod('a', '10.0.0.1'), policy, slice('x', ['10.0.0.7'])]);
    const rules = policyOf(state, 'CalicoNetworkPolicy', 'default.p', NAMESPACE);
    expect(rules?.ingress.map(({ source }) => membersOf(state, source))).to.deep.equal([['10.0.0.7/32']]);
    expect(rules?.egress.map(({ destination }) => membersOf(state, destination))).to.deep.equal([
      ['10.0.0.7,tcp:8080'],
    ]);
  });

  it('follow slices that change, move to another service and go', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    const store = new DesiredStateStore();
    const membersAfter = (change: ResourceChange) => {
      store.apply({ scope: 'delta', changes: graph.apply([change]) });
      return allMembers(store).filter((member) => member.endsWith('/32'));
    };
    store.apply({ scope: 'full', changes: graph.apply([pod('a', '10.0.0.1'), policy].map(putManifest)) });
    expect(membersAfter(putManifest(slice('x', ['10.0.0.7', '10.0.0.8'])))).to.deep.equal([
      '10.0.0.7/32',
      '10.0.0.8/32',
    ]);
    expect(membersAfter(putManifest(slice('y', ['10.0.0.8'])))).to.deep.equal(['10.0.0.7/32', '10.0.0.8/32']);
    expect(membersAfter(putManifest(slice('x', ['10.0.0.9'])))).to.deep.equal(['10.0.0.8/32', '10.0.0.9/32']);
    expect(membersAfter(putManifest(slice('x', ['10.0.0.9'], 'other')))).to.deep.equal(['10.0.0.8/32']);
    expect(membersAfter(removeManifest('EndpointSlice', 'y'))).to.deep.equal([]);
  });
});

describe('Rules that ask for an HTTP request', () => {
  it('allow nothing, for no dataplane can tell whether they hold', () => {
    const state = computeState([
      pod('a', '10.0.0.1'),
      globalPolicy('default.p', {
        ingress: [{ action: 'Allow', protocol: 'TCP', http: { methods: ['GET'] } }, { action: 'Deny' }],
      }),
    ]);
    const rules = policyOf(state, 'GlobalNetworkPolicy', 'default.p')?.ingress ?? [];
    expect(rules.map(({ action, origin }) => `${action} ${origin.field}`)).to.deep.equal(['deny spec.ingress[1]']);
  });
});

describe('Policies of a tier that does not exist', () => {
  it('are told as problems until the tier comes', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([putManifest(globalPolicy('missing.p', { tier: 'missing' }))]);
    const told = graph.problems.map(({ error, object, field }) => [
      error.code,
      object && formatObjectRef(object),
      field,
    ]);
    expect(told).to.deep.equal([['PP_TIER_MISSING', 'GlobalNetworkPolicy missing.p', 'spec.tier']]);
    graph.apply([putManifest(tier('missing', 5))]);
    expect(graph.problems).to.deep.equal([]);
  });
});
