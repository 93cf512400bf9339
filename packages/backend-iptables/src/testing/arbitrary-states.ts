/** States of a node for holding the rendered rules, and a kernel with them, against the simulator. */
import fc from 'fast-check';
import {
  type DesiredObject,
  type Frontend,
  type HostEndpoint,
  type IpFamily,
  type IpPool,
  type NodeSettings,
  type Port,
  parseCidr,
  parseIpAddress,
  SCTP,
  type ServicePort,
  TCP,
  UDP,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildPool,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildWorkload,
  nets,
} from '@polyplane/core/testing';
import {
  arbitraryPolicies,
  arbitraryPort,
  arbitraryProfile,
  arbitraryProfiles,
  arbitraryTiers,
  EXPERIMENTAL,
  SETS,
} from './arbitrary-rules';
import { CLIENT, FAMILIES, FAR, FLOATING, NODE, type Place, UPLINK, VIPS, WORKLOADS } from './places';

const arbitraryFloating: fc.Arbitrary<readonly (readonly [Place, IpFamily])[]> = fc.subarray(
  FLOATING.flatMap((floating) => FAMILIES.map((family) => [floating, family] as const)),
);

const arbitraryWorkloads: fc.Arbitrary<readonly WorkloadEndpoint[]> = fc.tuple(
  ...Object.entries(WORKLOADS).map(([name, place]) =>
    fc
      .record({
        families: fc.constantFrom<readonly IpFamily[]>([4, 6], [4, 6], [4, 6], [4], [6]),
        tiers: arbitraryTiers,
        profiles: arbitraryProfiles,
        allowedSources: fc.constantFrom([], nets('10.7.0.0/16', 'fd07::/16'), nets('fd07::/16')),
        floatingAddresses: fc.oneof(
          { weight: 2, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: arbitraryFloating },
        ),
      })
      .map(({ families, floatingAddresses, ...rest }) =>
        buildWorkload(
          name,
          families.map((family) => place[family]),
          {
            ...rest,
            floatingAddresses: floatingAddresses
              .filter(([, family]) => families.includes(family))
              .map(([floating, family]) => ({
                address: parseIpAddress(floating[family]),
                target: parseIpAddress(place[family]),
              })),
          },
        ),
      ),
  ),
);

const arbitraryPools: fc.Arbitrary<readonly IpPool[]> = fc.tuple(
  ...['p1', 'p2', 'p3'].map((name) =>
    fc
      .record({
        cidr: fc.constantFrom(
          '10.0.0.0/16',
          '10.0.0.0/24',
          '10.0.1.0/24',
          '192.168.0.0/24',
          '0.0.0.0/0',
          'fd00::/64',
          'fd00::/16',
          'fd00::/8',
        ),
        natOutgoing: fc.boolean(),
      })
      .map(({ cidr, natOutgoing }) => buildPool(name, cidr, { natOutgoing })),
  ),
);

const arbitraryHostEndpoint: fc.Arbitrary<HostEndpoint> = fc
  .record({
    scope: fc.constantFrom<HostEndpoint['scope']>(
      { kind: 'allInterfaces' },
      { kind: 'interface', interfaceName: UPLINK as never },
      { kind: 'interface', interfaceName: 'lo' as never },
      { kind: 'addresses' },
    ),
    expectedFamily: fc.constantFrom(...FAMILIES),
    tiers: arbitraryTiers,
    forwardTiers: arbitraryTiers,
    preDnatTiers: fc.oneof(fc.constant([]), arbitraryTiers),
    untrackedTiers: fc.oneof(fc.constant([]), fc.constant([]), arbitraryTiers),
    profiles: arbitraryProfiles,
  })
  .map(({ expectedFamily, ...overrides }) =>
    buildHostEndpoint('host', { ...overrides, expectedAddresses: [parseIpAddress(NODE[expectedFamily])] }),
  );

/** The last two are processes of nodes: pods on the host's network. */
const ENDPOINTS: readonly (readonly [Place, number, boolean])[] = [
  [WORKLOADS.web, 8080, true],
  [WORKLOADS.api, 80, true],
  [FAR, 443, false],
  [NODE, 81, true],
];

