import { expect } from 'chai';
import { ICMP, ICMPV6, type Protocol, parseIpAddress, parsePort, SCTP, TCP, UDP } from '../state';
import { buildIpSet, buildRule, ipSetKey, nets, ports } from '../testing/desired-objects';
import { flowOf } from './flow';
import type { Packet } from './packet';
import { CompiledRule } from './rule-match';
import { SetTable } from './set-table';

const SETS = new SetTable();
SETS.put(buildIpSet('pods', 'net', ['10.0.1.1', 'fd00::/64']));
SETS.put(buildIpSet('http', 'addressPort', ['10.0.1.2,tcp:8080', 'fd00::2,sctp:8080']));

type Match = Parameters<typeof buildRule>[1];

/** Whether a rule with this match matches TCP 10.0.1.1:40000 -> 10.0.1.2:8080, changed as given. */
function matches(
  match: Match,
  changes: Partial<Record<'source' | 'destination', string>> & Partial<Omit<Packet, 'source' | 'destination'>> = {},
): boolean {
  const { source = '10.0.1.1', destination = '10.0.1.2', ...rest } = changes;
  const packet: Packet = {
    entry: { kind: 'network' },
    source: parseIpAddress(source),
    sourcePort: parsePort(40000),
    destination: parseIpAddress(destination),
    destinationPort: parsePort(8080),
    protocol: TCP,
    ...rest,
  };
  return new CompiledRule(buildRule('allow', match), SETS).matches(flowOf(packet));
}

const V6 = { source: 'fd00::1', destination: 'fd00::2' } as const;

