/** What a local workload's own policy says to a packet. */
import type { Flow } from './flow';
import type { NodeView } from './node-view';
import type { TraceStep } from './packet';
import type { Direction } from './policy-table';
import type { LocalWorkload } from './workload-table';

/** What is closed to every workload; then tiers, then profiles; nothing that allows: deny. */
export function judgeWorkloadPolicy(
  view: NodeView,
  direction: Direction,
  { key, endpoint }: LocalWorkload,
  flow: Flow,
  steps: TraceStep[],
): 'allow' | 'deny' {
  if (direction === 'egress' && isClosed(view, flow)) {
    steps.push({ stage: 'egressPolicy', endpoint: key, rule: 'tunnel of a workload', outcome: 'deny' });
    return 'deny';
  }
  const question = { stage: `${direction}Policy`, endpoint: key, direction, flow, steps } as const;
  return view.policies.judgeEndpoint(endpoint, question);
}

function isClosed({ settings: { closedToWorkloads = [] } }: NodeView, { protocol, destination }: Flow): boolean {
  return closedToWorkloads.some(
    (closed) => closed.protocol === protocol && (closed.port === undefined || closed.port === destination.port),
  );
}
