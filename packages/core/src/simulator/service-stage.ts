/** Service translation: where a packet may go, and whether it keeps its source on the way. */
import type { IpAddress, ServiceEndpoint } from '../state';
import { addressValueOf } from './address-value';
import type { Arrival } from './entry-stages';
import { type Flow, redirected } from './flow';
import { masqueradeReason } from './masquerade';
import type { NodeView } from './node-view';
import type { SimulatorOptions } from './options';
import type { Connection, TraceStep, Verdict } from './packet';
import { isNotPassedOn, targetOf } from './routing';
import { chooseEndpoints, type SenderFacts, type ServiceHit } from './service-table';

/** One way that the packet may take. */
export interface Way {
  /** The packet with its destination as it is from here on. */
  readonly flow: Flow;
  /** The source with which it leaves the node's dataplane. */
  readonly source: IpAddress;
  /** Why that is the node's own address; absent: it is not. */
  readonly masqueradeReason?: string;
}

export interface Translation {
  readonly isTranslated: boolean;
  readonly affinityTimeoutSeconds?: number;
  /** At least one. */
  readonly ways: readonly Way[];
}

/** The ways the packet may take, or what a service did with it instead. */
export function judgeService(
  view: NodeView,
  arrival: Arrival,
  options: SimulatorOptions,
  steps: TraceStep[],
): Translation | Verdict {
  const { flow, isUntracked, connection } = arrival;
  if (isUntracked) return untranslated(flow);
  if (connection !== undefined) return judgeConnection(flow, connection, steps);
  const floatingTarget = view.workloads.floatingTarget(flow.destination.address);
  if (floatingTarget !== undefined) return toFloatingTarget(flow, floatingTarget, steps);
  const hit = findService(view, flow);
  return hit === undefined ? judgeHostTranslation(arrival, options, steps) : translate(view, arrival, hit, steps);
}

function untranslated(flow: Flow): Translation {
  return { isTranslated: false, ways: [{ flow, source: flow.source.address }] };
}

/** A packet of a known flow is translated as the flow was, whatever the services are now. */
function judgeConnection(flow: Flow, connection: Connection, steps: TraceStep[]): Translation {
  steps.push({ stage: 'connection', rule: 'connection tracking', outcome: connection.state });
  if (connection.state === 'invalid') return untranslated(flow);
  const { source, destination } = connection;
  const isOriginal = connection.state === 'established' && connection.direction === 'original';
  const isMasqueraded = isOriginal && source.address !== flow.source.address;
  const way = {
    flow: redirected(flow, destination.address, destination.port),
    source: source.address,
    ...(isMasqueraded ? { masqueradeReason: 'flow is masqueraded' } : {}),
  };
  return { isTranslated: isOriginal && destination.address !== flow.destination.address, ways: [way] };
}

/** A workload that calls itself by its floating address sees that address as the caller's. */
function toFloatingTarget(flow: Flow, target: IpAddress, steps: TraceStep[]): Translation {
  const { address, port } = flow.destination;
  steps.push({ stage: 'floatingAddress', rule: address, outcome: `translated to ${target}` });
  const isOwn = flow.source.address === target;
  const source = isOwn ? address : flow.source.address;
  return { isTranslated: true, ways: [{ flow: redirected(flow, target, port), source }] };
}

function findService(view: NodeView, flow: Flow): ServiceHit | undefined {
  const byAddress = view.services.findByAddress(flow);
  if (byAddress !== undefined) return byAddress;
  const byNodePort = view.services.findByNodePort(flow);
  if (byNodePort === undefined || !view.host.answersNodePorts(flow.destination)) return undefined;
  return view.host.isOwn(flow.destination) ? byNodePort : asPeerHasIt(view, byNodePort, flow);
}

/** Who answers for a peer's node port under policy Local sends to that peer's endpoints; if it knows of none, the peer is asked. */
function asPeerHasIt(view: NodeView, hit: ServiceHit, { destination }: Flow): ServiceHit | undefined {
  if (hit.frontend.trafficPolicy !== 'local') return hit;
  const endpoints = hit.service.clusterEndpoints.filter(({ address }) => {
    const target = view.routes.find(addressValueOf(address))?.target;
    return target?.kind === 'node' && target.node === view.host.peerAt(destination.address);
  });
  const service = { ...hit.service, clusterEndpoints: endpoints, localEndpoints: endpoints };
  return endpoints.length === 0 ? undefined : { ...hit, service };
}

function translate(view: NodeView, arrival: Arrival, hit: ServiceHit, steps: TraceStep[]): Translation | Verdict {
  const { flow } = arrival;
  const sender = senderFactsOf(view, arrival);
  const choice = chooseEndpoints(hit, flow, sender);
  if (choice.kind !== 'endpoints') {
    steps.push({ ...serviceStep(hit), ...REFUSALS[choice.kind] });
    const isFromHost = arrival.from.kind === 'host';
    return isNotPassedOn(view, targetOf(view, flow, isFromHost), isFromHost) ? 'drop' : REFUSALS[choice.kind].outcome;
  }
  const targets = choice.endpoints.map(({ address, port }) => `${address}:${port}`).join(', ');
  steps.push({ ...serviceStep(hit), outcome: `translated to ${targets}` });
  const way = ({ address, port }: ServiceEndpoint): Way => {
    const reason = masqueradeReason(hit, address, flow, sender, view);
    const redirection = { flow: redirected(flow, address, port), source: flow.source.address };
    if (reason === undefined) return redirection;
    return {
      ...redirection,
      source: view.host.masqueradeAddress(flow.family) ?? flow.source.address,
      masqueradeReason: reason,
    };
  };
  const { affinityTimeoutSeconds } = hit.service;
  const affinity = affinityTimeoutSeconds === undefined ? {} : { affinityTimeoutSeconds };
  return { isTranslated: true, ...affinity, ways: choice.endpoints.map(way) };
}

const REFUSALS = {
  reject: { rule: 'no endpoints', outcome: 'reject' },
  drop: { rule: 'no local endpoints', outcome: 'drop' },
  forbidden: { rule: 'source outside loadBalancerSourceRanges', outcome: 'drop' },
} as const;

function senderFactsOf(view: NodeView, { from, flow }: Arrival): SenderFacts {
  const { localDetector } = view.settings;
  const isLocalPod =
    localDetector.kind === 'workloadInterfaces' ? from.kind === 'workload' : view.isPodSource(flow.source);
  const isNode = from.kind === 'host' || view.host.isOwn(flow.source);
  return { isLocalPod, isNode, nodeAddress: view.host.masqueradeAddress(flow.family) };
}

function serviceStep({ service, frontend }: ServiceHit): Pick<TraceStep, 'stage' | 'object' | 'rule'> {
  return { stage: 'service', object: service.origin.object, rule: `${frontend.kind} ${service.origin.field}` };
}

function judgeHostTranslation({ from, flow }: Arrival, options: SimulatorOptions, steps: TraceStep[]): Translation {
  const { address, port } = flow.destination;
  const found = options.hostTranslations?.find(
    (candidate) =>
      candidate.protocol === flow.protocol && candidate.from.address === address && candidate.from.port === port,
  );
  if (found === undefined || from.kind === 'host') return untranslated(flow);
  const { to } = found;
  steps.push({
    stage: 'hostTranslation',
    rule: `${address}:${port}`,
    outcome: `translated to ${to.address}:${to.port}`,
  });
  return { isTranslated: true, ways: [{ flow: redirected(flow, to.address, to.port), source: flow.source.address }] };
}
