/** Properties of the nearest rule: what it names is what has to go, and nothing less would do. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type DesiredObject,
  type EndpointTier,
  type Origin,
  type Policy,
  type Profile,
  parseIpAddress,
  parsePort,
  type Rule,
  TCP,
  UDP,
} from '../state';
import {
  buildHostEndpoint,
  buildPolicy,
  buildProfile,
  buildRule,
  buildSettings,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import type { NearestRule, Obstacle } from './denial';
import type { Packet, TraceStep } from './packet';
import { NodeSimulator } from './simulator';

/** One endpoint with all its policies; the packet meets no other. */
interface World {
  readonly stage: 'ingressPolicy' | 'egressPolicy' | 'hostPolicy' | 'forwardPolicy' | 'preDnat' | 'untracked';
  readonly tiers: readonly WorldTier[];
  readonly profiles: readonly Profile[];
}

interface WorldTier {
  readonly name: string;
  readonly defaultAction: 'deny' | 'pass';
  /** A policy that is not in force is named by the endpoint, and not in the state. */
  readonly policies: readonly { readonly policy: Policy; readonly isInForce: boolean }[];
}

const POD = parseIpAddress('10.0.1.1');
const HOST = parseIpAddress('192.168.0.1');
const CLIENT = parseIpAddress('203.0.113.9');

/** Each criterion is one that no packet here meets. */
const rule = fc
  .tuple(fc.constantFrom('allow', 'deny', 'pass', 'log' as const), weighted(1, 2), weighted(1, 2), weighted(1, 2))
  .map(([action, isUdp, isFromNowhere, hasOtherPort]) =>
    buildRule(action, {
      ...(isUdp ? { protocol: UDP } : {}),
      source: { notNets: isFromNowhere ? nets('0.0.0.0/0') : [] },
      destination: { ports: hasOtherPort ? ports(443) : [] },
    }),
  );

function countUnmet({ protocol, source, destination }: Rule): number {
  return [protocol !== undefined, source.notNets.length > 0, destination.ports.length > 0].filter(Boolean).length;
}

const rules = fc.array(rule, { maxLength: 3 });

