/** Policies of every criterion, their tiers and profiles, and the sets that they name. */
import fc from 'fast-check';
import {
  type DesiredObject,
  type EndpointTier,
  ICMP,
  ICMPV6,
  type Policy,
  type Profile,
  type ProfileKey,
  parseProtocol,
  type Rule,
  SCTP,
  TCP,
  UDP,
} from '@polyplane/core/backend';
import { buildIpSet, buildPolicy, buildProfile, buildRuleIfAny, ipSetKey, nets, ports } from '@polyplane/core/testing';

/** A protocol without ports and without a meaning to the kernel (RFC 3692). */
export const EXPERIMENTAL = parseProtocol(253);

export const arbitraryPort = fc.constantFrom(80, 81, 90, 443, 8080, 30080, 40000);
const arbitraryRange: fc.Arbitrary<number | readonly [number, number]> = fc.oneof(
  arbitraryPort,
  fc.constantFrom<readonly [number, number]>([80, 90], [1, 79], [400, 8080]),
);
const arbitraryPorts: fc.Arbitrary<readonly (number | readonly [number, number])[]> = fc.oneof(
  fc.constant([]),
  fc.array(arbitraryRange, { maxLength: 3 }),
  fc.constant([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 80, [443, 500]]),
);
const NETS_4 = [
  '10.0.0.0/24',
  '10.0.0.2/32',
  '10.0.0.3/32',
  '203.0.113.0/24',
  '192.168.0.1/32',
  '10.0.1.2/32',
] as const;
const NETS_6 = ['fd00::/64', 'fd00::2/128', 'fd00::3/128', '2001:db8:113::/48', 'fd00:168::1/128', 'fd00::/8'] as const;
/** Of one family, and sometimes of both. */
const arbitraryNets = fc.oneof(
  fc.array(fc.constantFrom(...NETS_4, '0.0.0.0/0'), { minLength: 1, maxLength: 3 }),
  fc.array(fc.constantFrom(...NETS_6, '::/0'), { minLength: 1, maxLength: 3 }),
  fc.array(fc.constantFrom(...NETS_4, ...NETS_6), { minLength: 2, maxLength: 4 }),
);
const arbitrarySets = fc.subarray(
  ['friends', 'empty', 'unknown', 'friends4', 'friends6'].map((name) => ipSetKey(name)),
  { maxLength: 2 },
);
const arbitraryPortSets = fc.subarray([ipSetKey('named'), ipSetKey('services')], { maxLength: 1 });
const rarely = <Value>(arbitrary: fc.Arbitrary<readonly Value[]>): fc.Arbitrary<readonly Value[]> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary });

const arbitraryEnd = fc
  .record({
    nets: rarely(arbitraryNets),
    notNets: rarely(arbitraryNets),
    ipSets: rarely(arbitrarySets),
    notIpSets: rarely(arbitrarySets),
    ports: rarely(arbitraryPorts),
    notPorts: rarely(arbitraryPorts),
    namedPorts: rarely(arbitraryPortSets),
    notNamedPorts: rarely(arbitraryPortSets),
    addressPortSets: rarely(arbitraryPortSets),
  })
  .map((end) => ({
    ...end,
    nets: nets(...end.nets),
    notNets: nets(...end.notNets),
    ports: ports(...end.ports),
    notPorts: ports(...end.notPorts),
  }));

/** Echo requests of both families, and others. */
export const arbitraryIcmp = fc.constantFrom(
  { type: 8 },
  { type: 8, code: 0 },
  { type: 128, code: 0 },
  { type: 135, code: 0 },
  { type: 3, code: 1 },
);
const arbitraryProtocol = fc.constantFrom(TCP, UDP, ICMP, ICMPV6, SCTP, EXPERIMENTAL);
const arbitraryRule: fc.Arbitrary<Rule> = fc
  .record(
    {
      family: fc.constantFrom<4 | 6>(4, 6),
      protocol: fc.constantFrom(TCP, TCP, UDP, ICMP, ICMPV6, SCTP),
      notProtocol: arbitraryProtocol,
      icmp: arbitraryIcmp,
      notIcmp: arbitraryIcmp,
      source: arbitraryEnd,
      destination: arbitraryEnd,
    },
    { requiredKeys: ['source', 'destination'] },
  )
  .chain((match) =>
    fc.record({
      action: fc.constantFrom<Rule['action']>('allow', 'allow', 'deny', 'pass', 'log'),
      match: fc.constantFrom(match, { source: match.source, destination: match.destination }, without(match)),
    }),
  )
  .map(({ action, match }) => buildRuleIfAny(action, match))
  .filter((rule) => rule !== undefined);

/** Rules with every criterion at once rarely match. */
function without<Match extends { family?: unknown; icmp?: unknown; notIcmp?: unknown; notProtocol?: unknown }>(
  match: Match,
): Match {
  const { family, icmp, notIcmp, notProtocol, ...rest } = match;
  // What is left out is optional.
  return rest as Match;
}

const arbitraryRules = fc.array(arbitraryRule, { maxLength: 4 });
const POLICY_NAMES = ['a', 'b', 'c'] as const;

export const arbitraryPolicies: fc.Arbitrary<readonly Policy[]> = fc.tuple(
  ...POLICY_NAMES.map((name) =>
    fc
      .record({ ingress: arbitraryRules, egress: arbitraryRules, isStaged: fc.constantFrom(false, false, false, true) })
      .map(({ ingress, egress, isStaged }) => buildPolicy(name, { ingress, egress }, { isStaged })),
  ),
);
export const arbitraryProfile: fc.Arbitrary<Profile> = fc
  .record({ ingress: arbitraryRules, egress: arbitraryRules })
  .map((rules) => buildProfile('p', rules));
/** Of these policies and one that is not in force. */
const arbitraryPolicyKeys = fc.subarray([...POLICY_NAMES, 'gone'].map((name) => buildPolicy(name, {}).key));
const arbitraryTier: fc.Arbitrary<EndpointTier> = fc.record({
  name: fc.constantFrom('one', 'two'),
  defaultAction: fc.constantFrom<'deny' | 'pass'>('deny', 'pass'),
  ingress: arbitraryPolicyKeys,
  egress: arbitraryPolicyKeys,
});
export const arbitraryTiers: fc.Arbitrary<readonly EndpointTier[]> = fc.array(arbitraryTier, { maxLength: 2 });
export const arbitraryProfiles: fc.Arbitrary<readonly ProfileKey[]> = fc.subarray([
  buildProfile('p', {}).key,
  buildProfile('gone', {}).key,
]);

/** The sets that rules name, but for `unknown`. */
export const SETS: readonly DesiredObject[] = [
  buildIpSet('friends', 'net', ['10.0.0.3', '203.0.113.0/24', 'fd00::3', '2001:db8:113::/48']),
  buildIpSet('friends4', 'net', ['10.0.0.3', '203.0.113.0/24']),
  buildIpSet('friends6', 'net', ['fd00::/8']),
  buildIpSet('empty', 'net', []),
  buildIpSet('named', 'addressPort', [
    '10.0.0.2,tcp:8080',
    '10.0.0.3,udp:80',
    '203.0.113.9,tcp:40000',
    'fd00::2,tcp:8080',
    'fd00::3,udp:80',
  ]),
  buildIpSet('services', 'addressPort', [
    '10.0.0.2,tcp:8080',
    '10.0.1.2,tcp:443',
    '10.0.0.2,sctp:8080',
    'fd00:1::2,tcp:443',
  ]),
];
