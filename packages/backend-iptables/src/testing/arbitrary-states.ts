/** States of a node and packets, of few addresses and ports so that they meet: for holding the rendered rules against the simulator. */
import fc from 'fast-check';
import {
  type DesiredObject,
  ICMP,
  type Port,
  parseCidr,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type Rule,
  SCTP,
  TCP,
  UDP,
} from '@polyplane/core/backend';
import type { Packet } from '@polyplane/core/simulator';
import {
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildPool,
  buildProfile,
  buildRuleIfAny,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '@polyplane/core/testing';

const WORKLOADS = { web: '10.0.0.2', api: '10.0.0.3' } as const;
const FAR = '10.0.1.2';
/** The node's address. */
export const NODE = '192.168.0.1';
const CLIENT = '203.0.113.9';
const OTHER_CLIENT = '198.51.100.7';
const VIPS = ['10.96.0.1', '10.96.0.2', '203.0.113.80'] as const;
/** The second is a service's address too. */
const FLOATING = ['198.51.100.50', '10.96.0.1'] as const;
export const UPLINK = 'eth0';

const arbitraryPort = fc.constantFrom(80, 81, 90, 443, 8080, 30080, 40000);
const arbitraryRange: fc.Arbitrary<number | readonly [number, number]> = fc.oneof(
  arbitraryPort,
  fc.constantFrom<readonly [number, number]>([80, 90], [1, 79], [400, 8080]),
);
const arbitraryPorts: fc.Arbitrary<readonly (number | readonly [number, number])[]> = fc.oneof(
  fc.constant([]),
  fc.array(arbitraryRange, { maxLength: 3 }),
  fc.constant([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 80, [443, 500]]),
);
const arbitraryNets = fc.oneof(
  fc.constant([]),
  fc.array(
    fc.constantFrom('10.0.0.0/24', '10.0.0.2/32', '10.0.0.3/32', '203.0.113.0/24', '0.0.0.0/0', 'fd00::/8', FAR),
    { maxLength: 3 },
  ),
);
const arbitrarySets = fc.subarray([ipSetKey('friends'), ipSetKey('empty'), ipSetKey('unknown')], { maxLength: 2 });
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

const arbitraryIcmp = fc.constantFrom({ type: 8 }, { type: 8, code: 0 }, { type: 3, code: 1 });
const arbitraryProtocol = fc.constantFrom(TCP, UDP, ICMP, SCTP, parseProtocol(47));
const arbitraryRule: fc.Arbitrary<Rule> = fc
  .record(
    {
      family: fc.constantFrom<4 | 6>(4, 4, 6),
      protocol: fc.constantFrom(TCP, TCP, UDP, ICMP, SCTP),
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
      action: fc.constantFrom('allow', 'allow', 'deny', 'pass', 'log'),
      match: fc.constantFrom(match, { source: match.source, destination: match.destination }, without(match)),
    }),
  )
  .map(({ action, match }) => buildRuleIfAny(action as Rule['action'], match))
  .filter((rule) => rule !== undefined);

/** Rules with every criterion at once rarely match. */
function without<Match extends { icmp?: unknown; notIcmp?: unknown; notProtocol?: unknown }>(match: Match): Match {
  const { icmp, notIcmp, notProtocol, ...rest } = match;
  // What is left out is optional.
  return rest as Match;
}

const arbitraryRules = fc.array(arbitraryRule, { maxLength: 4 });
const POLICY_NAMES = ['a', 'b', 'c'] as const;
const arbitraryPolicies = fc.tuple(
  ...POLICY_NAMES.map((name) =>
    fc
      .record({ ingress: arbitraryRules, egress: arbitraryRules, isStaged: fc.constantFrom(false, false, false, true) })
      .map(({ ingress, egress, isStaged }) => buildPolicy(name, { ingress, egress }, { isStaged })),
  ),
);
const arbitraryPolicyKeys = fc.subarray([...POLICY_NAMES, 'gone'].map((name) => buildPolicy(name, {}).key));
const arbitraryTier = fc.record({
  name: fc.constantFrom('one', 'two'),
  defaultAction: fc.constantFrom<'deny' | 'pass'>('deny', 'pass'),
  ingress: arbitraryPolicyKeys,
  egress: arbitraryPolicyKeys,
});
const arbitraryTiers = fc.array(arbitraryTier, { maxLength: 2 });
const arbitraryProfiles = fc.subarray([buildProfile('p', {}).key, buildProfile('gone', {}).key]);

