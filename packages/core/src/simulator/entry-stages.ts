/** What a packet meets before its destination may change: source check, untracked and pre-DNAT policy. */
import type { Flow } from './flow';
import { judgeHostStage } from './host-policy';
import type { LocalWorkload, NodeView } from './node-view';
import type { Packet, TraceStep, Verdict } from './packet';

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
}

/** The interface by which the host talks to itself. */
export const LOOPBACK_INTERFACE = 'lo';

/** The packet in the node, or what became of it before. */
export function judgeEntry(view: NodeView, packet: Packet, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  if (packet.entry.kind === 'workload') {
    const workload = view.workload(packet.entry.workload);
    if (workload === undefined) {
      steps.push({ stage: 'sourceCheck', rule: 'unknown workload', outcome: 'drop' });
      return 'drop';
    }
    return judgeFromWorkload(view, workload, flow, steps);
  }
  if (packet.entry.kind === 'host') return judgeFromHost(view, flow, steps);
  return judgeFromNetwork(view, packet.entry.interfaceName ?? view.uplink, flow, steps);
}

function judgeFromWorkload(view: NodeView, workload: LocalWorkload, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const { key, endpoint, allowedSources } = workload;
  if (!endpoint.addresses.includes(flow.source.address) && !allowedSources.contains(flow.source.value)) {
    const object = endpoint.origin.object;
    steps.push({ stage: 'sourceCheck', endpoint: key, object, rule: 'spoofed source', outcome: 'drop' });
    return 'drop';
  }
  // Untracked policy is not for packets of workloads; pre-DNAT policy meets them on all-interfaces host endpoints.
  const { interfaceName } = endpoint;
  const preDnat = judgeHostStage(view, 'preDnat', 'ingress', interfaceName, flow, steps);
  if (preDnat === 'deny') return 'deny';
  const from = { kind: 'workload', workload } as const;
  return { from, interfaceName, flow, isAccepted: preDnat === 'allow', isUntracked: false };
}

function judgeFromHost(view: NodeView, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const from = { kind: 'host' } as const;
  const isOwn = view.isHostAddress(flow.destination);
  const outgoing = isOwn ? LOOPBACK_INTERFACE : view.uplink;
  // Policy on the way out is not for what goes to a local workload.
  const isToWorkload = !isOwn && view.workloadAt(flow.destination.address) !== undefined;
  const untracked = isToWorkload ? 'next' : judgeHostStage(view, 'untracked', 'egress', outgoing, flow, steps);
  if (untracked === 'deny') return 'deny';
  const isUntracked = untracked === 'allow';
  return { from, interfaceName: LOOPBACK_INTERFACE, flow, isAccepted: isUntracked, isUntracked };
}

function judgeFromNetwork(view: NodeView, interfaceName: string, flow: Flow, steps: TraceStep[]): Arrival | Verdict {
  const from = { kind: 'network' } as const;
  if (view.isLoopback(flow.source)) {
    steps.push({ stage: 'sourceCheck', rule: 'loopback address from outside', outcome: 'drop' });
    return 'drop';
  }
  const untracked = judgeHostStage(view, 'untracked', 'ingress', interfaceName, flow, steps);
  if (untracked === 'deny') return 'deny';
  if (untracked === 'allow') return { from, interfaceName, flow, isAccepted: true, isUntracked: true };
  const preDnat = judgeHostStage(view, 'preDnat', 'ingress', interfaceName, flow, steps);
  if (preDnat === 'deny') return 'deny';
  return { from, interfaceName, flow, isAccepted: preDnat === 'allow', isUntracked: false };
}
