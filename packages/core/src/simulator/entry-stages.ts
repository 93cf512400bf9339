/** What a packet meets before its destination may change: source check, untracked and pre-DNAT policy. */
import type { Flow } from './flow';
import { isLoopback } from './host-addresses';
import { judgeHostStage } from './host-policy';
import type { NodeView } from './node-view';
import type { Connection, Packet, TraceStep, Verdict } from './packet';
import type { PolicyDecision } from './policy-table';
import { LOOPBACK_INTERFACE, targetOf } from './routing';
import { type LocalWorkload, maySend } from './workload-table';

/** A packet that is in the node. */
export interface Arrival {
  readonly from:
    | { readonly kind: 'workload'; readonly workload: LocalWorkload }
    | { readonly kind: 'host' }
    | { readonly kind: 'network' };
  /** Where it came in; `lo` for the host's own. */
  readonly interfaceName: string;
  readonly flow: Flow;
  /** An untracked or pre-DNAT rule accepted it: the host endpoint where it came in asks no more. */
  readonly isAccepted: boolean;
  /** Connection tracking, and with it all translation, is off. */
  readonly isUntracked: boolean;
  /** Present: the packet opens no flow. */
  readonly connection?: Connection;
}

/** The packet in the node, or what became of it before. */
export function judgeEntry(view: NodeView, packet: Packet, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const arrival = admit(view, packet, flow, steps);
  if (typeof arrival === 'string' || arrival.isUntracked) return arrival;
  // Connection tracking has its say between the two: what it knows is past pre-DNAT policy.
  if (packet.connection !== undefined) return { ...arrival, connection: packet.connection };
  // Pre-DNAT policy is not for what the host sends; what workloads send it meets on all-interfaces host endpoints.
  if (arrival.from.kind === 'host') return arrival;
  const decision = judgeHostStage(view, 'preDnat', 'ingress', arrival.interfaceName, flow, steps);
  return decision === 'deny' ? 'deny' : { ...arrival, isAccepted: decision === 'allow' };
}

function admit(view: NodeView, { entry }: Packet, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  if (entry.kind === 'host') return admitFromHost(view, flow, steps);
  if (entry.kind === 'network') return admitFromNetwork(view, entry.interfaceName ?? view.uplink, flow, steps);
  const workload = view.workloads.get(entry.workload);
  if (workload !== undefined) return admitFromWorkload(workload, flow, steps);
  steps.push({ stage: 'sourceCheck', rule: 'unknown workload', outcome: 'drop' });
  return 'drop';
}

/** Untracked policy is not for what workloads send. */
function admitFromWorkload(workload: LocalWorkload, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const { key, endpoint } = workload;
  if (!maySend(workload, flow.source)) {
    const object = endpoint.origin.object;
    steps.push({ stage: 'sourceCheck', endpoint: key, object, rule: 'spoofed source', outcome: 'drop' });
    return 'drop';
  }
  const from = { kind: 'workload', workload } as const;
  return { from, interfaceName: endpoint.interfaceName, flow, isAccepted: false, isUntracked: false };
}

function admitFromHost(view: NodeView, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const { kind, interfaceName } = targetOf(view, flow, true);
  // Policy on the way out is not for what goes to a local workload.
  const isAsked = kind !== 'workload';
  const decision = isAsked ? judgeHostStage(view, 'untracked', 'egress', interfaceName, flow, steps) : 'next';
  return afterUntracked({ kind: 'host' }, LOOPBACK_INTERFACE, flow, decision);
}

function admitFromNetwork(view: NodeView, interfaceName: string, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const refusal = isLoopback(flow.source)
    ? 'loopback address from outside'
    : view.isWorkloadInterface(interfaceName)
      ? 'workload interface without an endpoint'
      : undefined;
  if (refusal !== undefined) {
    steps.push({ stage: 'sourceCheck', rule: refusal, outcome: 'drop' });
    return 'drop';
  }
  const decision = judgeHostStage(view, 'untracked', 'ingress', interfaceName, flow, steps);
  return afterUntracked({ kind: 'network' }, interfaceName, flow, decision);
}

function afterUntracked(
  from: Arrival['from'],
  interfaceName: string,
  flow: Flow,
  decision: PolicyDecision,
): Arrival | Verdict {
  const isUntracked = decision === 'allow';
  return decision === 'deny' ? 'deny' : { from, interfaceName, flow, isAccepted: isUntracked, isUntracked };
}
