import { expect } from 'chai';
import fc from 'fast-check';
import { parseIpAddress, type ServicePort, TCP, UDP } from '../state';
import { buildFrontend, buildService, buildServiceEndpoint, buildWorkload, stateOf } from '../testing';
import { placesWithStaleFlows, servedPlaces, staleServiceFlows, type TrackedFlow } from './service-flows';

const ip = parseIpAddress;
const NODE = ip('172.18.0.2');
const LOCAL = new Set([NODE, ip('127.0.0.1')]);
const FRONTENDS = [buildFrontend('clusterIp', 53, '10.96.0.10'), buildFrontend('nodePort', 30053)];
const A = buildServiceEndpoint('10.0.0.2', 5353, true);
const B = buildServiceEndpoint('10.0.0.3', 5353, true);
const A_MOVED = buildServiceEndpoint('10.0.0.2', 5454, true);

type Endpoint = typeof A;

const dns = (endpoints: readonly Endpoint[], more: Partial<ServicePort> = {}) =>
  buildService('dns', FRONTENDS, endpoints, { protocol: UDP, ...more });

function flow(destination: string, destinationPort: number, answeredBy: string, answeredPort: number): TrackedFlow {
  return { family: 4, destination: ip(destination), destinationPort, answeredBy: ip(answeredBy), answeredPort };
}

const TO_A = flow('10.96.0.10', 53, '10.0.0.2', 5353);
const TO_B = flow('10.96.0.10', 53, '10.0.0.3', 5353);
const NODE_TO_A = flow(NODE, 30053, '10.0.0.2', 5353);
const NOWHERE = flow('10.96.0.10', 53, '10.96.0.10', 53);
const NODE_NOWHERE = flow(NODE, 30053, NODE, 30053);
const FLOWS = [TO_A, TO_B, NODE_TO_A, NOWHERE, NODE_NOWHERE];

const staleOnTheWay = (before: readonly ServicePort[], after: readonly ServicePort[], flows = FLOWS) =>
  staleServiceFlows(flows, placesWithStaleFlows(stateOf(...before), stateOf(...after)), LOCAL);
const staleIn = (services: readonly ServicePort[], flows: readonly TrackedFlow[] = FLOWS) =>
  staleServiceFlows(flows, servedPlaces(stateOf(...services)), LOCAL);

describe('UDP flows on the way from one state to another', () => {
  it('are left behind by an endpoint that went, at every frontend', () => {
    expect(staleOnTheWay([dns([A, B])], [dns([B])], [TO_A, TO_B, NODE_TO_A])).to.deep.equal([TO_A, NODE_TO_A]);
    expect(staleOnTheWay([dns([A])], [dns([])], [TO_A, NODE_TO_A])).to.deep.equal([TO_A, NODE_TO_A]);
    expect(staleOnTheWay([dns([A])], [], [TO_A, NODE_TO_A, NOWHERE])).to.deep.equal([TO_A, NODE_TO_A]);
  });

  it('are left behind by a port that the same address serves no more', () => {
    expect(staleOnTheWay([dns([A])], [dns([A_MOVED])], [TO_A, NODE_TO_A])).to.deep.equal([TO_A, NODE_TO_A]);
  });

  it('are left behind by the first endpoint, if they met none', () => {
    expect(staleOnTheWay([dns([])], [dns([A])], [NOWHERE, NODE_NOWHERE])).to.deep.equal([NOWHERE, NODE_NOWHERE]);
    expect(staleOnTheWay([], [dns([A])], [NOWHERE, NODE_NOWHERE])).to.deep.equal([NOWHERE, NODE_NOWHERE]);
  });

  it('stay with an endpoint that serves, whatever takes it from new ones', () => {
    const leaving = dns([B], { otherServingEndpoints: [A] });
    expect(staleOnTheWay([dns([A, B])], [leaving], [TO_A, TO_B, NODE_TO_A])).to.deep.equal([]);
    expect(staleOnTheWay([leaving], [dns([B])], [TO_A, TO_B])).to.deep.equal([TO_A]);
  });

  it('stay where the service or its port gets another name', () => {
    const renamed = buildService('other', FRONTENDS, [A], { protocol: UDP });
    expect(staleOnTheWay([dns([A])], [renamed], [TO_A, NODE_TO_A])).to.deep.equal([]);
    expect(staleOnTheWay([dns([A])], [buildService('other', FRONTENDS, [B], { protocol: UDP })], [TO_A])).to.deep.equal(
      [TO_A],
    );
  });

  it('are not even looked at when endpoints are added to others, nothing changes, or the protocol is TCP', () => {
    const places = (before: ServicePort, after: ServicePort) => [
      ...placesWithStaleFlows(stateOf(before), stateOf(after)),
    ];
    const same = dns([A]);
    expect(places(dns([A]), dns([A, B]))).to.deep.equal([]);
    expect(places(same, same)).to.deep.equal([]);
    expect(places(dns([A], { protocol: TCP }), dns([B], { protocol: TCP }))).to.deep.equal([]);
  });
});

