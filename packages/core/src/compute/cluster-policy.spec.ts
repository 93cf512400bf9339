import { expect } from 'chai';
import {
  calico,
  computeState,
  globalPolicy,
  inNamespace,
  listening,
  type Manifest,
  membersOf,
  namespace,
  networkPolicy,
  node,
  pod,
  policyOf,
} from '../testing/manifests';

describe('Cluster-wide policies', () => {
  it('stand in tiers around the namespaces’ own policies, and pass on what they do not decide', () => {
    const state = computeState([
      namespace('ns', { team: 'a' }),
      pod('p', '10.0.0.1'),
      calico('Tier', 'early', { order: 10, defaultAction: 'Deny' }),
      globalPolicy('early.p', { tier: 'early' }),
      adminPolicy('anp', {}),
      clusterPolicy('admin', { tier: 'Admin' }),
      clusterPolicy('baseline', { tier: 'Baseline' }),
      baselinePolicy({}),
      networkPolicy('np', { podSelector: {} }),
    ]);
    const [workload] = state.workloads.values();
    expect(workload?.tiers.map(({ name, defaultAction }) => `${name} ${defaultAction}`)).to.deep.equal([
      'early deny',
      'adminnetworkpolicy pass',
      'kube-admin pass',
      'default deny',
      'baselineadminnetworkpolicy pass',
      'kube-baseline pass',
    ]);
  });

  it('are ordered by priority, then name', () => {
    const state = computeState([
      pod('p', '10.0.0.1'),
      adminPolicy('b', { priority: 5 }),
      adminPolicy('a', { priority: 5 }),
      adminPolicy('z', { priority: 1 }),
    ]);
    const [workload] = state.workloads.values();
    expect(workload?.tiers[0]?.ingress.map((key) => key.slice(-1))).to.deep.equal(['z', 'a', 'b']);
    expect(workload?.tiers[0]?.egress).to.deep.equal([]);
  });

  it('select their subject by the labels of namespaces, and of pods', () => {
    const manifests = [
      namespace('ns', { team: 'a' }),
      pod('web', '10.0.0.1', {}, {}, { app: 'web' }),
      pod('db', '10.0.0.2'),
    ];
    const selecting = (subject: object) =>
      [...computeState([...manifests, adminPolicy('p', { subject })]).workloads.values()]
        .filter(({ tiers }) => tiers.length > 0)
        .map(({ name }) => name);
    const team = { matchLabels: { team: 'a' } };
    expect(selecting({ namespaces: team })).to.deep.equal(['web', 'db']);
    expect(
      selecting({ pods: { namespaceSelector: team, podSelector: { matchLabels: { app: 'web' } } } }),
    ).to.deep.equal(['web']);
    expect(selecting({ namespaces: { matchLabels: { team: 'b' } } })).to.deep.equal([]);
  });

  it('take pods, nodes and networks as peers, a rule each, with the peer’s field', () => {
    const state = computeState([
      node('n1', '192.168.0.1', {}, { role: 'worker' }),
      node('n2', '192.168.0.2', {}, { role: 'control' }),
      namespace('ns', { team: 'a' }),
      pod('p', '10.0.0.1'),
      inNamespace('other', pod('q', '10.0.0.2')),
      adminPolicy('p', {
        ingress: [],
        egress: [
          {
            action: 'Deny',
            to: [
              { namespaces: { matchLabels: { team: 'a' } } },
              { nodes: { matchLabels: { role: 'control' } } },
              { networks: ['192.0.2.0/24'] },
            ],
          },
        ],
      }),
    ]);
    const rules = policyOf(state, 'AdminNetworkPolicy', 'p')?.egress ?? [];
    expect(rules.map(({ action, origin }) => `${action} ${origin.field}`)).to.deep.equal([
      'deny spec.egress[0].to[0]',
      'deny spec.egress[0].to[1]',
      'deny spec.egress[0].to[2]',
    ]);
    expect(rules.map(({ destination }) => membersOf(state, destination))).to.deep.equal([
      ['10.0.0.1/32'],
      ['192.168.0.2/32'],
      [],
    ]);
    expect(rules[2]?.destination.nets).to.deep.equal(['192.0.2.0/24']);
  });

  it('do not let selectors of pods pick nodes', () => {
    const state = computeState([
      node('n2', '192.168.0.2', {}, { app: 'web' }),
      pod('p', '10.0.0.1'),
      globalPolicy('default.p', { ingress: [{ action: 'Allow', source: { selector: 'app == "web"' } }] }),
    ]);
    const [rule] = policyOf(state, 'GlobalNetworkPolicy', 'default.p')?.ingress ?? [];
    expect(rule && membersOf(state, rule.source)).to.deep.equal([]);
  });

  it('make one rule a protocol, and look a named port up in all of them', () => {
    const state = computeState([
      pod('p', '10.0.0.1', listening(8080)),
      adminPolicy('p', {
        ingress: [
          {
            action: 'Allow',
            from: [{ namespaces: {} }],
            ports: [
              { portNumber: { protocol: 'TCP', port: 80 } },
              { portRange: { protocol: 'UDP', start: 100, end: 110 } },
              { namedPort: 'http' },
            ],
          },
        ],
      }),
    ]);
    const rules = policyOf(state, 'AdminNetworkPolicy', 'p')?.ingress ?? [];
    const named = rules.map(({ destination }) =>
      destination.namedPorts.flatMap((key) => [...(state.ipSets.get(key)?.members ?? [])]),
    );
    expect(rules.map(({ protocol, destination }) => [protocol, destination.ports])).to.deep.equal([
      [6, [{ first: 80, last: 80 }]],
      [17, [{ first: 100, last: 110 }]],
      [132, []],
    ]);
    expect(named).to.deep.equal([['10.0.0.1,tcp:8080'], [], []]);
  });

  it('allow nothing for domain names, which no packet carries', () => {
    const state = computeState([
      pod('p', '10.0.0.1'),
      clusterPolicy('p', {
        tier: 'Admin',
        ingress: [],
        egress: [{ action: 'Accept', to: [{ domainNames: ['example.com'] }, { networks: ['192.0.2.0/24'] }] }],
      }),
    ]);
    const rules = policyOf(state, 'ClusterNetworkPolicy', 'p')?.egress ?? [];
    expect(rules.map(({ origin }) => origin.field)).to.deep.equal(['spec.egress[0].to[1]']);
  });
});

const DENY_ALL = [{ action: 'Deny', from: [{ namespaces: {} }] }];

function adminPolicy(name: string, spec: object): Manifest {
  const full = { priority: 1, subject: { namespaces: {} }, ingress: DENY_ALL, ...spec };
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name },
    spec: full,
  };
}

function baselinePolicy(spec: object): Manifest {
  const full = { subject: { namespaces: {} }, ingress: DENY_ALL, ...spec };
  const kind = 'BaselineAdminNetworkPolicy';
  return { apiVersion: 'policy.networking.k8s.io/v1alpha1', kind, metadata: { name: 'default' }, spec: full };
}

function clusterPolicy(name: string, spec: object): Manifest {
  const full = { priority: 1, subject: { namespaces: {} }, ingress: DENY_ALL, ...spec };
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec: full,
  };
}