function arbitraryFrontend(family: IpFamily): fc.Arbitrary<Frontend> {
  return fc
    .record({
      kind: fc.constantFrom<Frontend['kind']>('clusterIp', 'externalIp', 'loadBalancerIp', 'nodePort'),
      address: fc.constantFrom(...VIPS, NODE),
      port: arbitraryPort,
      trafficPolicy: fc.constantFrom<'cluster' | 'local'>('cluster', 'local'),
      sourceRanges: fc.constantFrom(
        undefined,
        undefined,
        nets('203.0.113.0/24', '2001:db8:113::/48'),
        nets('10.0.0.0/8', 'fd00::/8'),
        nets('192.168.0.0/24'),
      ),
    })
    .map(({ kind, address, port, trafficPolicy, sourceRanges }) =>
      buildFrontend(kind, kind === 'nodePort' ? 30080 : port, kind === 'nodePort' ? undefined : address[family], {
        trafficPolicy,
        ...(kind === 'loadBalancerIp' && sourceRanges !== undefined ? { sourceRanges } : {}),
      }),
    );
}

const arbitraryServices: fc.Arbitrary<readonly ServicePort[]> = fc.tuple(
  ...['s1', 's2', 's3'].map((name) =>
    fc.constantFrom(...FAMILIES).chain((family) =>
      fc
        .record({
          frontends: fc.array(arbitraryFrontend(family), { minLength: 1, maxLength: 3 }),
          endpoints: fc.subarray([...ENDPOINTS]),
          protocol: fc.constantFrom(TCP, TCP, UDP, SCTP),
          affinity: fc.constantFrom({}, {}, { affinityTimeoutSeconds: 30 }),
        })
        .map(({ frontends, endpoints, protocol, affinity }) =>
          buildService(
            name,
            frontends,
            endpoints.map(([place, port, isLocal]) => buildServiceEndpoint(place[family], port, isLocal)),
            { protocol, family, ...affinity },
          ),
        ),
    ),
  ),
);

const arbitrarySettings: fc.Arbitrary<NodeSettings> = fc
  .record({
    localhostNodePorts: fc.boolean(),
    masqueradeAll: fc.constantFrom(false, false, true),
    localDetector: fc.constantFrom<NodeSettings['localDetector']>(
      { kind: 'cidrs', cidrs: nets('10.0.0.0/24', 'fd00::/64') },
      { kind: 'cidrs', cidrs: nets('10.0.0.0/25', '10.0.0.128/25', 'fd00::/8') },
      { kind: 'cidrs', cidrs: nets('10.0.0.0/24') },
      { kind: 'cidrs', cidrs: nets('fd00::/8') },
      { kind: 'workloadInterfaces' },
      { kind: 'none' },
    ),
    isForwarding: fc.constantFrom(true, true, true, true, true, false),
    endpointToHostAction: fc.constantFrom<'drop' | 'return' | 'accept'>('drop', 'return', 'accept'),
    failsafeInbound: fc.constantFrom(
      [],
      [{ protocol: TCP, ports: { first: 80 as Port, last: 81 as Port } }],
      [{ protocol: UDP, ports: { first: 80 as Port, last: 80 as Port }, net: parseCidr(`${CLIENT[6]}/128`) }],
    ),
    failsafeOutbound: fc.constantFrom(
      [],
      [{ protocol: UDP, ports: { first: 443 as Port, last: 443 as Port }, net: parseCidr(`${CLIENT[4]}/32`) }],
    ),
    serviceLoopPrevention: fc.constantFrom<NodeSettings['serviceLoopPrevention']>(
      undefined,
      { action: 'drop', cidrs: nets('10.96.0.0/16', 'fd00:96::/112') },
      { action: 'reject', cidrs: nets('10.96.0.0/16') },
    ),
    nodePortAddresses: fc.constantFrom(
      undefined,
      undefined,
      nets('192.168.0.0/24'),
      nets('fd00:168::/64'),
      nets('172.16.0.0/12'),
    ),
    closedToWorkloads: fc.constantFrom([], [], [{ protocol: TCP, port: 443 as Port }, { protocol: EXPERIMENTAL }]),
  })
  .map(({ nodePortAddresses, serviceLoopPrevention, ...settings }) =>
    buildSettings({
      ...settings,
      nodeAddresses: FAMILIES.map((family) => parseIpAddress(NODE[family])),
      ...(nodePortAddresses === undefined ? {} : { nodePortAddresses }),
      ...(serviceLoopPrevention === undefined ? {} : { serviceLoopPrevention }),
    }),
  );

/** Any state of a node with two workloads: policies of every criterion, services, host endpoints, settings, in both IP families. */
export const arbitraryState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .record({
    settings: arbitrarySettings,
    policies: arbitraryPolicies,
    profile: arbitraryProfile,
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