describe('UDP flows that were there before any state', () => {
  it('are stale where the services would not have sent them', () => {
    expect(staleIn([dns([A])])).to.deep.equal([TO_B, NOWHERE, NODE_NOWHERE]);
    expect(staleIn([dns([])])).to.deep.equal([TO_A, TO_B, NODE_TO_A]);
    expect(staleIn([])).to.deep.equal([]);
  });

  it('are no concern of a node port where they pass on to another machine', () => {
    const passing = [flow('172.18.0.3', 30053, '172.18.0.3', 30053), flow('172.18.0.3', 30053, '10.0.0.9', 99)];
    expect(staleIn([dns([A])], passing)).to.deep.equal([]);
  });

  it('are right that no one translates, because the endpoint is where the client dials', () => {
    const own = buildServiceEndpoint(NODE, 30053, true);
    expect(staleIn([dns([own])], [NODE_NOWHERE])).to.deep.equal([]);
  });

  it('are no concern of a service whose address floats to a workload', () => {
    const floatingAddresses = [{ address: ip('10.96.0.10'), target: ip('10.0.0.9') }];
    const state = stateOf(dns([A]), buildWorkload('w', '10.0.0.9', { floatingAddresses }));
    expect(staleServiceFlows([TO_B], servedPlaces(state), LOCAL)).to.deep.equal([]);
  });

  it('belong to the service with the smallest key where several claim a place', () => {
    const first = buildService('a', FRONTENDS, [A], { protocol: UDP });
    const second = buildService('b', FRONTENDS, [B], { protocol: UDP });
    expect(staleIn([second, first], [TO_A, TO_B])).to.deep.equal([TO_B]);
    expect(staleOnTheWay([first, second], [second], [TO_A])).to.deep.equal([TO_A]);
  });
});

describe('Looking at the change alone', () => {
  const ENDPOINTS = [A, B, A_MOVED, buildServiceEndpoint(NODE, 30053, true)];
  const arbitraryService = (name: string) =>
    fc
      .record({
        frontends: fc.subarray([...FRONTENDS, buildFrontend('externalIp', 53, '192.0.2.1')], { minLength: 1 }),
        endpoints: fc.subarray(ENDPOINTS),
        others: fc.subarray(ENDPOINTS),
        protocol: fc.constantFrom(UDP, UDP, TCP),
      })
      .map(({ frontends, endpoints, others, protocol }) =>
        buildService(name, frontends, endpoints, {
          protocol,
          otherServingEndpoints: others.filter((endpoint) => !endpoints.includes(endpoint)),
        }),
      );
  const arbitraryServices = fc
    .tuple(...['a', 'b', 'c'].map((name) => fc.option(arbitraryService(name), { nil: undefined })))
    .map((services) => services.flatMap((service) => service ?? []));
  const flows = ['10.96.0.10', '192.0.2.1', NODE, '172.18.0.3'].flatMap((destination) =>
    [53, 30053].flatMap((port) =>
      [...ENDPOINTS, { address: ip(destination), port }].map((by) => flow(destination, port, by.address, by.port)),
    ),
  );

  it('finds, of the flows that were right before, those that are not any more', () => {
    fc.assert(
      fc.property(arbitraryServices, arbitraryServices, (before, after) => {
        const known = servedPlaces(stateOf(...before));
        const wrongBefore = new Set(staleIn(before, flows));
        const right = flows.filter((one) => !wrongBefore.has(one));
        const found = new Set(staleOnTheWay(before, after, right));
        for (const one of staleIn(after, right)) expect(found).to.include(one);
        // Beyond those, only flows to places that are no service's any more.
        const wrongAfter = new Set(staleIn(after, right));
        for (const one of found) {
          if (wrongAfter.has(one)) continue;
          expect(staleServiceFlows([one], servedPlaces(stateOf(...after)), LOCAL)).to.deep.equal([]);
          expect(known.size).to.be.greaterThan(0);
          expect(one.answeredBy !== one.destination || one.answeredPort !== one.destinationPort).to.equal(true);
        }
      }),
    );
  });
});
