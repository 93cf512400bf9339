import { expect } from 'chai';
import { parseIpAddress, TCP, UDP } from '../state';
import { buildFrontend, buildService, buildServiceEndpoint, buildWorkload, stateOf } from '../testing';
import { staleFloatingFlows, staleServiceFlows, staleTrackedFlows } from './stale-flows';

const A = buildServiceEndpoint('10.0.0.2', 53, true);
const B = buildServiceEndpoint('10.0.0.3', 53, true);
const FRONTENDS = [buildFrontend('clusterIp', 53, '10.96.0.10'), buildFrontend('nodePort', 30053)];
const dns = (...endpoints: readonly (typeof A)[]) => buildService('dns', FRONTENDS, endpoints, { protocol: UDP });
const commands = (before: ReturnType<typeof stateOf>, after: ReturnType<typeof stateOf>): readonly string[] =>
  staleServiceFlows(before, after).map((flow) => Object.values(flow).join(' '));

const FLOATING = parseIpAddress('198.51.100.7');
const floating = (name: string, target: string) =>
  buildWorkload(name, target, { floatingAddresses: [{ address: FLOATING, target: parseIpAddress(target) }] });

describe('staleFloatingFlows', () => {
  const filters = (before: ReturnType<typeof stateOf>, after: ReturnType<typeof stateOf>): readonly string[] =>
    staleFloatingFlows(before, after).map((flow) => Object.values(flow).join(' '));
  const web = floating('web', '10.0.0.2');

  it('names flows to the workload that a floating address stood for', () => {
    const toWeb = ['answered 4 198.51.100.7 10.0.0.2'];
    expect(filters(stateOf(web), stateOf())).to.deep.equal(toWeb);
    expect(filters(stateOf(web), stateOf(floating('api', '10.0.0.3')))).to.deep.equal(toWeb);
  });

  it('names flows that nobody translated where a floating address is new, and none where nothing changes', () => {
    expect(filters(stateOf(), stateOf(web))).to.deep.equal(['answered 4 198.51.100.7 198.51.100.7']);
    expect(filters(stateOf(web), stateOf(web))).to.deep.equal([]);
  });
});

describe('staleServiceFlows', () => {
  it('names flows of every frontend to an endpoint that went', () => {
    const expected = ['service 4 53 10.96.0.10 10.0.0.2', 'service 4 30053 10.0.0.2'];
    expect(commands(stateOf(dns(A, B)), stateOf(dns(B)))).to.deep.equal(expected);
    expect(commands(stateOf(dns(A)), stateOf())).to.deep.equal(expected);
  });

  it('names flows that met no endpoint before', () => {
    const expected = ['service 4 53 10.96.0.10', 'service 4 30053'];
    expect(commands(stateOf(dns()), stateOf(dns(A)))).to.deep.equal(expected);
    expect(commands(stateOf(), stateOf(dns(A)))).to.deep.equal(expected);
  });

  it('names none when endpoints are added to others, nothing changes, or the protocol is TCP', () => {
    const tcp = (endpoint: typeof A) => buildService('web', FRONTENDS, [endpoint], { protocol: TCP });
    expect(commands(stateOf(dns(A)), stateOf(dns(A, B)))).to.deep.equal([]);
    expect(commands(stateOf(dns(A)), stateOf(dns(A)))).to.deep.equal([]);
    expect(commands(stateOf(tcp(A)), stateOf(tcp(B)))).to.deep.equal([]);
  });
});

describe('staleTrackedFlows', () => {
  it('names flows to a floating address that another answers', () => {
    const answeredBy = (address: string) => ({
      family: 4 as const,
      destination: FLOATING,
      destinationPort: 53,
      answeredBy: parseIpAddress(address),
    });
    const tracked = ['10.0.0.2', '10.0.0.3', FLOATING].map(answeredBy);
    const flows = staleTrackedFlows(tracked, stateOf(floating('web', '10.0.0.2')));
    expect(flows.map((flow) => Object.values(flow).join(' '))).to.deep.equal([
      'answered 4 198.51.100.7 10.0.0.3',
      'answered 4 198.51.100.7 198.51.100.7',
    ]);
  });

  const ip = parseIpAddress;
  const flow = (destination: string, destinationPort: number, answeredBy: string) =>
    ({ family: 4, destination: ip(destination), destinationPort, answeredBy: ip(answeredBy) }) as const;
  const state = stateOf(dns(B));

  it('names flows that the services would not have sent there', () => {
    const stale = staleTrackedFlows(
      [
        flow('10.96.0.10', 53, '10.0.0.2'),
        flow('10.96.0.10', 53, '10.96.0.10'),
        flow('172.18.0.2', 30053, '10.0.0.2'),
        flow('10.96.0.10', 53, '10.0.0.3'),
        flow('172.18.0.2', 30053, '172.18.0.2'),
        flow('10.9.9.9', 99, '10.0.0.2'),
      ],
      state,
    );
    expect(stale.map((filter) => Object.values(filter).join(' '))).to.deep.equal([
      'service 4 10.96.0.10 53 10.0.0.2',
      'service 4 10.96.0.10 53',
      'service 4 172.18.0.2 30053 10.0.0.2',
    ]);
  });

  it('leaves alone what a service without endpoints never translated', () => {
    expect(staleTrackedFlows([flow('10.96.0.10', 53, '10.96.0.10')], stateOf(dns()))).to.deep.equal([]);
    expect(staleTrackedFlows([flow('10.96.0.10', 53, '10.0.0.2')], stateOf(dns()))).to.have.length(1);
  });
});
