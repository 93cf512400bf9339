/** Small states of a node: one that has something of everything, and any that are chosen from a few objects. */
import fc from 'fast-check';
import { type DesiredObject, TCP, UDP } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '@polyplane/core/testing';

export const SETTINGS = buildSettings();
export const FRIENDS = buildIpSet('friends', 'net', ['10.0.0.9', '10.1.0.0/16']);
export const POLICY = buildPolicy('web', {
  ingress: [
    buildRule('allow', { protocol: TCP, source: { ipSets: [ipSetKey('friends')] }, destination: { ports: ports(80) } }),
    buildRule('deny', { notProtocol: UDP, source: { notNets: nets('10.2.0.0/16', '10.3.0.0/16') } }),
  ],
  egress: [buildRule('allow')],
});
export const WEB = buildWorkload('web', '10.0.0.2', { tiers: [buildTier([POLICY])] });
export const SERVICE = buildService(
  'web',
  [buildFrontend('clusterIp', 80, '10.96.0.1'), buildFrontend('nodePort', 30080)],
  [buildServiceEndpoint('10.0.0.2', 8080, true), buildServiceEndpoint('10.0.1.2', 8080, false)],
);
/** A policy with its set, the workload that it judges, and a service in front of that. */
export const OBJECTS: readonly DesiredObject[] = [SETTINGS, FRIENDS, POLICY, WEB, SERVICE];

/** Objects of which any choice makes a state: of each list one or none. */
const CHOICES: readonly (readonly DesiredObject[])[] = [
  [FRIENDS, buildIpSet('friends', 'net', ['10.4.0.0/16', 'fd00::/64']), buildIpSet('friends', 'net', [])],
  [buildIpSet('named', 'addressPort', ['10.0.0.2,tcp:80']), buildIpSet('named', 'addressPort', ['10.0.0.3,udp:53'])],
  [
    POLICY,
    buildPolicy('web', {
      ingress: [
        buildRule('allow', {
          protocol: TCP,
          destination: { namedPorts: [ipSetKey('named')], ports: ports(1, [2, 9]) },
        }),
      ],
    }),
  ],
  [WEB, buildWorkload('web', ['10.0.0.2', 'fd00::2'], { tiers: [buildTier([POLICY])] })],
  [
    buildWorkload('api', '10.0.0.3', { tiers: [buildTier([POLICY], { defaultAction: 'pass' })] }),
    buildWorkload('api', ['10.0.0.3', '10.0.0.4'], { allowedSources: nets('10.9.0.0/16') }),
  ],
  [SERVICE, buildService('web', [buildFrontend('clusterIp', 80, '10.96.0.1')], [])],
  [
    buildService(
      'db',
      [
        buildFrontend('clusterIp', 5432, '10.96.0.2'),
        buildFrontend('loadBalancerIp', 80, '203.0.113.7', { sourceRanges: nets('192.0.2.0/24', '0.0.0.0/0') }),
      ],
      [buildServiceEndpoint('10.0.0.3', 5432, true)],
      { affinityTimeoutSeconds: 30 },
    ),
    buildService('db', [buildFrontend('externalIp', 80, '203.0.113.7', { trafficPolicy: 'local' })], [], {
      hasEndpoints: true,
    }),
  ],
  [buildService('v6', [buildFrontend('clusterIp', 80, 'fd00:96::1')], [buildServiceEndpoint('fd00::2', 80, true)])],
  [
    buildHostEndpoint('host', { tiers: [buildTier([POLICY])], untrackedTiers: [buildTier([POLICY])] }),
    buildHostEndpoint('host', { forwardTiers: [buildTier([POLICY])], preDnatTiers: [buildTier([POLICY])] }),
  ],
];

/** Any choice of them, with settings. */
export const arbitrarySmallState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .tuple(
    fc.constantFrom(SETTINGS, buildSettings({ localhostNodePorts: false, masqueradeAll: true })),
    ...CHOICES.map((choice) => fc.option(fc.constantFrom(...choice), { nil: undefined, freq: 3 })),
  )
  .map((objects) => objects.filter((object) => object !== undefined));
