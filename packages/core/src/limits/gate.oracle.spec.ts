import { expect } from 'chai';
import fc from 'fast-check';
import type { Packet } from '../simulator/packet';
import { NodeSimulator } from '../simulator/simulator';
import { DesiredStateStore, ICMP, parseIpAddress, parsePort, type Rule, SCTP, TCP } from '../state';
import {
  buildHostEndpoint,
  buildPolicy,
  buildRuleIfAny,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import type { Feature } from './feature';
import { Gate } from './gate';
import type { OnUnsupported } from './on-unsupported';
import { POLICY_FEATURES } from './reduction';

const LACKING: readonly Feature[] = [
  'sctpPolicy',
  'icmpTypeMatch',
  'logAction',
  'applyOnForwardPolicy',
  'doNotTrackPolicy',
  'preDnatPolicy',
];

describe('Gate, by the simulator', () => {
  it('never opens under `deny` what the whole policy closes', () => {
    fc.assert(
      fc.property(cluster, packets, (state, flows) => {
        const before = new NodeSimulator(state);
        const after = new NodeSimulator(throughGate(state, 'deny'));
        for (const packet of flows) {
          if (before.judge(packet).verdict === 'deny') expect(after.judge(packet).verdict).to.equal('deny');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never opens a host endpoint under `deny`, either', () => {
    fc.assert(
      fc.property(host, packets, (state, flows) => {
        const before = new NodeSimulator(state);
        const after = new NodeSimulator(throughGate(state, 'deny'));
        for (const packet of flows) {
          const toHost = { ...packet, destination: parseIpAddress('192.168.0.1') };
          if (before.judge(toHost).verdict === 'deny') expect(after.judge(toHost).verdict).to.equal('deny');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing for packets of which no rule that is left out speaks', () => {
    fc.assert(
      fc.property(cluster, packets, (state, flows) => {
        const isPlain = [...state.policies.values()].every(
          ({ ingress, appliesOnForward }) => !appliesOnForward && ingress.every(({ icmp }) => icmp === undefined),
        );
        fc.pre(isPlain);
        const before = new NodeSimulator(state);
        const after = new NodeSimulator(throughGate(state, 'ignore'));
        for (const packet of flows) {
          if (packet.protocol !== SCTP) expect(after.judge(packet).verdict).to.equal(before.judge(packet).verdict);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function throughGate(state: DesiredStateStore, onUnsupported: OnUnsupported): DesiredStateStore {
  const limits = LACKING.map((feature) => ({
    code: `PP_LIMIT_TEST_${feature}`,
    feature,
    support: 'unsupported' as const,
    effect: POLICY_FEATURES.includes(feature) ? ('objectIgnored' as const) : ('ruleIgnored' as const),
    message: '',
    remedy: '',
    source: 'test',
  }));
  const passed = new DesiredStateStore();
  const { changes } = new Gate(limits, { onUnsupported }).apply(state.toTransition(1, true).changes);
  passed.apply({ scope: 'delta', changes });
  return passed;
}

const POD = buildWorkload('pod', '10.0.0.1');
const rule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom('allow' as const, 'deny' as const, 'pass' as const, 'log' as const),
    match: fc.constantFrom(
      {},
      { protocol: TCP },
      { protocol: SCTP },
      { protocol: SCTP, destination: { ports: ports(80) } },
      { protocol: ICMP },
      { protocol: ICMP, icmp: { type: 8 } },
      { source: { nets: nets('192.168.1.0/24') } },
    ),
  })
  .map(({ action, match }) => buildRuleIfAny(action, match))
  .filter((rule) => rule !== undefined);
const policies = fc.array(fc.tuple(fc.array(rule, { maxLength: 4 }), fc.boolean()), { minLength: 1, maxLength: 3 });
const cluster = fc
  .tuple(policies, policies, fc.constantFrom('deny' as const, 'pass' as const))
  .map(([first, second, defaultAction]) => {
    const build = (tier: string, all: typeof first) =>
      all.map(([ingress, appliesOnForward], index) =>
        buildPolicy(`${tier}-${index}`, { ingress }, { tier, appliesOnForward }),
      );
    const tiers = { first: build('first', first), second: build('second', second) };
    const pod = {
      ...POD,
      tiers: [
        buildTier(tiers.first, { name: 'first', defaultAction, egress: [] }),
        buildTier(tiers.second, { name: 'second', egress: [] }),
      ],
    };
    return stateOf(buildSettings(), ...tiers.first, ...tiers.second, pod);
  });
const host = fc.tuple(policies, policies, policies).map(([untracked, preDnat, normal]) => {
  const build = (stage: 'untracked' | 'preDnat' | 'normal', all: typeof untracked) =>
    all.map(([ingress], index) => buildPolicy(`${stage}-${index}`, { ingress }, { stage, tier: stage }));
  const all = {
    untracked: build('untracked', untracked),
    preDnat: build('preDnat', preDnat),
    normal: build('normal', normal),
  };
  const endpoint = buildHostEndpoint('eth0', {
    untrackedTiers: [buildTier(all.untracked, { name: 'untracked', egress: [] })],
    preDnatTiers: [buildTier(all.preDnat, { name: 'preDnat', egress: [] })],
    tiers: [buildTier(all.normal, { name: 'normal', egress: [] })],
  });
  return stateOf(buildSettings(), ...all.untracked, ...all.preDnat, ...all.normal, endpoint);
});
const packet: fc.Arbitrary<Packet> = fc
  .record({
    source: fc.constantFrom('192.168.1.1', '192.168.2.1'),
    protocol: fc.constantFrom(TCP, SCTP, ICMP),
    type: fc.constantFrom(0, 8),
  })
  .map(({ source, protocol, type }) => ({
    entry: { kind: 'network' },
    source: parseIpAddress(source),
    destination: parseIpAddress('10.0.0.1'),
    protocol,
    ...(protocol === ICMP ? { icmp: { type, code: 0 } } : { destinationPort: parsePort(80) }),
  }));
const packets = fc.array(packet, { minLength: 1, maxLength: 6 });
