/** Policies, the questions that endpoints ask of them, and packets, of few addresses and ports so that they meet. */
import fc from 'fast-check';
import {
  ICMP,
  ICMPV6,
  type IcmpMatch,
  type IpAddress,
  type IpFamily,
  type Policy,
  type Port,
  type Profile,
  type Protocol,
  parseCidr,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type Rule,
  SCTP,
  TCP,
  UDP,
} from '@polyplane/core/backend';
import { buildIpSet, buildPolicy, buildProfile, buildRuleIfAny, ipSetKey, nets, ports } from '@polyplane/core/testing';

/** Addresses of each family: the endpoint's own is the first. */
export const ADDRESSES: Readonly<Record<IpFamily, readonly string[]>> = {
  4: ['10.0.0.2', '10.0.0.3', '10.0.1.2', '203.0.113.9', '255.255.255.254', '128.0.0.1'],
  6: ['fd00::2', 'fd00::3', 'fd00:0:0:1::2', '2001:db8::9', 'fd00::1:0:0:2', '8000::1'],
};

const RANGES = [
  ...['10.0.0.0/24', '10.0.0.2/32', '10.0.0.2/31', '203.0.113.0/24', '0.0.0.0/0', '128.0.0.0/1', '10.0.1.2/32'],
  ...['fd00::/8', 'fd00::2/128', 'fd00::2/127', 'fd00::/64', 'fd00::/96', '::/0', '8000::/1', '2001:db8::9/128'],
];
const arbitraryPort = fc.constantFrom(1, 80, 80, 81, 90, 443, 443, 65535);
const arbitraryRange = fc.oneof(
  arbitraryPort,
  fc.constantFrom<readonly [number, number]>([80, 90], [0, 79], [0, 65535], [400, 65535], [1, 65535], [0, 0]),
);
const rarely = <Value>(arbitrary: fc.Arbitrary<readonly Value[]>): fc.Arbitrary<readonly Value[]> =>
  fc.oneof({ weight: 11, arbitrary: fc.constant([]) }, { weight: 1, arbitrary });
const arbitraryPorts = rarely(fc.array(arbitraryRange, { minLength: 1, maxLength: 4 }));
const arbitraryNets = rarely(fc.array(fc.constantFrom(...RANGES), { minLength: 1, maxLength: 5 }));
const arbitrarySets = rarely(fc.subarray(['friends', 'halves', 'empty', 'unknown'].map(ipSetKey), { minLength: 1 }));
const arbitraryPortSets = rarely(fc.subarray(['named', 'unknown'].map(ipSetKey), { minLength: 1 }));

const arbitraryEnd = fc
  .record({
    nets: arbitraryNets,
    notNets: arbitraryNets,
    ipSets: arbitrarySets,
    notIpSets: arbitrarySets,
    ports: arbitraryPorts,
    notPorts: arbitraryPorts,
    namedPorts: arbitraryPortSets,
    notNamedPorts: arbitraryPortSets,
    addressPortSets: arbitraryPortSets,
  })
  .map((end) => ({
    ...end,
    nets: nets(...end.nets),
    notNets: nets(...end.notNets),
    ports: ports(...end.ports),
    notPorts: ports(...end.notPorts),
  }));

const arbitraryIcmp = fc.constantFrom<{ readonly type: number; readonly code?: number }>(
  { type: 0 },
  { type: 8 },
  { type: 8, code: 0 },
  { type: 3, code: 1 },
  { type: 255, code: 255 },
);
const OTHER = parseProtocol(47);
const arbitraryProtocol = fc.constantFrom(TCP, UDP, ICMP, ICMPV6, SCTP, OTHER);
const seldom = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const arbitraryRule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom<Rule['action']>('allow', 'allow', 'deny', 'pass', 'log'),
    family: seldom(fc.constantFrom<IpFamily>(4, 6)),
    protocol: seldom(arbitraryProtocol),
    notProtocol: seldom(arbitraryProtocol),
    icmp: seldom(arbitraryIcmp),
    notIcmp: seldom(arbitraryIcmp),
    source: arbitraryEnd,
    destination: arbitraryEnd,
  })
  .map(({ action, source, destination, ...optional }) => {
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    return buildRuleIfAny(action, { ...given, source, destination });
  })
  .filter((rule) => rule !== undefined);

