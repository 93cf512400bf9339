import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import type { Resource } from '../resources/resource';
import { clusterFeatures } from './cluster-features';
import { ClusterIndex } from './cluster-index';
import { diagnose } from './diagnose';
import type { Limit } from './limit';

const NO_SLICES: Limit = {
  code: 'PP_LIMIT_TEST_SLICES',
  feature: 'endpointSlices',
  support: 'degraded',
  effect: 'degraded',
  message: 'Slices are not read.',
  remedy: 'none',
  source: 'test',
};

const slice = (
  labels: object = { 'kubernetes.io/service-name': 'web' },
  endpoints: readonly object[] = ONE,
): Resource =>
  parseResource({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'shop', labels },
    addressType: 'IPv4',
    endpoints,
    ports: [{ port: 80 }],
  });
const ONE = [{ addresses: ['10.0.0.1'] }];
const endpoints = (namespace = 'shop', annotations: object = {}): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace, annotations },
    subsets: [
      { addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ port: 80 }] },
      { addresses: [{ ip: '10.0.0.3' }], ports: [{ port: 81 }] },
    ],
  });
const service = (clusterIP: string): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP, ports: [{ port: 80 }] },
  });

/** Severity, effect and message of what a dataplane without slices loses by the one in the cluster. */
function lossIn(...resources: readonly Resource[]): string {
  const [use] = clusterFeatures(new ClusterIndex(resources)).filter(({ feature }) => feature === 'endpointSlices');
  if (use === undefined) return 'no use';
  const { severity, effect, message, field } = diagnose(NO_SLICES, use);
  expect(field).to.equal('kind');
  return `${severity} ${effect}: ${message}`;
}

const LOST = 'warning degraded: Slices are not read.';
const HELD =
  'info none: Slices are not read. Nothing is lost here: the Endpoints object is there, with the same addresses.';

describe('an EndpointSlice that a dataplane does not read', () => {
  it('is a loss where its service has no Endpoints object', () => {
    expect(lossIn(slice())).to.equal(LOST);
    expect(lossIn(slice(), service('10.96.0.1'))).to.equal(LOST);
    expect(lossIn(slice(), endpoints('other'))).to.equal(LOST);
  });

  it('is none where the Endpoints object has the addresses that are ready', () => {
    expect(lossIn(slice(), endpoints())).to.equal(HELD);
    expect(lossIn(endpoints(), slice(undefined, [...ONE, { addresses: ['10.0.0.3', '10.9.9.9'] }]))).to.equal(HELD);
    expect(lossIn(slice(undefined, [{ addresses: ['10.0.0.4'], conditions: { ready: false } }]), endpoints())).to.equal(
      HELD,
    );
  });

  it('is a loss where the Endpoints object lacks one of them, or was cut off', () => {
    expect(lossIn(slice(undefined, [{ addresses: ['10.0.0.2'] }]), endpoints())).to.equal(LOST);
    const cutOff = endpoints('shop', { 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(lossIn(slice(), cutOff)).to.equal(LOST);
  });

  it('is none where nobody would read it, or where it came from an Endpoints object', () => {
    expect(lossIn(slice({}))).to.match(/^info none: .* the slice belongs to no service\.$/);
    expect(lossIn(slice(), service('None'))).to.match(/^info none: .* the service is headless/);
    const mirrored = slice({
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    });
    expect(lossIn(mirrored)).to.match(/^info none: .* the slice mirrors Endpoints\.$/);
  });
});
