/** Service translation: where a packet may go, and whether it keeps its source on the way. */
import type { ServiceEndpoint } from '../state';
import type { Arrival } from './entry-stages';
import { type Flow, redirected } from './flow';
import { masqueradeReason } from './masquerade';
import type { NodeView } from './node-view';
import type { SimulatorOptions } from './options';
import type { TraceStep, Verdict } from './packet';
import { chooseEndpoints, type SenderFacts, type ServiceHit } from './service-table';

/** One way that the packet may take. */
export interface Way {
  /** The packet with its destination as it is from here on. */
  readonly flow: Flow;
  /** Why its source becomes the node's address; absent: it keeps its source. */
  readonly masqueradeReason?: string;
}

export interface Translation {
  readonly isTranslated: boolean;
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
  const { flow } = arrival;
  if (arrival.isUntracked) return { isTranslated: false, ways: [{ flow }] };
  const hit = findService(view, flow);
  return hit === undefined ? judgeHostTranslation(arrival, options, steps) : translate(view, arrival, hit, steps);
}

function findService(view: NodeView, flow: Flow): ServiceHit | undefined {
  const byAddress = view.services.findByAddress(flow);
  if (byAddress !== undefined) return byAddress;
  const byNodePort = view.services.findByNodePort(flow);
  return byNodePort !== undefined && view.isNodePortAddress(flow.destination) ? byNodePort : undefined;
}

function translate(view: NodeView, arrival: Arrival, hit: ServiceHit, steps: TraceStep[]): Translation | Verdict {
  const { flow } = arrival;
  const sender = senderFactsOf(view, arrival);
  const choice = chooseEndpoints(hit, flow, sender);
  if (choice.kind !== 'endpoints') {
    steps.push({ ...serviceStep(hit), ...REFUSALS[choice.kind] });
    return REFUSALS[choice.kind].outcome;
  }
  const targets = choice.endpoints.map(({ address, port }) => `${address}:${port}`).join(', ');
  steps.push({ ...serviceStep(hit), outcome: `translated to ${targets}` });
  const way = ({ address, port }: ServiceEndpoint): Way => {
    const reason = masqueradeReason(hit, address, flow, sender, view.settings);
    return { flow: redirected(flow, address, port), ...(reason === undefined ? {} : { masqueradeReason: reason }) };
  };
  return { isTranslated: true, ways: choice.endpoints.map(way) };
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
  return { isLocalPod, isNode: from.kind === 'host' || view.isHostAddress(flow.source) };
}

function serviceStep({ service, frontend }: ServiceHit): { stage: string; object: TraceStep['object']; rule: string } {
  return { stage: 'service', object: service.origin.object, rule: `${frontend.kind} ${service.origin.field}` };
}

function judgeHostTranslation({ from, flow }: Arrival, options: SimulatorOptions, steps: TraceStep[]): Translation {
  const { address, port } = flow.destination;
  const found = options.hostTranslations?.find(
    (candidate) =>
      candidate.protocol === flow.protocol && candidate.from.address === address && candidate.from.port === port,
  );
  if (found === undefined || from.kind === 'host') return { isTranslated: false, ways: [{ flow }] };
  const { to } = found;
  steps.push({
    stage: 'hostTranslation',
    rule: `${address}:${port}`,
    outcome: `translated to ${to.address}:${to.port}`,
  });
  return { isTranslated: true, ways: [{ flow: redirected(flow, to.address, to.port) }] };
}