const arbitraryRules = fc.array(arbitraryRule, { maxLength: 5 });
const POLICY_NAMES = ['a', 'b', 'c'] as const;
const arbitraryPolicies = fc.tuple(
  ...POLICY_NAMES.map((name) =>
    fc
      .record({ rules: arbitraryRules, isStaged: fc.constantFrom(false, false, false, true) })
      .map(({ rules, isStaged }) => buildPolicy(name, { ingress: rules, egress: rules }, { isStaged })),
  ),
);
const arbitraryProfiles = fc.tuple(
  ...['p', 'q'].map((name) => arbitraryRules.map((rules) => buildProfile(name, { ingress: rules, egress: rules }))),
);

/** What is asked, and of whom. */
export interface PolicyCase {
  readonly stage: 'workload' | 'normal' | 'forward' | 'preDnat';
  readonly direction: 'ingress' | 'egress';
  readonly tiers: readonly {
    readonly name: string;
    readonly defaultAction: 'deny' | 'pass';
    readonly keys: readonly Policy['key'][];
  }[];
  readonly profiles: readonly Profile['key'][];
  readonly hasFailsafes: boolean;
  readonly objects: readonly (Policy | Profile)[];
}

export const arbitraryCase: fc.Arbitrary<PolicyCase> = fc
  .record({
    stage: fc.constantFrom<PolicyCase['stage']>('workload', 'workload', 'normal', 'forward', 'preDnat'),
    direction: fc.constantFrom<PolicyCase['direction']>('ingress', 'egress'),
    tiers: fc.array(
      fc.record({
        name: fc.constantFrom('one', 'two'),
        defaultAction: fc.constantFrom<'deny' | 'pass'>('deny', 'pass', 'pass'),
        keys: fc.subarray(POLICY_NAMES.map((name) => buildPolicy(name, {}).key)).chain((keys) =>
          // A policy that is not there, now and then.
          fc.constantFrom(keys, keys, keys, [...keys, buildPolicy('gone', {}).key]),
        ),
      }),
      { maxLength: 3 },
    ),
    profiles: fc.subarray(['p', 'q', 'gone'].map((name) => buildProfile(name, {}).key)),
    hasFailsafes: fc.boolean(),
    policies: arbitraryPolicies,
    rules: arbitraryProfiles,
  })
  .map(({ policies, rules, ...question }) => ({
    ...question,
    // Pre-DNAT policy is for what comes in.
    direction: question.stage === 'preDnat' ? 'ingress' : question.direction,
    objects: [...policies, ...rules],
  }));

/** The sets that the rules name; `unknown` is not among them. */
export const SETS = [
  buildIpSet('friends', 'net', ['10.0.0.3', '203.0.113.0/24', 'fd00::/48', 'fd00::1:0:0:0/80']),
  buildIpSet('halves', 'net', ['0.0.0.0/1', '8000::/1', '10.0.0.2/32']),
  buildIpSet('empty', 'net', []),
  buildIpSet('named', 'addressPort', [
    ...['10.0.0.2,tcp:80', '10.0.0.3,udp:80', '203.0.113.9,tcp:443', 'fd00::2,tcp:80', 'fd00::3,sctp:443'],
    ...['2001:db8::9,tcp:443', '10.0.1.2,tcp:65535'],
  ]),
];

/** Ports that the host never closes. */
export const FAILSAFES = {
  failsafeInbound: [{ protocol: TCP, ports: { first: 80 as Port, last: 81 as Port } }],
  failsafeOutbound: [
    { protocol: UDP, ports: { first: 443 as Port, last: 443 as Port }, net: parseCidr('203.0.113.0/24') },
  ],
} as const;

/** A packet between the endpoint, which is the first of {@link ADDRESSES}, and somebody else. */
export interface PacketSample {
  readonly own: IpAddress;
  readonly peer: IpAddress;
  /** Counts only where the protocol has ports. */
  readonly ownPort: Port;
  readonly peerPort: Port;
  readonly protocol: Protocol;
  /** Counts only where the protocol is ICMP. */
  readonly icmp: IcmpMatch;
  readonly length: number;
}

export const arbitraryPacket: fc.Arbitrary<PacketSample> = fc
  .record({
    family: fc.constantFrom<IpFamily>(4, 6),
    peer: fc.nat({ max: 4 }),
    protocol: fc.constantFrom(TCP, TCP, UDP, UDP, SCTP, ICMP, ICMPV6, OTHER),
    ownPort: arbitraryPort,
    peerPort: arbitraryPort,
    icmp: arbitraryIcmp,
    length: fc.nat({ max: 1500 }),
  })
  .map(({ family, peer, ownPort, peerPort, ...packet }) => {
    const [own = '', ...peers] = ADDRESSES[family];
    return {
      ...packet,
      own: parseIpAddress(own),
      peer: parseIpAddress(peers[peer] ?? ''),
      ownPort: parsePort(ownPort),
      peerPort: parsePort(peerPort),
    };
  });