const arbitraryWorkloads = fc.tuple(
  ...Object.entries(WORKLOADS).map(([name, address]) =>
    fc
      .record({
        tiers: arbitraryTiers,
        profiles: arbitraryProfiles,
        allowedSources: fc.constantFrom([], nets('10.7.0.0/16')),
        floatingAddresses: fc
          .oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray([...FLOATING]) })
          .map((floating) =>
            floating.map((each) => ({ address: parseIpAddress(each), target: parseIpAddress(address) })),
          ),
      })
      .map((overrides) => buildWorkload(name, address, overrides)),
  ),
);

const arbitraryPools = fc.tuple(
  ...['p1', 'p2'].map((name) =>
    fc
      .record({
        cidr: fc.constantFrom('10.0.0.0/16', '10.0.0.0/24', '10.0.1.0/24', '192.168.0.0/24', '0.0.0.0/0', 'fd00::/8'),
        natOutgoing: fc.boolean(),
      })
      .map(({ cidr, natOutgoing }) => buildPool(name, cidr, { natOutgoing })),
  ),
);

const arbitraryHostEndpoint = fc
  .record({
    scope: fc.constantFrom(
      { kind: 'allInterfaces' } as const,
      { kind: 'interface', interfaceName: UPLINK as never } as const,
      {
        kind: 'addresses',
      } as const,
    ),
    tiers: arbitraryTiers,
    forwardTiers: arbitraryTiers,
    preDnatTiers: fc.oneof(fc.constant([]), arbitraryTiers),
    untrackedTiers: fc.oneof(fc.constant([]), fc.constant([]), arbitraryTiers),
    profiles: arbitraryProfiles,
  })
  .map((overrides) => buildHostEndpoint('host', { ...overrides, expectedAddresses: [parseIpAddress(NODE)] }));

const arbitraryEndpoints = fc.subarray([
  buildServiceEndpoint(WORKLOADS.web, 8080, true),
  buildServiceEndpoint(WORKLOADS.api, 80, true),
  buildServiceEndpoint(FAR, 443, false),
]);
const arbitraryFrontend = fc
  .record({
    kind: fc.constantFrom('clusterIp', 'externalIp', 'loadBalancerIp', 'nodePort'),
    address: fc.constantFrom(...VIPS, NODE),
    port: arbitraryPort,
    trafficPolicy: fc.constantFrom<'cluster' | 'local'>('cluster', 'local'),
    sourceRanges: fc.constantFrom(
      undefined,
      undefined,
      nets('203.0.113.0/24'),
      nets('10.0.0.0/8', 'fd00::/8'),
      nets('192.168.0.0/24'),
    ),
  })
  .map(({ kind, address, port, trafficPolicy, sourceRanges }) =>
    buildFrontend(kind as 'clusterIp', kind === 'nodePort' ? 30080 : port, kind === 'nodePort' ? undefined : address, {
      trafficPolicy,
      ...(kind === 'loadBalancerIp' && sourceRanges !== undefined ? { sourceRanges } : {}),
    }),
  );
const arbitraryServices = fc.tuple(
  ...['s1', 's2'].map((name) =>
    fc
      .record({
        frontends: fc.array(arbitraryFrontend, { minLength: 1, maxLength: 3 }),
        endpoints: arbitraryEndpoints,
        protocol: fc.constantFrom(TCP, UDP, SCTP),
      })
      .map(({ frontends, endpoints, protocol }) => buildService(name, frontends, endpoints, { protocol, family: 4 })),
  ),
);

