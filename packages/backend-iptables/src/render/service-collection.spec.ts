import { expect } from 'chai';
import fc from 'fast-check';
import { SCTP, type ServicePort, TCP, UDP } from '@polyplane/core/backend';
import { buildFrontend, buildService, buildServiceEndpoint, buildSettings, nets } from '@polyplane/core/testing';
import { DEFAULT_MARK_MASK, marksOf } from './marks';
import { ServiceCollection, serviceSet } from './service-collection';
import { renderServicePort } from './service-port';

describe('ServiceCollection', () => {
  it('is after any changes what it is with the last services alone', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(arbitraryService, arbitraryName), { maxLength: 30 }), (steps) => {
        const collection = new ServiceCollection(4);
        const last = new Map<string, ServicePort>();
        for (const step of steps) {
          const { key } = typeof step === 'string' ? buildService(step, [], []) : step;
          if (typeof step === 'string') {
            collection.remove(key);
            last.delete(key);
          } else {
            put(collection, step);
            last.set(key, step);
          }
        }
        const alone = new ServiceCollection(4);
        for (const service of last.values()) put(alone, service);
        expect(contentOf(collection)).to.deep.equal(contentOf(alone));
      }),
    );
  });

  it('keeps its entries when a service’s endpoints change', () => {
    const collection = new ServiceCollection(4);
    const frontends = [buildFrontend('clusterIp', 80, '10.96.0.1')];
    put(collection, buildService('s', frontends, [buildServiceEndpoint('10.0.0.2', 80, true)]));
    const version = collection.entriesVersion;
    put(collection, buildService('s', frontends, [buildServiceEndpoint('10.0.0.3', 80, true)]));
    expect(collection.entriesVersion).to.equal(version);
    put(collection, buildService('s', frontends, []));
    expect(collection.entriesVersion).to.not.equal(version);
  });
});

function put(collection: ServiceCollection, service: ServicePort): void {
  const marks = marksOf(DEFAULT_MARK_MASK);
  if (marks === undefined) throw new Error('the default mask has too few bits');
  collection.put(service, renderServicePort(service, buildSettings(), marks, serviceSet('admitted', 4)));
}

function contentOf(collection: ServiceCollection): unknown {
  const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);
  return {
    chains: [...collection.chains].sort(),
    addresses: [...collection.entries('address')].sort(byKey),
    nodePorts: [...collection.entries('nodePort')].sort(byKey),
    sets: collection.sets().map(({ name, members }) => [name, [...members].sort()]),
  };
}

const arbitraryName = fc.constantFrom('a', 'b', 'c');
const arbitraryFrontend = fc.constantFrom(
  buildFrontend('clusterIp', 80, '10.96.0.1'),
  buildFrontend('externalIp', 80, '10.96.0.1', { trafficPolicy: 'local' }),
  buildFrontend('loadBalancerIp', 80, '10.96.0.2', { sourceRanges: nets('10.0.0.0/8', '0.0.0.0/0') }),
  buildFrontend('nodePort', 30080),
);
const arbitraryService = fc
  .record({
    name: arbitraryName,
    frontends: fc.array(arbitraryFrontend, { maxLength: 3 }),
    endpoints: fc.subarray([buildServiceEndpoint('10.0.0.2', 80, true), buildServiceEndpoint('10.0.1.2', 80, false)]),
    protocol: fc.constantFrom(TCP, UDP, SCTP),
  })
  .map(({ name, frontends, endpoints, protocol }) => buildService(name, frontends, endpoints, { protocol }));
