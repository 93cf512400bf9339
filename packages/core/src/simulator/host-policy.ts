/** What the host endpoint of an interface says to a packet, stage by stage. */
import { isNeighbourDiscovery } from '../dataplane/neighbour-discovery';
import type { EndpointTier, FailsafePort, HostEndpoint, IpAddress, Port } from '../state';
import { cidrContains } from '../state';
import type { Flow } from './flow';
import type { NodeView } from './node-view';
import type { TraceStage, TraceStep } from './packet';
import type { Direction, PolicyDecision, PolicyQuestion } from './policy-table';

/** `normal`: traffic of the host's own processes. `forward`: what the host passes on. */
export type HostStage = 'untracked' | 'preDnat' | 'normal' | 'forward';

const STAGE_NAMES: Readonly<Record<HostStage, TraceStage>> = {
  untracked: 'untracked',
  preDnat: 'preDnat',
  normal: 'hostPolicy',
  forward: 'forwardPolicy',
};

/**
 * `ingress` is what came in by the interface, `egress` what leaves by it. `next`: no host endpoint is there, or it leaves
 * the packet to later stages. Failsafe ports and neighbour discovery pass every stage but `forward`, whose traffic is not the
 * host's own.
 */
export function judgeHostStage(
  view: NodeView,
  stage: HostStage,
  direction: Direction,
  interfaceName: string,
  flow: Flow,
  steps: TraceStep[],
): PolicyDecision {
  const endpoint = view.hostEndpointOn(interfaceName);
  if (endpoint === undefined) return 'next';
  const question = { stage: STAGE_NAMES[stage], endpoint: endpoint.key, direction, flow, steps };
  const tiers = tiersOf(endpoint, stage);
  if (stage === 'forward') return view.policies.judgeTiers(tiers, question);
  if (stage === 'normal') return judgeNormal(view, endpoint, question);
  if (tiers.length === 0 || isExempt(view, question, stage === 'untracked')) return 'next';
  return view.policies.judgeTiers(tiers, question, 'next');
}

function judgeNormal(view: NodeView, endpoint: HostEndpoint, question: PolicyQuestion): PolicyDecision {
  if (isExempt(view, question, false)) {
    const { stage, endpoint: key, flow } = question;
    const rule = isNeighbourDiscovery(flow.protocol, flow.icmp) ? 'neighbour discovery' : 'failsafe port';
    question.steps.push({ stage, endpoint: key, rule, outcome: 'allow' });
    return 'allow';
  }
  return view.policies.judgeEndpoint(endpoint, question);
}

function tiersOf(endpoint: HostEndpoint, stage: HostStage): readonly EndpointTier[] {
  if (stage === 'untracked') return endpoint.untrackedTiers;
  if (stage === 'preDnat') return endpoint.preDnatTiers;
  return stage === 'forward' ? endpoint.forwardTiers : endpoint.tiers;
}

/** A host that found no neighbours on its link would have no IPv6 at all, and no policy can close its ARP. */
function isExempt(view: NodeView, question: PolicyQuestion, withAnswers: boolean): boolean {
  const { protocol, icmp } = question.flow;
  return isNeighbourDiscovery(protocol, icmp) || isFailsafe(view, question, withAnswers);
}

/**
 * Without connection tracking an answer is judged as a packet of its own, so there the answers of failsafe connections
 * (`withAnswers`), known by their source port, pass as well.
 */
function isFailsafe(view: NodeView, { direction, flow }: PolicyQuestion, withAnswers: boolean): boolean {
  const { failsafeInbound, failsafeOutbound } = view.settings;
  const isIngress = direction === 'ingress';
  const { source, destination } = flow;
  const peer = isIngress ? source.address : destination.address;
  const isAmong = (list: readonly FailsafePort[], port: Port | undefined): boolean =>
    list.some((failsafe) => matchesFailsafe(failsafe, flow, port, peer));
  if (isAmong(isIngress ? failsafeInbound : failsafeOutbound, destination.port)) return true;
  return withAnswers && isAmong(isIngress ? failsafeOutbound : failsafeInbound, source.port);
}

function matchesFailsafe(
  { protocol, ports, net }: FailsafePort,
  flow: Flow,
  port: Port | undefined,
  peer: IpAddress,
): boolean {
  if (protocol !== flow.protocol || port === undefined || port < ports.first || port > ports.last) return false;
  return net === undefined || cidrContains(net, peer);
}
