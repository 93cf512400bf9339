import { expect } from 'chai';
import fc from 'fast-check';
import { readTestbedObstacle } from '@polyplane/conformance';
import { type DesiredObject, TCP } from '@polyplane/core/backend';
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
import { IptablesBackend } from './backend';
import { commandRunner } from './kernel/exec';
import { VARIANTS } from './kernel/variant';
import {
  contextOf,
  delta,
  emptyTestbed,
  FRIENDS,
  full,
  loadedAlone,
  POLICY,
  SERVICE,
  SETTINGS,
  snapshot,
  WEB,
} from './testing/kernel-snapshot';
import { SOAK } from './testing/soak';

const obstacle = readTestbedObstacle();

describe('The kernel', () => {
  for (const variant of VARIANTS) {
    (obstacle === undefined ? it : it.skip)(
      `ends in the same state after any sequence of transitions as after the last state alone, on iptables-${variant}`,
      async function () {
        this.timeout(300_000 * SOAK);
        await fc.assert(
          fc.asyncProperty(
            fc.array(arbitraryState, { minLength: 2, maxLength: 5 }),
            fc.boolean(),
            async (states, isDelta) => {
              const sequence = emptyTestbed();
              try {
                const session = await new IptablesBackend({ variant }).open(contextOf(sequence));
                let before: readonly DesiredObject[] = [];
                for (const [index, state] of states.entries()) {
                  const transition = isDelta ? delta(index + 1, before, state) : full(index + 1, state);
                  await session.apply(session.plan(transition));
                  before = state;
                }
                const ours = commandRunner(contextOf(sequence).networkNamespace, 10);
                expect(await snapshot(ours, variant)).to.deep.equal(await loadedAlone(variant, before));
                expect(await session.audit()).to.deep.equal({ repaired: [] });
              } finally {
                sequence.close();
              }
            },
          ),
          { numRuns: 30 * SOAK },
        );
      },
    );
  }
});

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

const arbitraryState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .tuple(
    fc.constantFrom(SETTINGS, buildSettings({ localhostNodePorts: false, masqueradeAll: true })),
    ...CHOICES.map((choice) => fc.option(fc.constantFrom(...choice), { nil: undefined, freq: 3 })),
  )
  .map((objects) => objects.filter((object) => object !== undefined));
