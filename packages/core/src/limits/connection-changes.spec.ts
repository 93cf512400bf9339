import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { nodeResource, podResource } from '../testing';
import { ClusterIndex } from './cluster-index';
import { type ConnectionBackend, connectionChanges } from './connection-changes';
import type { Feature } from './feature';
import type { Limit } from './limit';

const limitOf = (feature: Feature): Limit => ({
  code: `PP_LIMIT_TEST_${feature}`,
  feature,
  support: 'degraded',
  effect: 'none',
  message: `About ${feature}.`,
  remedy: 'none',
  source: 'test',
});
const KERNEL = { packetPath: 'kernel' } as const;
const PLAIN: ConnectionBackend = { name: 'plain', behaviours: KERNEL, limits: [] };
const OTHER: ConnectionBackend = { name: 'other', behaviours: KERNEL, limits: [] };
const PROGRAM: ConnectionBackend = { name: 'program', behaviours: { packetPath: 'userspace' }, limits: [] };
const TELLING: ConnectionBackend = {
  name: 'telling',
  behaviours: KERNEL,
  limits: [limitOf('takeOverOfConnections'), limitOf('undisturbedDisabling')],
};

const hostPod = parseResource({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'proxy', namespace: 'kube-system' },
  spec: { nodeName: 'n4', hostNetwork: true },
  status: { phase: 'Running', podIP: '192.168.0.4' },
});
const CLUSTER = new ClusterIndex([
  nodeResource('n1', '192.168.0.1'),
  nodeResource('n2', '192.168.0.2'),
  podResource('shop/b', { node: 'n3', addresses: ['10.0.3.1'] }),
  podResource('shop/a', { node: 'n1', addresses: ['10.0.1.1'] }),
  podResource('shop/c', { node: 'n1', addresses: ['10.0.1.2'] }),
  hostPod,
]);

function changes(from: ConnectionBackend, to: ConnectionBackend, cluster = CLUSTER): readonly string[] {
  return connectionChanges(cluster, from, to).map(({ code, object }) => `${code} ${object.kind} ${object.name}`);
}

describe('what a change of backend does to connections', () => {
  it('is told once for each node with live pods, in a network of their own', () => {
    expect(changes(PLAIN, OTHER)).to.deep.equal(['PP_CHANGE_CONNECTIONS Node n1', 'PP_CHANGE_CONNECTIONS Node n3']);
  });

  it('is told in the words of the backend that is enabled', () => {
    expect(changes(PLAIN, TELLING)).to.deep.equal([
      'PP_LIMIT_TEST_takeOverOfConnections Node n1',
      'PP_LIMIT_TEST_takeOverOfConnections Node n3',
    ]);
  });

  it('is not that they go on, where the old backend’s program takes their path with it', () => {
    expect(changes(PROGRAM, TELLING)).to.deep.equal(['PP_CHANGE_CONNECTIONS Node n1', 'PP_CHANGE_CONNECTIONS Node n3']);
  });

  it('is told in the words of the backend that is disabled', () => {
    expect(changes(TELLING, PLAIN)).to.deep.equal([
      'PP_LIMIT_TEST_undisturbedDisabling Node n1',
      'PP_LIMIT_TEST_undisturbedDisabling Node n3',
    ]);
  });

  it('is nothing where no pod lives, or no backend changes', () => {
    expect(changes(PLAIN, OTHER, new ClusterIndex([nodeResource('n1', '192.168.0.1'), hostPod]))).to.deep.equal([]);
    expect(changes(TELLING, TELLING)).to.deep.equal([]);
  });
});
