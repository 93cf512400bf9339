/** What a packet meets once its destination is known: routing, policy of both ends, masquerade. */
import { isNeighbourDiscovery } from '../dataplane/neighbour-discovery';
import { type IpAddress, type ServicePort, TCP } from '../state';
import type { Arrival } from './entry-stages';
import type { Flow } from './flow';
import { isLoopback } from './host-addresses';
import { judgeHostStage } from './host-policy';
import type { NodeView } from './node-view';
import type { SimulatorOptions } from './options';
import type { Destination, TraceStep, Verdict } from './packet';
import { isNotPassedOn, type Target, targetOf } from './routing';
import type { Way } from './service-stage';
import { judgeWorkloadPolicy } from './workload-policy';
import type { LocalWorkload } from './workload-table';

export function judgeDelivery(view: NodeView, arrival: Arrival, way: Way, options: SimulatorOptions): Destination {
  const steps: TraceStep[] = [];
  const { flow } = way;
  const target = targetOf(view, flow, arrival.from.kind === 'host');
  steps.push({ stage: 'route', rule: target.kind, outcome: `to ${target.interfaceName}` });
  const verdict = judgeTarget(view, { arrival, flow, target, options, steps });
  const isAllowed = verdict === 'allow';
  // What is delivered to the host that it came to is routed no further: it keeps its source whoever wants it masqueraded.
  const isSent = target.kind !== 'host' || arrival.from.kind === 'host';
  const masqueradeReason =
    isAllowed && isSent ? (way.masqueradeReason ?? poolReason(view, arrival, flow, target)) : undefined;
  const source = isAllowed && isSent ? sourceOf(view, way, masqueradeReason) : flow.source.address;
  const isMasqueraded = masqueradeReason !== undefined;
  if (isMasqueraded) steps.push({ stage: 'masquerade', rule: masqueradeReason, outcome: `source becomes ${source}` });
  const { address, port } = flow.destination;
  return {
    address,
    ...(port === undefined ? {} : { port }),
    verdict,
    target: target.kind,
    interfaceName: target.interfaceName,
    isMasqueraded,
    source,
    ...(target.kind === 'workload' ? { workload: target.workload.key } : {}),
    steps,
  };
}

interface Delivery {
  readonly arrival: Arrival;
  readonly flow: Flow;
  readonly target: Target;
  readonly options: SimulatorOptions;
  readonly steps: TraceStep[];
}

/** The pool of the source hides it from what is outside all pools. Without connection tracking there is no translation. */
function poolReason(view: NodeView, arrival: Arrival, flow: Flow, target: Target): string | undefined {
  if (target.kind !== 'network' || arrival.isUntracked || arrival.connection !== undefined) return undefined;
  return view.pools.wantsNat(flow) ? 'natOutgoing of the source’s pool' : undefined;
}

function sourceOf(view: NodeView, way: Way, masqueradeReason: string | undefined): IpAddress {
  if (way.masqueradeReason !== undefined || masqueradeReason === undefined) return way.source;
  return view.host.masqueradeAddress(way.flow.family) ?? way.source;
}

function judgeTarget(view: NodeView, delivery: Delivery): Verdict {
  const { arrival, target, flow, steps } = delivery;
  const isForwarded = arrival.from.kind !== 'host' && target.kind !== 'host';
  if (isNotPassedOn(view, target, arrival.from.kind === 'host')) {
    steps.push({ stage: 'route', rule: 'the host does not forward', outcome: 'drop' });
    return 'drop';
  }
  if (isStoppedComingBack(view, delivery)) return 'deny';
  if (isPassed(view, arrival)) return 'allow';
  if (arrival.connection?.state === 'invalid') return judgeInvalid(view, delivery);
  if (arrival.from.kind === 'host') return judgeFromHost(view, delivery);
  if (isForwarded) return judgeForwarded(view, delivery);
  if (isLoopback(flow.destination)) {
    steps.push({ ...loopbackStop(view, flow), outcome: 'drop' });
    return 'drop';
  }
  if (arrival.from.kind === 'workload') return judgeWorkloadToHost(view, arrival.from.workload, delivery);
  return judgeNetworkToHost(view, delivery);
}

/** The kernel stops foreign packets to loopback itself, but where loopback is opened for node ports the dataplane has to. */
function loopbackStop({ settings }: NodeView, { family }: Flow): Pick<TraceStep, 'stage' | 'rule'> {
  return settings.localhostNodePorts && family === 4
    ? { stage: 'loopbackGuard', rule: 'localhostNodePorts' }
    : { stage: 'route', rule: 'loopback address from outside' };
}

/** What the host sends to itself comes in again, and untracked policy asks nothing of connection tracking. */
function isStoppedComingBack(
  view: NodeView,
  { arrival: { from, connection }, target, flow, steps }: Delivery,
): boolean {
  if (connection === undefined || from.kind !== 'host' || target.kind !== 'host') return false;
  return judgeHostStage(view, 'untracked', 'ingress', target.interfaceName, flow, steps) === 'deny';
}

/** What belongs to a flow that was let through passes every policy, unless the dataplane judges flows again. */
function isPassed({ behaviours }: NodeView, { connection }: Arrival): boolean {
  if (connection?.state === 'related') return true;
  if (connection?.state !== 'established') return false;
  return connection.direction === 'reply' || behaviours.establishedFlows !== 'revalidated';
}

