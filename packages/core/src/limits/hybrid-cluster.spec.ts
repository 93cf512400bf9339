import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { STANDARD_BEHAVIOURS } from '../simulator';
import { formatObjectRef } from '../state';
import { endpointSliceResource, nodeResource, podResource, serviceResource } from '../testing';
import { type CheckedBackend, checkCluster, checkNodes } from './check';
import type { Feature } from './feature';
import type { Limit } from './limit';

const limitOf = (feature: Feature): Limit => ({
  code: `PP_LIMIT_TEST_${feature}`,
  feature,
  support: 'unsupported',
  effect: 'degraded',
  message: `No ${feature}.`,
  remedy: 'none',
  source: 'test',
});
/** Forwards no node-port traffic to others, and runs on x86-64 only. */
const ALONE: CheckedBackend = {
  name: 'alone',
  limits: [limitOf('hybridCluster'), limitOf('architectureArm64'), limitOf('ipv6')],
  behaviours: STANDARD_BEHAVIOURS,
};
const SOCIAL: CheckedBackend = { name: 'social', limits: [], behaviours: STANDARD_BEHAVIOURS };

const NODE_PORT = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
const CLUSTER = [
  nodeResource('n1', '192.168.0.1'),
  nodeResource('n2', '192.168.0.2'),
  nodeResource('n3', '192.168.0.3', { 'kubernetes.io/arch': 'arm64' }),
  podResource('shop/web', { node: 'n3', addresses: ['10.0.3.1', 'fd00::1'] }),
  serviceResource('shop/web', { clusterIp: '10.96.0.1', port: 80, spec: NODE_PORT }),
  endpointSliceResource('shop/web', { addresses: ['10.0.3.1'], port: 8080, node: 'n3' }),
  serviceResource('shop/inner', { clusterIp: '10.96.0.2', port: 80 }),
  endpointSliceResource('shop/inner', { addresses: ['10.0.3.1'], port: 8080, node: 'n3' }),
];

function check(nodes: Readonly<Record<string, string>>, backends = [ALONE, SOCIAL]): readonly string[] {
  const report = checkCluster({ resources: CLUSTER, backends, nodes: new Map(Object.entries(nodes)) });
  return report.backends.flatMap(({ name, findings }) =>
    findings.map(({ object, message }) => `${name}: ${formatObjectRef(object)}: ${message}`),
  );
}

describe('nodes of different backends in one cluster', () => {
  it('are named to the backend that does not forward to them, with what is dropped from which nodes', () => {
    expect(check({ n1: 'alone', n2: 'alone', n3: 'social' })).to.deep.equal([
      'alone: Node n3: No hybridCluster. Dropped: what n1, n2 forward to endpoints on n3 of Service shop/web (30080/TCP).',
    ]);
  });

  it('are named also where nothing is dropped yet', () => {
    expect(check({ n1: 'social', n3: 'social', n2: 'alone' })).to.deep.equal([
      'alone: Node n1: No hybridCluster.',
      'alone: Node n3: No hybridCluster. Dropped: what n2 forwards to endpoints on n3 of Service shop/web (30080/TCP).',
    ]);
  });

  it('are none of a backend that no node runs', () => {
    expect(check({ n1: 'social', n2: 'social', n3: 'social' })).to.deep.equal([]);
  });

  it('ask of a backend only what its own nodes and their pods need', () => {
    const own = ['alone: Node n3: No architectureArm64.', 'alone: Pod shop/web: No ipv6.'];
    expect(check({ n3: 'alone' })).to.deep.equal(own);
    expect(check({})).to.deep.equal(own);
    expect(check({ n1: 'alone', n3: 'social' })).to.have.length(1);
  });

  it('are judged pair by pair, by themselves', () => {
    const nodes = new Map([
      ['n1', 'alone'],
      ['n2', 'social'],
      ['n3', 'alone'],
    ]);
    const report = checkNodes({ resources: CLUSTER, backends: [ALONE, SOCIAL], nodes });
    expect(
      report.map(({ name, verdict, findings }) => [name, verdict, findings.map(({ object }) => object.name)]),
    ).to.deep.equal([
      ['alone', 'unsupported', ['n2']],
      ['social', 'supported', []],
    ]);
  });

  it('may be nodes that no Node object tells of', () => {
    const [finding] = checkNodes({
      resources: [],
      backends: [ALONE, SOCIAL],
      nodes: new Map([
        ['a', 'alone'],
        ['b', 'social'],
      ]),
    }).flatMap(({ findings }) => findings);
    expect(finding?.object).to.deep.equal({ apiVersion: 'v1', kind: 'Node', name: 'b' });
  });

  it('are a Windows machine, too, whatever anyone says of the others', () => {
    const windows = parseResource({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'w' },
      status: { nodeInfo: { operatingSystem: 'windows' } },
    });
    const [report] = checkCluster({ resources: [windows], backends: [ALONE] }).backends;
    expect(report?.findings.map(({ object, message }) => `${object.name} ${message}`)).to.deep.equal([
      'w No hybridCluster.',
    ]);
  });
});