const tiers = fc
  .array(
    fc.record({
      defaultAction: fc.constantFrom('deny', 'pass' as const),
      policies: fc.array(fc.record({ rules, isStaged: weighted(1, 5), isInForce: weighted(7, 1) }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  )
  .map((given) =>
    given.map(
      ({ defaultAction, policies }, place): WorldTier => ({
        name: `tier-${place}`,
        defaultAction,
        policies: policies.map(({ rules: both, isStaged, isInForce }, index) => ({
          policy: buildPolicy(`${place}-${index}`, { ingress: both, egress: both }, { isStaged }),
          isInForce,
        })),
      }),
    ),
  );

const world: fc.Arbitrary<World> = fc.record({
  stage: fc.constantFrom('ingressPolicy', 'egressPolicy', 'hostPolicy', 'forwardPolicy', 'preDnat', 'untracked'),
  tiers,
  profiles: fc
    .array(rules, { maxLength: 2 })
    .map((given) => given.map((both, index) => buildProfile(`${index}`, { ingress: both, egress: both }))),
});

function weighted(yes: number, no: number): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: yes, arbitrary: fc.constant(true) }, { weight: no, arbitrary: fc.constant(false) });
}

const TIERS_OF_STAGE = {
  hostPolicy: 'tiers',
  forwardPolicy: 'forwardTiers',
  preDnat: 'preDnatTiers',
  untracked: 'untrackedTiers',
} as const;

/** What the stage says of the one packet, step by step. */
function judge({ stage, tiers: given, profiles }: World): readonly TraceStep[] {
  const policies = given.flatMap((tier) => tier.policies.filter(({ isInForce }) => isInForce));
  const endpointTiers = given.map((tier): EndpointTier => {
    const keys = tier.policies.map(({ policy }) => policy.key);
    const [ingress, egress] = stage === 'egressPolicy' ? [[], keys] : [keys, []];
    return { name: tier.name, defaultAction: tier.defaultAction, ingress, egress };
  });
  const own = { tiers: endpointTiers, profiles: profiles.map(({ key }) => key) };
  const objects: DesiredObject[] = [buildSettings(), ...policies.map(({ policy }) => policy), ...profiles];
  const isAtPod = stage === 'ingressPolicy' || stage === 'egressPolicy';
  const pod = buildWorkload('a', POD, isAtPod ? own : {});
  if (isAtPod) objects.push(pod);
  else objects.push(buildHostEndpoint('hep', { profiles: own.profiles, [TIERS_OF_STAGE[stage]]: endpointTiers }));
  const simulator = new NodeSimulator(stateOf(...objects), { tellsUnmatched: true });
  const isSentByPod = stage === 'egressPolicy';
  const packet: Packet = {
    entry: isSentByPod ? { kind: 'workload', workload: pod.key } : { kind: 'network' },
    source: isSentByPod ? POD : CLIENT,
    destination: isSentByPod ? CLIENT : stage === 'ingressPolicy' ? POD : stage === 'forwardPolicy' ? CLIENT : HOST,
    destinationPort: parsePort(80),
    protocol: TCP,
  };
  const { steps, destinations } = simulator.judge(packet);
  return [...steps, ...destinations.flatMap((end) => end.steps)].filter((step) => step.stage === stage);
}

function denialOf(given: World): TraceStep | undefined {
  const last = judge(given).at(-1);
  return last?.outcome === 'deny' ? last : undefined;
}

/** The world in which the packet meets every condition of the rule. */
function withMatching(given: World, origin: Origin): World {
  return changeRules(given, (rule) => {
    return isPlacedAt(rule, origin) ? [{ ...buildRule(rule.action), origin: rule.origin }] : [rule];
  });
}

function without(given: World, { kind, object, rule: text }: Obstacle): World {
  if (kind === 'rule') {
    return changeRules(given, (rule) => (isPlacedAt(rule, { object, field: text }) ? [] : [rule]));
  }
  const changed = given.tiers.map((tier): WorldTier => {
    const policies = tier.policies.filter(({ policy }) => `${policy.key} is not in force` !== text);
    const defaultAction = `end of tier ${tier.name}` === text ? 'pass' : tier.defaultAction;
    return { ...tier, policies, defaultAction };
  });
  return { ...given, tiers: changed };
}

/** The rules keep their origins, by which they are known. */
function changeRules(given: World, change: (rule: Rule) => readonly Rule[]): World {
  const changed = <Kind extends Policy | Profile>(object: Kind): Kind => ({
    ...object,
    ingress: object.ingress.flatMap(change),
    egress: object.egress.flatMap(change),
  });
  return {
    ...given,
    profiles: given.profiles.map(changed),
    tiers: given.tiers.map((tier) => ({
      ...tier,
      policies: tier.policies.map(({ policy, isInForce }) => ({ policy: changed(policy), isInForce })),
    })),
  };
}

function isPlacedAt({ origin }: Rule, { object, field }: Partial<Origin>): boolean {
  return origin.object.kind === object?.kind && origin.object.name === object.name && origin.field === field;
}

/** Everything in a world that may be an obstacle to some packet. */
function* obstaclesIn(given: World): Iterable<Obstacle> {
  for (const { name, policies } of given.tiers) {
    yield { kind: 'tierEnd', action: 'deny', rule: `end of tier ${name}` };
    for (const { policy, isInForce } of policies) {
      if (!isInForce) yield { kind: 'missingPolicy', action: 'deny', rule: `${policy.key} is not in force` };
    }
  }
  for (const { origin, action } of rulesIn(given)) {
    if (action !== 'allow' && action !== 'log')
      yield { kind: 'rule', action, object: origin.object, rule: origin.field };
  }
}

function rulesIn({ tiers: given, profiles }: World): readonly Rule[] {
  const policies = given.flatMap((tier) => tier.policies.map(({ policy }) => policy));
  return [...policies, ...profiles].flatMap(({ ingress, egress }) => [...ingress, ...egress]);
}

/** What denies being gone, later stages may let the packet through, or a profile, which behind a tier's end is no candidate. */
function canDoWithoutRule({ stage }: World, { behind }: NearestRule): boolean {
  const isLast = stage === 'ingressPolicy' || stage === 'egressPolicy' || stage === 'hostPolicy';
  return !isLast || behind.some(({ kind }) => kind === 'tierEnd');
}

/** Each world that differs from this one in one thing that a nearest rule may name. */
function* neighbours(given: World): Iterable<World> {
  for (const obstacle of obstaclesIn(given)) yield without(given, obstacle);
  for (const one of rulesIn(given)) if (countUnmet(one) === 1) yield withMatching(given, one.origin);
}

/** A rule allowed it, and none of a profile. */
function isAllowedInTiers(given: World): boolean {
  const last = judge(given).at(-1);
  return last?.outcome === 'allow' && last.object?.kind !== 'Profile';
}

describe('the nearest rule, whatever denies', () => {
  /** Worlds without a nearest rule say nothing: the property must hold in some that have one. */
  function holdsForNearest(holds: (nearest: NearestRule, given: World) => void): void {
    let count = 0;
    const property = fc.property(world, (given) => {
      const nearest = denialOf(given)?.nearest;
      if (nearest === undefined) return;
      count += 1;
      holds(nearest, given);
    });
    fc.assert(property, { numRuns: 1000 });
    expect(count, 'worlds with a nearest rule').to.be.greaterThan(100);
  }

  it('has an obstacle, and without all that it has the stage does not deny', () => {
    holdsForNearest(({ origin, unmet, behind }, given) => {
      expect(unmet.length + behind.length).to.be.greaterThan(0);
      const met = unmet.length > 0 ? withMatching(given, origin) : given;
      expect(denialOf(behind.reduce(without, met))).to.equal(undefined);
    });
  });

  it('has no obstacle too many: while one is left, the stage denies', () => {
    holdsForNearest((nearest, given) => {
      if (canDoWithoutRule(given, nearest)) return;
      const { origin, unmet, behind } = nearest;
      const met = unmet.length > 0 ? withMatching(given, origin) : given;
      for (const kept of behind) {
        const others = behind.filter((obstacle) => obstacle !== kept);
        expect(denialOf(others.reduce(without, met)), kept.rule).not.to.equal(undefined);
      }
      if (unmet.length > 0) expect(denialOf(behind.reduce(without, given))).not.to.equal(undefined);
    });
  });

  it('has one obstacle where the change of one thing would let a rule allow the packet', () => {
    let count = 0;
    const property = fc.property(world, (given) => {
      const denial = denialOf(given);
      if (denial === undefined || ![...neighbours(given)].some(isAllowedInTiers)) return;
      count += 1;
      const { unmet = [], behind = [] } = denial.nearest ?? {};
      expect(unmet.length + behind.length).to.equal(1);
    });
    fc.assert(property, { numRuns: 500 });
    expect(count, 'worlds one change away').to.be.greaterThan(10);
  });
});
