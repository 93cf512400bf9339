import { expect } from 'chai';
import { ComputeGraph } from '../compute';
import { parseResource } from '../resources/parse';
import { keyOfResource, type Resource } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { formatObjectRef } from '../state';
import { nodeResource, podResource } from '../testing';
import { FEATURES, type Feature } from './feature';
import { Gate } from './gate';
import type { Limit } from './limit';

const limitOf = (feature: Feature): Limit => ({
  code: `PP_LIMIT_TEST_${feature}`,
  feature,
  support: 'unsupported',
  effect: 'warn',
  message: 'none',
  remedy: 'none',
  source: 'test',
});
const EVERYTHING = FEATURES.map(limitOf);
const LOCAL = [
  nodeResource('node-1', '192.168.0.1'),
  podResource('shop/web', { node: 'node-1', addresses: ['10.0.0.1'], labels: { app: 'web' } }),
];

const put = (resource: Resource): ResourceChange => ({ op: 'put', resource });

/** What a gate says of the batches' objects, on node-1. */
function diagnose(...batches: readonly (readonly ResourceChange[])[]): readonly string[] {
  const graph = new ComputeGraph({ nodeName: 'node-1' });
  const gate = new Gate(EVERYTHING);
  for (const batch of [LOCAL.map(put), ...batches]) {
    for (const change of batch) gate.readResource(change);
    gate.apply(graph.apply(batch));
  }
  return gate.diagnostics.map(({ feature, object, field }) => `${feature} ${formatObjectRef(object)} ${field}`).sort();
}

function networkPolicy(rules: readonly object[]): Resource {
  return parseResource({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: rules },
  });
}

const SCTP_RULE = {
  from: [{ podSelector: {} }],
  ports: [
    { protocol: 'TCP', port: 80 },
    { protocol: 'SCTP', port: 81 },
  ],
};

const withoutForward = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !line.startsWith('applyOnForwardPolicy'));

describe('the fields behind what a node needs', () => {
  it('are those of the very port of a rule, whatever peers it has', () => {
    const policy = networkPolicy([{}, SCTP_RULE]);
    expect(withoutForward(diagnose([put(policy)]))).to.deep.equal([
      'sctpPolicy NetworkPolicy shop/p spec.ingress[1].ports[1].protocol',
    ]);
  });

  it('are those of the very peer', () => {
    const policy = networkPolicy([{ from: [{ podSelector: {} }, { ipBlock: { cidr: 'fd00::/8' } }] }]);
    expect(withoutForward(diagnose([put(policy)]))).to.deep.equal([
      'ipv6 NetworkPolicy shop/p spec.ingress[0].from[1].ipBlock.cidr',
    ]);
  });

  it('are those of each address of a pod, and of a service', () => {
    const dual = podResource('shop/dual', { node: 'node-1', addresses: ['10.0.0.2', 'fd00::2'] });
    const service = parseResource({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'shop' },
      spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00:96::1'], ports: [{ port: 80 }] },
    });
    expect(diagnose([put(dual), put(service)])).to.deep.equal([
      'ipv6 Pod shop/dual status.podIPs[1].ip',
      'ipv6 Service shop/s spec.clusterIPs[1]',
    ]);
  });

  it('move with the rules, and go with the policy', () => {
    const first = networkPolicy([SCTP_RULE]);
    const moved = networkPolicy([{ from: [{ podSelector: {} }] }, SCTP_RULE]);
    expect(withoutForward(diagnose([put(first)], [put(moved)]))).to.deep.equal([
      'sctpPolicy NetworkPolicy shop/p spec.ingress[1].ports[1].protocol',
    ]);
    expect(diagnose([put(first)], [{ op: 'remove', key: keyOfResource(first) }])).to.deep.equal([]);
  });

  it('are none of a policy that selects nothing here', () => {
    const elsewhere = parseResource({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'other' },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [SCTP_RULE] },
    });
    expect(diagnose([put(elsewhere)])).to.deep.equal([]);
  });

  it('are those of the very protocol of a cluster-wide policy, and none of a port that is only named', () => {
    const policy = (ports: readonly object[]): Resource =>
      parseResource({
        apiVersion: 'policy.networking.k8s.io/v1alpha1',
        kind: 'AdminNetworkPolicy',
        metadata: { name: 'p' },
        spec: {
          priority: 1,
          subject: { namespaces: {} },
          ingress: [{ action: 'Deny', from: [{ namespaces: {} }], ports }],
        },
      });
    const sctp = [
      { portNumber: { protocol: 'SCTP', port: 80 } },
      { portRange: { protocol: 'SCTP', start: 1, end: 9 } },
    ];
    expect(withoutForward(diagnose([put(policy([{ namedPort: 'web' }, ...sctp]))]))).to.deep.equal([
      'sctpPolicy AdminNetworkPolicy p spec.ingress[0].ports[1].portNumber.protocol',
      'sctpPolicy AdminNetworkPolicy p spec.ingress[0].ports[2].portRange.protocol',
    ]);
    expect(withoutForward(diagnose([put(policy([{ namedPort: 'web' }]))]))).to.deep.equal([]);
  });

  it('are none of nodes and pools, whose own objects declare what they ask for', () => {
    const pool = parseResource({
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: { name: 'retired' },
      spec: { cidr: 'fd00:1::/64', disabled: true },
    });
    expect(diagnose([put(pool), put(nodeResource('node-1', 'fd00::1'))])).to.deep.equal([]);
  });
});
