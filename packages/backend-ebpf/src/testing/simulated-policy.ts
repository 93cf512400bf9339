/** A policy question put to the simulator: a node on which the answer decides, and the decision read from the trace. */
import {
  type DesiredObject,
  type EndpointTier,
  type HostEndpoint,
  hasPorts,
  ICMP,
  ICMPV6,
  type IpAddress,
  parseIpAddress,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import { NodeSimulator, type Packet, type TraceStep } from '@polyplane/core/simulator';
import { buildHostEndpoint, buildSettings, buildWorkload, stateOf } from '@polyplane/core/testing';
import type { RuleId } from '../render/policy/policy-program';
import { hostQuestion, type PolicyQuestion, workloadQuestion } from '../render/policy/policy-question';
import { ADDRESSES, FAILSAFES, type PacketSample, type PolicyCase, SETS } from './arbitrary-policy';
import type { PolicyAnswer, PolicyPacket } from './policy-bed';

const OWN = Object.values(ADDRESSES).map(([own = '']) => parseIpAddress(own));

/** The trace's name of each stage. */
const STAGES: Readonly<Record<PolicyCase['stage'], Readonly<Record<PolicyCase['direction'], string>>>> = {
  workload: { ingress: 'ingressPolicy', egress: 'egressPolicy' },
  normal: { ingress: 'hostPolicy', egress: 'hostPolicy' },
  forward: { ingress: 'forwardPolicy', egress: 'forwardPolicy' },
  preDnat: { ingress: 'preDnat', egress: 'preDnat' },
};

/** A decision, who took it, and every rule that counted the packet. */
export interface SimulatedAnswer extends Pick<PolicyAnswer, 'verdict' | 'rule'> {
  readonly counted: ReadonlyMap<RuleId, number>;
}

export class SimulatedPolicy {
  readonly question: PolicyQuestion;
  readonly state: ReturnType<typeof stateOf>;
  private readonly workload: WorkloadEndpoint;
  private readonly objects: readonly DesiredObject[];

  constructor(private readonly asked: PolicyCase) {
    const { stage, direction, profiles, hasFailsafes, objects } = asked;
    const tiers: readonly EndpointTier[] = asked.tiers.map(({ name, defaultAction, keys }) => {
      return { name, defaultAction, ingress: [], egress: [], [direction]: keys };
    });
    const settings = buildSettings({
      nodeAddresses: stage === 'normal' ? OWN : [],
      ...(hasFailsafes ? FAILSAFES : {}),
    });
    this.workload = buildWorkload('w', OWN, { tiers, profiles });
    const host = buildHostEndpoint('host', { profiles, [HOST_TIERS[stage]]: tiers });
    this.objects = [...SETS, ...objects, settings, stage === 'workload' ? this.workload : host];
    this.state = stateOf(...this.objects);
    this.question =
      stage === 'workload'
        ? workloadQuestion(this.workload, direction)
        : hostQuestion(host, stage, direction, settings);
  }

  /** The packet as a policy program sees it. */
  packetOf(sample: PacketSample): PolicyPacket {
    const { direction, stage } = this.asked;
    const { source, destination } = endsOf(sample, direction);
    const { protocol, length } = sample;
    const packet = {
      source: source.address,
      destination: destination.address,
      protocol,
      sourcePort: source.port,
      destinationPort: destination.port,
      icmp: icmpOf(sample),
      length,
    };
    // Where rules mean the destination before its translation, the other must not count.
    return stage === 'preDnat'
      ? { ...packet, destination: sample.peer, destinationPort: 1, beforeDnat: destination }
      : packet;
  }

  answer(sample: PacketSample): SimulatedAnswer {
    const { direction, stage } = this.asked;
    const simulator = new NodeSimulator(this.state);
    const { steps, destinations } = simulator.judge(this.simulatedPacket(sample));
    const all = [...steps, ...destinations.flatMap((destination) => destination.steps)];
    const counted = simulator.counters().flatMap(({ origin: { object, field }, direction: counting, packets }) => {
      // Only this question is looked at: what judged the packet afterwards in another direction is another's.
      return packets > 0 && counting === direction ? [[ruleIdOf(object, field, direction), packets] as const] : [];
    });
    const decided = all.filter((step) => step.stage === STAGES[stage][direction]).at(-1);
    return { ...decisionOf(decided, this.question, direction), counted: new Map(counted) };
  }

  private simulatedPacket(sample: PacketSample): Packet {
    const { stage, direction } = this.asked;
    const { source, destination } = endsOf(sample, direction);
    const icmp = icmpOf(sample);
    const entry: Packet['entry'] =
      direction === 'ingress' || stage === 'forward'
        ? { kind: 'network' }
        : stage === 'workload'
          ? { kind: 'workload', workload: this.workload.key }
          : { kind: 'host' };
    return {
      entry,
      source: source.address,
      destination: destination.address,
      protocol: sample.protocol,
      ...(source.port === undefined ? {} : { sourcePort: source.port }),
      ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
      ...(icmp === undefined ? {} : { icmp }),
    };
  }
}

const HOST_TIERS: Readonly<Record<PolicyCase['stage'], keyof HostEndpoint>> = {
  workload: 'tiers',
  normal: 'tiers',
  forward: 'forwardTiers',
  preDnat: 'preDnatTiers',
};

function endsOf({ own, peer, ownPort, peerPort, protocol }: PacketSample, direction: PolicyCase['direction']) {
  const end = (address: IpAddress, port: typeof ownPort) => ({ address, port: hasPorts(protocol) ? port : undefined });
  const [ours, theirs] = [end(own, ownPort), end(peer, peerPort)];
  return direction === 'ingress' ? { source: theirs, destination: ours } : { source: ours, destination: theirs };
}

function icmpOf({ protocol, icmp }: PacketSample) {
  return protocol === ICMP || protocol === ICMPV6 ? { code: 0, ...icmp } : undefined;
}

/** No step: nobody was asked, or what was asked is exempt. */
function decisionOf(
  step: TraceStep | undefined,
  { otherwise }: PolicyQuestion,
  direction: PolicyCase['direction'],
): Pick<SimulatedAnswer, 'verdict' | 'rule'> {
  if (step?.outcome !== 'allow' && step?.outcome !== 'deny') return { verdict: otherwise, rule: undefined };
  const { outcome: verdict, object, rule, isTierEnd } = step;
  const isRule = object !== undefined && rule !== undefined && isTierEnd !== true;
  return { verdict, rule: isRule ? ruleIdOf(object, rule, direction) : undefined };
}

/** `spec.ingress[1]` of a policy or a profile. */
function ruleIdOf(
  { kind, name }: { readonly kind: string; readonly name: string },
  field: string,
  direction: PolicyCase['direction'],
): RuleId {
  const index = /\[(\d+)\]/.exec(field)?.[1];
  return `${kind === 'Profile' ? 'profile' : 'policy'}/${name}|${direction}|${index}` as RuleId;
}
