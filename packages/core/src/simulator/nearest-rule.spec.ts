import { expect } from 'chai';
import {
  type DesiredObject,
  type EndpointTier,
  type HostEndpoint,
  type InterfaceName,
  type Policy,
  type Profile,
  parseIpAddress,
  parsePort,
  type Rule,
  TCP,
} from '../state';
import {
  buildHostEndpoint,
  buildPolicy,
  buildProfile,
  buildRule,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import type { TraceStep } from './packet';
import { NodeSimulator } from './simulator';

const POD = '10.0.1.1';
const HOST = '192.168.0.1';
const CLIENT = '203.0.113.9';

/** Rules that the packet from the client to port 80 by TCP matches, or fails in one condition or in two. */
const ALLOW = buildRule('allow');
const DENY = buildRule('deny');
const PASS = buildRule('pass');
const otherPort = (action: Rule['action']): Rule => buildRule(action, { destination: { ports: ports(443) } });
const otherEverything = (action: Rule['action']): Rule =>
  buildRule(action, { source: { nets: nets('192.0.2.0/24') }, destination: { ports: ports(443) } });

const NOT_443 = 'port 80 is not 443';
const NOT_SOURCE = `source ${CLIENT} is not in 192.0.2.0/24`;

const OPEN = buildProfile('open', { ingress: [ALLOW], egress: [ALLOW] });

function policy(name: string, ...ingress: readonly Rule[]): Policy {
  return buildPolicy(name, { ingress });
}

type TierOf = readonly [policies: readonly Policy[], overrides?: Partial<EndpointTier>];

/** The step that denies a packet from a client outside to a pod with these tiers and profiles. */
function denialAtPod(tiers: readonly TierOf[], profiles: readonly Profile[] = [OPEN]): TraceStep {
  const pod = buildWorkload('a', POD, {
    tiers: tiers.map(([policies, overrides]) => buildTier(policies, overrides)),
    profiles: profiles.map(({ key }) => key),
  });
  return denialOf([pod, ...tiers.flatMap(([policies]) => policies), ...profiles], POD);
}

type HostTiers = 'tiers' | 'forwardTiers' | 'preDnatTiers' | 'untrackedTiers';

/** The step that denies a packet from a client outside to the host, or through it, by one stage of a host endpoint. */
function denialAtHost(kind: HostTiers, policies: readonly Policy[], overrides: Partial<HostEndpoint> = {}): TraceStep {
  const scope = { kind: 'interface', interfaceName: 'eth0' as InterfaceName } as const;
  const endpoint = buildHostEndpoint('hep', { scope, [kind]: [buildTier(policies)], ...overrides });
  const pod = buildWorkload('a', POD, { profiles: [OPEN.key] });
  return denialOf([pod, OPEN, endpoint, ...policies], kind === 'forwardTiers' ? POD : HOST);
}

function denialOf(objects: readonly DesiredObject[], destination: string): TraceStep {
  const simulator = new NodeSimulator(stateOf(buildSettings(), ...objects), { tellsUnmatched: true });
  const { steps, destinations } = simulator.judge({
    entry: { kind: 'network' },
    source: parseIpAddress(CLIENT),
    destination: parseIpAddress(destination),
    destinationPort: parsePort(80),
    protocol: TCP,
  });
  const denial = [...steps, ...destinations.flatMap((end) => end.steps)].at(-1);
  if (denial?.outcome !== 'deny') throw new Error(`not denied: ${JSON.stringify(denial)}`);
  return denial;
}

/** `POLICY FIELD`, or of several parts what a denial says of its nearest rule. */
function nearestOf({ nearest }: TraceStep): unknown {
  if (nearest === undefined) return undefined;
  const { origin, action, unmet, behind } = nearest;
  return {
    [action]: `${origin.object.name} ${origin.field}`,
    unmet,
    behind: behind.map((obstacle) => `${obstacle.action} ${obstacle.object?.name ?? ''} ${obstacle.rule}`),
  };
}

describe('the nearest rule to a denied packet', () => {
  it('is the one that fails in the fewest conditions', () => {
    const denial = denialAtPod([[[policy('a', otherEverything('allow'), otherPort('allow'))]]]);
    expect(nearestOf(denial)).to.deep.equal({ allow: 'a spec.ingress[1]', unmet: [NOT_443], behind: [] });
  });

  it('tells every condition that it fails in', () => {
    const denial = denialAtPod([[[policy('a', otherEverything('allow'))]]]);
    expect(denial.nearest?.unmet).to.deep.equal([NOT_SOURCE, NOT_443]);
  });

  it('is the first of equals in the order of evaluation', () => {
    const denial = denialAtPod([
      [[policy('b', otherPort('allow'), otherPort('allow')), policy('a', otherPort('allow'))]],
    ]);
    expect(nearestOf(denial)).to.deep.include({ allow: 'b spec.ingress[0]' });
  });

  it('is no rule of a staged policy, which stands in nobody’s way either', () => {
    const staged = buildPolicy('staged', { ingress: [ALLOW, DENY] }, { isStaged: true });
    const denial = denialAtPod([[[staged, policy('a', otherPort('allow'))]]]);
    expect(nearestOf(denial)).to.deep.equal({ allow: 'a spec.ingress[0]', unmet: [NOT_443], behind: [] });
  });

  it('is no rule that logs', () => {
    const denial = denialAtPod([[[policy('a', buildRule('log'), otherPort('log'))]]]);
    expect(denial.nearest).to.equal(undefined);
  });

  it('is told only by a simulator that tells of rules in vain', () => {
    const pod = buildWorkload('a', POD, { profiles: [] });
    const packet = { entry: { kind: 'network' } as const, source: parseIpAddress(CLIENT), protocol: TCP };
    const simulator = new NodeSimulator(stateOf(buildSettings(), pod));
    const { destinations } = simulator.judge({ ...packet, destination: parseIpAddress(POD) });
    expect(destinations[0]?.steps.at(-1)).not.to.have.property('nearest');
  });

  describe('behind what denies', () => {
    it('is named although it was not asked: later in the same policy', () => {
      const denial = denialAtPod([[[policy('a', DENY, ALLOW)]]]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'a spec.ingress[1]',
        unmet: [],
        behind: ['deny a spec.ingress[0]'],
      });
    });

    it('is named in a later policy, in a later tier, and in a profile', () => {
      const closed = policy('closed', DENY);
      const behind = ['deny closed spec.ingress[0]'];
      const open = { allow: 'a spec.ingress[0]', unmet: [], behind };
      expect(nearestOf(denialAtPod([[[closed, policy('a', ALLOW)]]]))).to.deep.equal(open);
      const ending = { defaultAction: 'pass' } as const;
      expect(nearestOf(denialAtPod([[[closed], ending], [[policy('a', ALLOW)]]]))).to.deep.equal(open);
      const byProfile = { allow: 'open spec.ingress[0]', unmet: [], behind };
      expect(nearestOf(denialAtPod([[[closed], ending]]))).to.deep.equal(byProfile);
      const profiles = [buildProfile('closed', { ingress: [DENY] }), OPEN];
      expect(nearestOf(denialAtPod([], profiles))).to.deep.equal(byProfile);
    });

    it('has an obstacle in each that denies', () => {
      const denial = denialAtPod([[[policy('a', DENY, otherPort('deny'), DENY, ALLOW), policy('b', ALLOW)]]]);
      const behind = ['deny a spec.ingress[0]', 'deny a spec.ingress[2]'];
      expect(nearestOf(denial)).to.deep.equal({ allow: 'a spec.ingress[3]', unmet: [], behind });
    });

    it('weighs as much as a condition', () => {
      const oneEach = denialAtPod([[[policy('a', otherPort('allow'), DENY, ALLOW)]]]);
      expect(nearestOf(oneEach)).to.deep.include({ allow: 'a spec.ingress[0]' });
      const twoConditions = denialAtPod([[[policy('a', otherEverything('allow'), DENY, ALLOW)]]]);
      expect(nearestOf(twoConditions)).to.deep.include({ allow: 'a spec.ingress[2]' });
      const both = denialAtPod([[[policy('a', DENY, otherPort('allow'))]]]);
      expect(nearestOf(both)).to.deep.equal({
        allow: 'a spec.ingress[1]',
        unmet: [NOT_443],
        behind: ['deny a spec.ingress[0]'],
      });
    });

    it('stands behind a policy that is not in force', () => {
      const missing = policy('missing', ALLOW);
      const later = policy('a', ALLOW);
      const pod = buildWorkload('a', POD, { tiers: [buildTier([missing, later])] });
      const denial = denialOf([pod, later], POD);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'a spec.ingress[0]',
        unmet: [],
        behind: ['deny  policy/missing is not in force'],
      });
      expect(denial.nearest?.behind[0]).to.deep.include({ kind: 'missingPolicy' });
    });
  });

  describe('and the end of a tier', () => {
    const platform = { name: 'platform' };

    it('may stand in a later tier, behind that end', () => {
      const denial = denialAtPod([[[policy('a', otherEverything('allow'))], platform], [[policy('b', ALLOW)]]]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'b spec.ingress[0]',
        unmet: [],
        behind: ['deny a end of tier platform'],
      });
      expect(denial.nearest?.behind[0]).to.deep.include({ kind: 'tierEnd' });
    });

    it('is not behind the end of a tier that passes, or that has no policy in force in this direction', () => {
      const staged = buildPolicy('staged', { ingress: [DENY] }, { isStaged: true });
      const egress = buildPolicy('egress', { egress: [DENY] });
      const denial = denialAtPod([
        [[policy('a', otherPort('deny'))], { defaultAction: 'pass' }],
        [[staged, egress]],
        [[policy('b', DENY, ALLOW)]],
      ]);
      expect(nearestOf(denial)).to.deep.include({ allow: 'b spec.ingress[1]', behind: ['deny b spec.ingress[0]'] });
    });

    it('is no rule of a profile: the end is there to keep profiles from being asked', () => {
      const denial = denialAtPod([[[policy('isolating')]]]);
      expect(denial).to.deep.include({ rule: 'end of tier default', isTierEnd: true });
      expect(denial.object).to.deep.include({ name: 'isolating' });
      expect(denial).not.to.have.property('nearest');
      // Nor where it is a rule that denies before that end does.
      expect(denialAtPod([[[policy('closed', DENY)]]])).not.to.have.property('nearest');
    });
  });

  describe('and rules that pass', () => {
    it('may be one of these, where what follows lets the packet through', () => {
      const passing: TierOf = [[policy('a', otherPort('pass'), DENY)], { name: 'platform' }];
      const passes = { pass: 'a spec.ingress[0]', unmet: [NOT_443], behind: [] };
      expect(nearestOf(denialAtPod([passing, [[policy('b', ALLOW)]]]))).to.deep.equal(passes);
      expect(nearestOf(denialAtPod([passing]))).to.deep.equal(passes);
    });

    it('is none of these where what follows denies', () => {
      const passing: TierOf = [[policy('a', otherPort('pass'), DENY)], { name: 'platform' }];
      const denial = denialAtPod([passing, [[policy('b', otherPort('allow'))]]]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'b spec.ingress[0]',
        unmet: [NOT_443],
        behind: ['deny a spec.ingress[1]', 'deny a end of tier platform'],
      });
      expect(denialAtPod([passing], [])).not.to.have.property('nearest');
    });

    it('is behind a pass that leads past it', () => {
      const denial = denialAtPod([
        [[policy('a', PASS, ALLOW)], { name: 'platform' }],
        [[policy('b', otherPort('allow'))]],
      ]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'a spec.ingress[1]',
        unmet: [],
        behind: ['pass a spec.ingress[0]'],
      });
    });

    it('is behind nothing of an earlier tier that a pass leads past', () => {
      const denial = denialAtPod([[[policy('a', PASS, DENY)], { name: 'platform' }], [[policy('b', DENY, ALLOW)]]]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'b spec.ingress[1]',
        unmet: [],
        behind: ['deny b spec.ingress[0]'],
      });
    });

    it('is the rule that a matching pass leads to, not that pass', () => {
      const denial = denialAtPod([[[policy('a', DENY, PASS)], { name: 'platform' }], [[policy('b', ALLOW)]]]);
      expect(nearestOf(denial)).to.deep.equal({
        allow: 'b spec.ingress[0]',
        unmet: [],
        behind: ['deny a spec.ingress[0]'],
      });
    });
  });

  describe('of a host endpoint', () => {
    const nearest = { allow: 'a spec.ingress[1]', unmet: [], behind: ['deny a spec.ingress[0]'] };

    it('is told in every stage', () => {
      const stages = {
        tiers: 'hostPolicy',
        forwardTiers: 'forwardPolicy',
        preDnatTiers: 'preDnat',
        untrackedTiers: 'untracked',
      };
      for (const [kind, stage] of Object.entries(stages)) {
        const denial = denialAtHost(kind as HostTiers, [policy('a', DENY, ALLOW)]);
        expect(denial.stage).to.equal(stage);
        expect(nearestOf(denial), kind).to.deep.equal(nearest);
      }
    });

    it('may be of a profile for the host’s own traffic only', () => {
      const profiles = { profiles: [OPEN.key] };
      const tiers = (policies: readonly Policy[]): Partial<HostEndpoint> => ({
        tiers: [buildTier(policies, { defaultAction: 'pass' })],
        ...profiles,
      });
      const closed = [policy('closed', DENY)];
      expect(nearestOf(denialAtHost('tiers', closed, tiers(closed)))).to.deep.include({
        allow: 'open spec.ingress[0]',
      });
      for (const kind of ['forwardTiers', 'preDnatTiers', 'untrackedTiers'] as const) {
        expect(denialAtHost(kind, closed, profiles), kind).not.to.have.property('nearest');
      }
    });

    it('passes on to later stages, where these are not the last', () => {
      for (const kind of ['forwardTiers', 'preDnatTiers', 'untrackedTiers'] as const) {
        const denial = denialAtHost(kind, [policy('a', otherPort('pass'), DENY)]);
        expect(nearestOf(denial), kind).to.deep.equal({ pass: 'a spec.ingress[0]', unmet: [NOT_443], behind: [] });
      }
    });

    it('meets no end of a tier before translation, where that decides nothing', () => {
      const policies = [policy('a', otherPort('deny')), policy('b', DENY), policy('c', ALLOW)];
      for (const kind of ['preDnatTiers', 'untrackedTiers'] as const) {
        const denial = denialAtHost(kind, policies, { [kind]: policies.map((one) => buildTier([one])) });
        const behind = ['deny b spec.ingress[0]'];
        expect(nearestOf(denial), kind).to.deep.equal({ allow: 'c spec.ingress[0]', unmet: [], behind });
      }
    });
  });
});