describe('A rule', () => {
  it('without a match matches everything', () => {
    expect(matches({})).to.equal(true);
    expect(matches({}, { ...V6, protocol: 253 as Protocol })).to.equal(true);
  });

  it('matches its family alone', () => {
    expect([matches({ family: 4 }), matches({ family: 4 }, V6), matches({ family: 6 }, V6)]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('matches its protocol, or every other', () => {
    expect([matches({ protocol: TCP }), matches({ protocol: UDP })]).to.deep.equal([true, false]);
    expect([matches({ notProtocol: TCP }), matches({ notProtocol: UDP })]).to.deep.equal([false, true]);
  });

  it('matches one of its nets and none of its notNets', () => {
    const either = { source: { nets: nets('10.9.0.0/16', '10.0.1.0/24') } };
    expect(matches(either)).to.equal(true);
    expect(matches({ source: { nets: nets('10.0.1.0/24'), notNets: nets('10.0.1.1') } })).to.equal(false);
    expect(matches({ destination: { notNets: nets('10.0.1.1') } })).to.equal(true);
  });

  it('says nothing of the family that none of its nets or notNets is of', () => {
    expect(matches({ source: { nets: nets('0.0.0.0/0') } }, V6)).to.equal(false);
    expect(matches({ source: { notNets: nets('10.9.0.0/16') } }, V6)).to.equal(false);
    expect(matches({ destination: { notNets: nets('10.9.0.0/16') } }, V6)).to.equal(false);
    expect(matches({ destination: { notNets: nets('10.9.0.0/16', 'fd99::/16') } }, V6)).to.equal(true);
    expect(matches({ destination: { notNets: nets('fd99::/16') } })).to.equal(false);
  });

  it('wants every set to contain the address, and no negated one', () => {
    const [pods, none] = [ipSetKey('pods'), ipSetKey('missing')];
    expect(matches({ source: { ipSets: [pods] } })).to.equal(true);
    expect(matches({ source: { ipSets: [pods] } }, V6)).to.equal(true);
    expect(matches({ source: { ipSets: [pods, none] } })).to.equal(false);
    expect(matches({ destination: { ipSets: [pods] } })).to.equal(false);
    expect(matches({ source: { notIpSets: [pods] } })).to.equal(false);
    expect(matches({ source: { notIpSets: [none] } })).to.equal(true);
  });

  it('takes numeric and named ports as alternatives of one match', () => {
    const http = [ipSetKey('http')];
    expect(matches({ destination: { ports: ports(80, [8000, 8100]) } })).to.equal(true);
    expect(matches({ destination: { ports: ports(80) } })).to.equal(false);
    expect(matches({ destination: { ports: ports(80), namedPorts: http } })).to.equal(true);
    expect(matches({ destination: { namedPorts: http } }, { protocol: UDP })).to.equal(false);
    expect(matches({ destination: { namedPorts: http } }, { ...V6, protocol: SCTP })).to.equal(true);
    expect(matches({ source: { namedPorts: http } })).to.equal(false);
  });

  it('refuses each of its negated ports', () => {
    const http = [ipSetKey('http')];
    expect(matches({ destination: { notPorts: ports(8080) } })).to.equal(false);
    expect(matches({ destination: { notPorts: ports(80), notNamedPorts: http } })).to.equal(false);
    expect(
      matches({ destination: { notPorts: ports(80), notNamedPorts: http } }, { destination: '10.0.1.3' }),
    ).to.equal(true);
  });

  it('never matches ports of a protocol without ports, and always their negation', () => {
    const icmp = { protocol: ICMP } as const;
    expect(matches({ destination: { ports: ports([0, 65535]) } }, icmp)).to.equal(false);
    expect(matches({ destination: { notPorts: ports([0, 65535]) } }, icmp)).to.equal(true);
  });

  it('takes a source port that the sender left open for an ephemeral one', () => {
    const open: Packet = {
      entry: { kind: 'network' },
      source: parseIpAddress('10.0.1.1'),
      destination: parseIpAddress('10.0.1.2'),
      protocol: TCP,
    };
    const rule = (first: number, last: number): boolean =>
      new CompiledRule(buildRule('allow', { source: { ports: ports([first, last]) } }), SETS).matches(flowOf(open));
    expect([rule(1, 1023), rule(32768, 60999)]).to.deep.equal([false, true]);
  });

  it('wants services’ endpoints by address, protocol and port together', () => {
    const toService = { destination: { addressPortSets: [ipSetKey('http')] } };
    expect(matches(toService)).to.equal(true);
    expect(matches(toService, { destinationPort: parsePort(80) })).to.equal(false);
    expect(matches(toService, { destination: '10.0.1.1' })).to.equal(false);
  });

  it('matches ICMP and ICMPv6 by type, and by code where it names one', () => {
    const echo = { protocol: ICMP, icmp: { type: 8, code: 0 } } as const;
    expect(matches({ icmp: { type: 8 } }, echo)).to.equal(true);
    expect(matches({ icmp: { type: 8, code: 1 } }, echo)).to.equal(false);
    expect(matches({ icmp: { type: 128, code: 0 } }, { ...V6, protocol: ICMPV6, icmp: { type: 128 } })).to.equal(true);
    expect(matches({ icmp: { type: 8 } })).to.equal(false);
  });

  it('matches what is not of a negated type and code', () => {
    const unreachable = { protocol: ICMP, icmp: { type: 3, code: 4 } } as const;
    expect(matches({ notIcmp: { type: 3 } }, unreachable)).to.equal(false);
    expect(matches({ notIcmp: { type: 3, code: 3 } }, unreachable)).to.equal(true);
    expect(matches({ notIcmp: { type: 8 } }, unreachable)).to.equal(true);
  });

  it('says which conditions a packet fails, and none exactly when it matches', () => {
    const unmet = (match: Match): readonly string[] =>
      new CompiledRule(buildRule('allow', match), SETS).unmet(
        flowOf({
          entry: { kind: 'network' },
          source: parseIpAddress('10.0.1.9'),
          destination: parseIpAddress('10.0.1.2'),
          destinationPort: parsePort(443),
          protocol: TCP,
        }),
      );
    expect(unmet({ protocol: TCP })).to.deep.equal([]);
    expect(unmet({ protocol: UDP, destination: { ports: ports(80, [8000, 8080]) } })).to.deep.equal([
      'protocol tcp is not udp',
      'port 443 is not 80 or 8000-8080',
    ]);
    expect(unmet({ source: { nets: nets('10.9.0.0/16') } })).to.deep.equal(['source 10.0.1.9 is not in 10.9.0.0/16']);
    const [text] = unmet({ source: { ipSets: [ipSetKey('pods')] } });
    expect(text).to.match(/^source 10\.0\.1\.9 is not in \S/);
  });
});
