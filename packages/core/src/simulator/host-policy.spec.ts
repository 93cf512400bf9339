import { expect } from 'chai';
import {
  type DesiredObject,
  type HostEndpoint,
  ICMPV6,
  type InterfaceName,
  parseIpAddress,
  parsePort,
  type Rule,
  TCP,
} from '../state';
import {
  buildHostEndpoint,
  buildPolicy,
  buildRule,
  buildSettings,
  buildTier,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import { FROM_HOST, FROM_NETWORK, fromPod, OPEN, B as OTHER_POD, A as POD, packetAt } from '../testing/simulated-node';
import type { SimulatorOptions } from './options';
import type { Packet, PacketEntry, Verdict } from './packet';
import { NodeSimulator } from './simulator';

const FROM_POD = fromPod(POD);
const ETH0 = { kind: 'interface', interfaceName: 'eth0' as InterfaceName } as const;

type Sent = readonly [entry: PacketEntry, source: string, destination: string];

const OUTSIDE_TO_HOST: Sent = [FROM_NETWORK, '203.0.113.9', '192.168.0.1'];
const OUTSIDE_TO_POD: Sent = [FROM_NETWORK, '203.0.113.9', '10.0.1.1'];
const HOST_TO_OUTSIDE: Sent = [FROM_HOST, '192.168.0.1', '203.0.113.9'];
const HOST_TO_ITSELF: Sent = [FROM_HOST, '192.168.0.1', '192.168.0.1'];
const HOST_TO_POD: Sent = [FROM_HOST, '192.168.0.1', '10.0.1.1'];
const POD_TO_OUTSIDE: Sent = [FROM_POD, '10.0.1.1', '203.0.113.9'];
const POD_TO_POD: Sent = [FROM_POD, '10.0.1.1', '10.0.1.2'];
const POD_TO_HOST: Sent = [FROM_POD, '10.0.1.1', '192.168.0.1'];
const FROM_NEIGHBOUR: Sent = [FROM_NETWORK, 'fe80::9', 'ff02::1:ff00:1'];
const TO_NEIGHBOUR: Sent = [FROM_HOST, 'fe80::1', 'ff02::1:ff00:9'];

type Tiers = 'tiers' | 'forwardTiers' | 'preDnatTiers' | 'untrackedTiers';

/** A host endpoint with one policy of these rules in both directions, in the tiers of the given kind. */
function withPolicy(
  kind: Tiers,
  rules: readonly Rule[],
  overrides: Partial<HostEndpoint> = {},
): readonly DesiredObject[] {
  const policy = buildPolicy(kind, { ingress: rules, egress: rules });
  return [policy, buildHostEndpoint('hep', { scope: ETH0, [kind]: [buildTier([policy])], ...overrides })];
}

function verdictOf(
  objects: readonly DesiredObject[],
  [entry, source, destination]: Sent,
  more: Partial<Packet> = {},
  options?: SimulatorOptions,
): Verdict {
  const state = stateOf(buildSettings({ endpointToHostAction: 'accept' }), OPEN, POD, OTHER_POD, ...objects);
  return new NodeSimulator(state, options).judge({ ...packetAt(entry, source, destination), ...more }).verdict;
}

const DENY = [buildRule('deny')];
const ALLOW = [buildRule('allow')];
const EVERYWHERE = { scope: { kind: 'allInterfaces' } } as const;

describe('Host endpoint policy', () => {
  it('denies, in every stage, what a policy would judge that is named and not there', () => {
    for (const kind of ['tiers', 'forwardTiers', 'preDnatTiers', 'untrackedTiers'] as const) {
      const [, endpoint] = withPolicy(kind, ALLOW);
      if (endpoint === undefined) throw new Error('no host endpoint');
      const sent = kind === 'forwardTiers' ? OUTSIDE_TO_POD : OUTSIDE_TO_HOST;
      expect(verdictOf([endpoint], sent), kind).to.equal('deny');
    }
  });

  describe('normal', () => {
    it('judges what goes to and from the host’s own processes', () => {
      for (const sent of [OUTSIDE_TO_HOST, HOST_TO_OUTSIDE]) {
        expect(verdictOf(withPolicy('tiers', ALLOW), sent)).to.equal('allow');
        expect(verdictOf(withPolicy('tiers', DENY), sent)).to.equal('deny');
      }
    });

    it('does not judge what is forwarded, nor what goes between the host and its own workloads', () => {
      for (const sent of [OUTSIDE_TO_POD, POD_TO_OUTSIDE, POD_TO_POD, POD_TO_HOST, HOST_TO_POD]) {
        expect(verdictOf(withPolicy('tiers', DENY, EVERYWHERE), sent)).to.equal('allow');
      }
    });

    it('judges what the host sends to itself only on all interfaces', () => {
      expect(verdictOf(withPolicy('tiers', DENY), HOST_TO_ITSELF)).to.equal('allow');
      expect(verdictOf(withPolicy('tiers', DENY, EVERYWHERE), HOST_TO_ITSELF)).to.equal('deny');
    });

    it('falls to profiles, then to deny', () => {
      const closed = buildHostEndpoint('hep', { scope: ETH0 });
      expect(verdictOf([closed], OUTSIDE_TO_HOST)).to.equal('deny');
      expect(verdictOf([{ ...closed, profiles: [OPEN.key] }], OUTSIDE_TO_HOST)).to.equal('allow');
    });
  });

  describe('an interface', () => {
    it('belongs to the host endpoint that names it or expects its address, before one for all interfaces', () => {
      const all = buildHostEndpoint('0-all', EVERYWHERE);
      const named = buildHostEndpoint('named', { scope: ETH0, profiles: [OPEN.key] });
      const expecting = buildHostEndpoint('expecting', {
        scope: { kind: 'addresses' },
        expectedAddresses: [parseIpAddress('192.168.0.1')],
        profiles: [OPEN.key],
      });
      expect(verdictOf([all, named], OUTSIDE_TO_HOST)).to.equal('allow');
      expect(verdictOf([all, expecting], OUTSIDE_TO_HOST)).to.equal('allow');
      const otherAddress = { ...expecting, expectedAddresses: [parseIpAddress('192.168.0.2')] };
      expect(verdictOf([all, otherAddress], OUTSIDE_TO_HOST)).to.equal('deny');
    });

    it('has none where another is named', () => {
      const objects = withPolicy('tiers', DENY);
      const entry: PacketEntry = { kind: 'network', interfaceName: 'eth1' };
      expect(verdictOf(objects, [entry, '203.0.113.9', '192.168.0.1'])).to.equal('allow');
    });
  });

  describe('on forward', () => {
    it('judges what comes in and what leaves by the interface, before and after the workload’s own policy', () => {
      for (const sent of [OUTSIDE_TO_POD, POD_TO_OUTSIDE]) {
        expect(verdictOf(withPolicy('forwardTiers', DENY), sent)).to.equal('deny');
        expect(verdictOf(withPolicy('forwardTiers', ALLOW), sent)).to.equal('allow');
      }
      const closed = { ...POD, profiles: [] };
      expect(verdictOf([...withPolicy('forwardTiers', ALLOW), closed], OUTSIDE_TO_POD)).to.equal('deny');
    });

    it('leaves pods of one node to a host endpoint on all interfaces', () => {
      expect(verdictOf(withPolicy('forwardTiers', DENY), POD_TO_POD)).to.equal('allow');
      expect(verdictOf(withPolicy('forwardTiers', DENY, EVERYWHERE), POD_TO_POD)).to.equal('deny');
    });

    it('allows what no forward policy judges, and what a tier passes', () => {
      expect(verdictOf(withPolicy('forwardTiers', [buildRule('pass')]), OUTSIDE_TO_POD)).to.equal('allow');
      const ingressOnly = buildPolicy('in', { ingress: DENY });
      const endpoint = buildHostEndpoint('hep', { scope: ETH0, forwardTiers: [buildTier([ingressOnly])] });
      expect(verdictOf([ingressOnly, endpoint], POD_TO_OUTSIDE)).to.equal('allow');
    });
  });

  describe('before DNAT', () => {
    const toNodePort: Sent = [FROM_NETWORK, '203.0.113.9', '192.168.0.1'];
    const TRANSLATED: SimulatorOptions = {
      hostTranslations: [
        {
          protocol: TCP,
          from: { address: parseIpAddress('192.168.0.1'), port: parsePort(80) },
          to: { address: parseIpAddress('10.0.1.1'), port: parsePort(8080) },
        },
      ],
    };

    it('sees the destination that the sender dialled', () => {
      const pinhole = (port: number): readonly Rule[] => [
        buildRule('allow', { protocol: TCP, destination: { ports: ports(port) } }),
        buildRule('deny'),
      ];
      expect(verdictOf(withPolicy('preDnatTiers', pinhole(80)), toNodePort, {}, TRANSLATED)).to.equal('allow');
      expect(verdictOf(withPolicy('preDnatTiers', pinhole(8080)), toNodePort, {}, TRANSLATED)).to.equal('deny');
    });

    it('ends host endpoint policy with an allow, but not the workload’s', () => {
      expect(verdictOf(withPolicy('preDnatTiers', ALLOW), OUTSIDE_TO_HOST)).to.equal('allow');
      const both = [...withPolicy('forwardTiers', DENY), ...withPolicy('preDnatTiers', ALLOW)];
      expect(verdictOf(both, OUTSIDE_TO_POD)).to.equal('allow');
      expect(verdictOf([...both, { ...POD, profiles: [] }], OUTSIDE_TO_POD)).to.equal('deny');
    });

    it('leaves to later stages what no rule decides: no tier ends it', () => {
      const unrelated = [buildRule('allow', { source: { nets: nets('198.51.100.0/24') } })];
      expect(verdictOf(withPolicy('preDnatTiers', unrelated), OUTSIDE_TO_POD)).to.equal('allow');
      expect(verdictOf(withPolicy('preDnatTiers', unrelated), OUTSIDE_TO_HOST)).to.equal('deny');
    });

    it('judges what workloads send on all interfaces only, and nothing that the host sends', () => {
      expect(verdictOf(withPolicy('preDnatTiers', DENY), POD_TO_HOST)).to.equal('allow');
      expect(verdictOf(withPolicy('preDnatTiers', DENY, EVERYWHERE), POD_TO_HOST)).to.equal('deny');
      expect(verdictOf(withPolicy('preDnatTiers', DENY, { profiles: [OPEN.key] }), HOST_TO_OUTSIDE)).to.equal('allow');
    });
  });

  describe('untracked', () => {
    it('judges both ways before anything else, and its allow ends host endpoint policy', () => {
      for (const sent of [OUTSIDE_TO_HOST, HOST_TO_OUTSIDE]) {
        expect(verdictOf(withPolicy('untrackedTiers', ALLOW), sent)).to.equal('allow');
        expect(verdictOf(withPolicy('untrackedTiers', DENY, { profiles: [OPEN.key] }), sent)).to.equal('deny');
      }
    });

    it('meets what the host sends to itself on the way out and on the way in', () => {
      const out = buildPolicy('out', { egress: ALLOW });
      const into = buildPolicy('in', { ingress: DENY });
      const untrackedTiers = [buildTier([out, into])];
      expect(verdictOf([out, into, buildHostEndpoint('hep', { untrackedTiers })], HOST_TO_ITSELF)).to.equal('deny');
      expect(verdictOf(withPolicy('untrackedTiers', ALLOW, EVERYWHERE), HOST_TO_ITSELF)).to.equal('allow');
    });

    it('does not judge what workloads send', () => {
      expect(verdictOf(withPolicy('untrackedTiers', DENY, EVERYWHERE), POD_TO_POD)).to.equal('allow');
    });

    it('turns translation off for what it allows', () => {
      const translated: SimulatorOptions = {
        hostTranslations: [
          {
            protocol: TCP,
            from: { address: parseIpAddress('192.168.0.1'), port: parsePort(80) },
            to: { address: parseIpAddress('10.0.1.9'), port: parsePort(80) },
          },
        ],
      };
      const state = stateOf(buildSettings(), ...withPolicy('untrackedTiers', ALLOW));
      const ends = { source: parseIpAddress('203.0.113.9'), destination: parseIpAddress('192.168.0.1') };
      const packet: Packet = { entry: { kind: 'network' }, ...ends, destinationPort: parsePort(80), protocol: TCP };
      expect(new NodeSimulator(state, translated).judge(packet)).to.include({ verdict: 'allow', isTranslated: false });
    });
  });

  describe('failsafe ports', () => {
    const failsafes = buildSettings({
      failsafeInbound: [{ protocol: TCP, ports: { first: parsePort(22), last: parsePort(22) } }],
      failsafeOutbound: [
        { protocol: TCP, ports: { first: parsePort(2379), last: parsePort(2380) }, net: nets('203.0.113.0/24')[0] },
      ] as const,
    });
    const ssh = { destinationPort: parsePort(22) };
    const etcd = { destinationPort: parsePort(2379) };

    it('pass normal, untracked and pre-DNAT policy', () => {
      for (const kind of ['tiers', 'untrackedTiers', 'preDnatTiers'] as const) {
        expect(verdictOf([failsafes, ...withPolicy(kind, DENY)], OUTSIDE_TO_HOST, ssh)).to.equal('allow');
        expect(verdictOf([failsafes, ...withPolicy(kind, DENY)], OUTSIDE_TO_HOST)).to.equal('deny');
      }
    });

    it('hold for their net alone', () => {
      const closed = [failsafes, ...withPolicy('tiers', DENY)];
      expect(verdictOf(closed, HOST_TO_OUTSIDE, etcd)).to.equal('allow');
      expect(verdictOf(closed, [FROM_HOST, '192.168.0.1', '198.51.100.1'], etcd)).to.equal('deny');
    });

    it('let the answers of untracked flows pass by their source port', () => {
      const closed = [failsafes, ...withPolicy('untrackedTiers', DENY, { profiles: [OPEN.key] })];
      const answer = { sourcePort: parsePort(22), destinationPort: parsePort(40000) };
      expect(verdictOf(closed, HOST_TO_OUTSIDE, answer)).to.equal('allow');
    });

    it('do not open forwarded traffic', () => {
      expect(verdictOf([failsafes, ...withPolicy('forwardTiers', DENY)], OUTSIDE_TO_POD, ssh)).to.equal('deny');
    });
  });

  describe('on IPv6', () => {
    it('leaves neighbour discovery alone, as it sees nothing of ARP, and judges what says where packets go', () => {
      const message = (type: number) => ({ protocol: ICMPV6, icmp: { type, code: 0 } });
      for (const kind of ['tiers', 'untrackedTiers', 'preDnatTiers'] as const) {
        const closed = withPolicy(kind, DENY);
        const verdicts = [135, 136, 143, 134, 128].map((type) => verdictOf(closed, FROM_NEIGHBOUR, message(type)));
        expect(verdicts, kind).to.deep.equal(['allow', 'allow', 'allow', 'deny', 'deny']);
      }
      expect(verdictOf(withPolicy('tiers', DENY), TO_NEIGHBOUR, message(135))).to.equal('allow');
      expect(verdictOf(withPolicy('tiers', DENY), TO_NEIGHBOUR, message(128))).to.equal('deny');
    });
  });
});