/** A packet of no flow is neither forwarded nor let through an endpoint's policy. */
function judgeInvalid(view: NodeView, { arrival: { from, interfaceName }, target, options, steps }: Delivery): Verdict {
  const isForwarded = from.kind !== 'host' && target.kind !== 'host';
  const isOnHost = from.kind === 'network' ? interfaceName : target.interfaceName;
  const isPoliced =
    from.kind === 'workload' ||
    (target.kind === 'workload' ? from.kind !== 'host' : view.hostEndpointOn(isOnHost) !== undefined);
  if (!isPoliced && (!isForwarded || options.isConntrackLiberal === true)) return 'allow';
  steps.push({ stage: 'connection', rule: 'packet of no known flow', outcome: 'drop' });
  return 'drop';
}

/** A process of the host speaks: what goes to a local workload is not policed, since who rules the host rules its rules. */
function judgeFromHost(view: NodeView, { arrival, target, flow, steps }: Delivery): Verdict {
  if (target.kind === 'workload') {
    steps.push({
      stage: 'ingressPolicy',
      endpoint: target.workload.key,
      rule: 'host to local workload',
      outcome: 'allow',
    });
    return 'allow';
  }
  const { interfaceName } = target;
  const isAsked = !arrival.isAccepted;
  if (isAsked && judgeHostStage(view, 'normal', 'egress', interfaceName, flow, steps) === 'deny') return 'deny';
  if (target.kind === 'network') return 'allow';
  return judgeOwnArrival(view, interfaceName, flow, steps);
}

/** What the host sends to itself comes in again by the loopback interface. */
function judgeOwnArrival(view: NodeView, interfaceName: string, flow: Flow, steps: TraceStep[]): Verdict {
  for (const stage of ['untracked', 'preDnat', 'normal'] as const) {
    const decision = judgeHostStage(view, stage, 'ingress', interfaceName, flow, steps);
    if (decision !== 'next') return decision;
  }
  acceptHealthCheck(view, flow, steps);
  return 'allow';
}

/** The order is the FORWARD chain's: host endpoint coming in, sender, receiver, host endpoint going out. */
function judgeForwarded(view: NodeView, { arrival, target, flow, steps }: Delivery): Verdict {
  const { from, interfaceName, isAccepted } = arrival;
  const isDenied =
    (!isAccepted && judgeHostStage(view, 'forward', 'ingress', interfaceName, flow, steps) === 'deny') ||
    (from.kind === 'workload' && judgeWorkloadPolicy(view, 'egress', from.workload, flow, steps) === 'deny') ||
    (target.kind === 'workload' && judgeWorkloadPolicy(view, 'ingress', target.workload, flow, steps) === 'deny') ||
    judgeHostStage(view, 'forward', 'egress', target.interfaceName, flow, steps) === 'deny';
  return isDenied ? 'deny' : judgeLoop(view, flow, steps);
}

/** A service address that no service has is not routed on: the network would send it back. */
function judgeLoop(view: NodeView, { destination }: Flow, steps: TraceStep[]): Verdict {
  const { serviceLoopPrevention } = view.settings;
  if (serviceLoopPrevention === undefined || !view.mayLoop(destination)) return 'allow';
  const { action } = serviceLoopPrevention;
  steps.push({ stage: 'route', rule: 'serviceLoopPrevention', outcome: action });
  return action;
}

/** Host endpoint policy is not asked: the workload's own egress policy and the configured action decide. */
function judgeWorkloadToHost(view: NodeView, workload: LocalWorkload, { flow, options, steps }: Delivery): Verdict {
  if (isNeighbourDiscovery(flow.protocol, flow.icmp)) return acceptNeighbourDiscovery(workload, steps);
  if (judgeWorkloadPolicy(view, 'egress', workload, flow, steps) === 'deny') return 'deny';
  const action = view.settings.endpointToHostAction;
  steps.push({ stage: 'endpointToHost', endpoint: workload.key, rule: 'endpointToHostAction', outcome: action });
  if (action === 'return') return judgeByHostFirewall(view, flow, options, steps);
  return action === 'accept' ? 'allow' : 'drop';
}

function judgeNetworkToHost(view: NodeView, { arrival, flow, options, steps }: Delivery): Verdict {
  if (arrival.isAccepted) return 'allow';
  const decision = judgeHostStage(view, 'normal', 'ingress', arrival.interfaceName, flow, steps);
  return decision === 'next' ? judgeByHostFirewall(view, flow, options, steps) : decision;
}

/** No policy decided: the host's own INPUT chain does, and before it the rules for health-check node ports. */
function judgeByHostFirewall(
  view: NodeView,
  flow: Flow,
  { hostInputPolicy }: SimulatorOptions,
  steps: TraceStep[],
): Verdict {
  if (acceptHealthCheck(view, flow, steps) || hostInputPolicy !== 'drop') return 'allow';
  steps.push({ stage: 'hostFirewall', rule: 'policy of the INPUT chain', outcome: 'drop' });
  return 'drop';
}

/** A rule of its own lets load balancers ask how many endpoints there are. */
function acceptHealthCheck(view: NodeView, flow: Flow, steps: TraceStep[]): boolean {
  const healthCheck = healthCheckOf(view, flow);
  if (healthCheck === undefined) return false;
  const object = healthCheck.origin.object;
  steps.push({ stage: 'healthCheck', object, rule: 'spec.healthCheckNodePort', outcome: 'allow' });
  return true;
}

function healthCheckOf(view: NodeView, { protocol, destination: { port } }: Flow): ServicePort | undefined {
  return protocol === TCP && port !== undefined ? view.services.findByHealthCheckPort(port) : undefined;
}

/** What a workload needs so that the node can be its IPv6 router: egress policy does not judge it. */
function acceptNeighbourDiscovery({ key }: LocalWorkload, steps: TraceStep[]): Verdict {
  steps.push({ stage: 'egressPolicy', endpoint: key, rule: 'neighbour discovery', outcome: 'allow' });
  return 'allow';
}