const arbitrarySettings = fc
  .record({
    localhostNodePorts: fc.boolean(),
    masqueradeAll: fc.constantFrom(false, false, true),
    localDetector: fc.constantFrom(
      { kind: 'cidrs', cidrs: nets('10.0.0.0/24') } as const,
      { kind: 'cidrs', cidrs: nets('10.0.0.0/25', '10.0.0.128/25', 'fd00::/8') } as const,
      { kind: 'cidrs', cidrs: nets('fd00::/8') } as const,
      { kind: 'workloadInterfaces' } as const,
      { kind: 'none' } as const,
    ),
    isForwarding: fc.constantFrom(true, true, true, false),
    endpointToHostAction: fc.constantFrom<'drop' | 'return' | 'accept'>('drop', 'return', 'accept'),
    failsafeInbound: fc.constantFrom([], [{ protocol: TCP, ports: { first: 80 as Port, last: 81 as Port } }]),
    failsafeOutbound: fc.constantFrom(
      [],
      [{ protocol: UDP, ports: { first: 443 as Port, last: 443 as Port }, net: parseCidr(`${CLIENT}/32`) }],
    ),
    serviceLoopPrevention: fc.constantFrom(
      undefined,
      { action: 'drop', cidrs: nets('10.96.0.0/16', 'fd00:96::/112') } as const,
      { action: 'reject', cidrs: nets('10.96.0.0/16') } as const,
    ),
    nodePortAddresses: fc.constantFrom(undefined, nets('192.168.0.0/24'), nets('172.16.0.0/12')),
    closedToWorkloads: fc.constantFrom([], [], [{ protocol: TCP, port: 443 as Port }, { protocol: parseProtocol(47) }]),
  })
  .map(({ nodePortAddresses, serviceLoopPrevention, ...settings }) =>
    buildSettings({
      ...settings,
      ...(nodePortAddresses === undefined ? {} : { nodePortAddresses }),
      ...(serviceLoopPrevention === undefined ? {} : { serviceLoopPrevention }),
    }),
  );

const SETS: readonly DesiredObject[] = [
  buildIpSet('friends', 'net', ['10.0.0.3', '203.0.113.0/24', 'fd00::/8']),
  buildIpSet('empty', 'net', []),
  buildIpSet('named', 'addressPort', [
    '10.0.0.2,tcp:8080',
    '10.0.0.3,udp:80',
    '203.0.113.9,tcp:40000',
    'fd00::1,tcp:80',
  ]),
  buildIpSet('services', 'addressPort', ['10.0.0.2,tcp:8080', '10.0.1.2,tcp:443', '10.0.0.2,sctp:8080']),
];
/** Any state of a node with two workloads: policies of every criterion, services, host endpoints, settings. */
export const arbitraryState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .record({
    settings: arbitrarySettings,
    policies: arbitraryPolicies,
    profile: fc.record({ ingress: arbitraryRules, egress: arbitraryRules }).map((rules) => buildProfile('p', rules)),
    workloads: arbitraryWorkloads,
    hosts: fc.oneof(fc.constant([]), fc.tuple(arbitraryHostEndpoint)),
    services: arbitraryServices,
    pools: fc.oneof(fc.constant([]), arbitraryPools),
  })
  .map(({ settings, policies, profile, workloads, hosts, services, pools }) => [
    settings,
    ...SETS,
    ...policies,
    profile,
    ...workloads,
    ...hosts,
    ...services,
    ...pools,
  ]);

const [WEB, API] = Object.entries(WORKLOADS).map(([name, address]) => buildWorkload(name, address).key);
const arbitraryEntry = fc.constantFrom<readonly [Packet['entry'], string]>(
  [{ kind: 'workload', workload: WEB as NonNullable<typeof WEB> }, WORKLOADS.web],
  [{ kind: 'workload', workload: WEB as NonNullable<typeof WEB> }, '10.7.0.1'],
  [{ kind: 'workload', workload: API as NonNullable<typeof API> }, WORKLOADS.api],
  [{ kind: 'host' }, NODE],
  [{ kind: 'network' }, CLIENT],
  [{ kind: 'network' }, OTHER_CLIENT],
  [{ kind: 'network' }, FAR],
);
/** A packet that comes from anywhere to what these states are about. */
export const arbitraryPacket: fc.Arbitrary<Packet> = fc
  .record({
    entry: arbitraryEntry,
    destination: fc.constantFrom(...Object.values(WORKLOADS), FAR, NODE, NODE, CLIENT, ...VIPS, ...VIPS, ...FLOATING),
    sourcePort: fc.constantFrom(40000, 50000),
    destinationPort: fc.constantFrom(80, 80, 81, 90, 443, 8080, 30080, 30080),
    protocol: fc.constantFrom(TCP, TCP, UDP, SCTP, ICMP, parseProtocol(47)),
    icmp: arbitraryIcmp,
  })
  .map(({ entry: [entry, source], destination, sourcePort, destinationPort, protocol, icmp }) => ({
    entry,
    source: parseIpAddress(source),
    destination: parseIpAddress(destination),
    protocol,
    ...(protocol === ICMP ? { icmp: { code: 0, ...icmp } } : {}),
    ...(protocol === TCP || protocol === UDP || protocol === SCTP
      ? { sourcePort: parsePort(sourcePort), destinationPort: parsePort(destinationPort) }
      : {}),
  }));
