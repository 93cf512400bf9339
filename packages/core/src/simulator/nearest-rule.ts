/** The rule that came nearest to letting a denied packet through. */
import type { TraceStep } from './packet';

/** An allow rule that was asked before the packet was denied; had its conditions held, it would have allowed it. */
export type UnmatchedStep = TraceStep & Required<Pick<TraceStep, 'unmatched'>>;

/**
 * Of the allow rules that the deciding stage asked of the same endpoint before it denied, the one that failed in the
 * fewest conditions, the first of equals. Undefined when policy denied nothing, or no such rule was asked.
 * @param steps those of a simulator that `tellsUnmatched`
 */
export function nearestRule(steps: readonly TraceStep[]): UnmatchedStep | undefined {
  const denial = steps.at(-1);
  if (denial?.outcome !== 'deny') return undefined;
  const candidates = steps.filter(isUnmatched).filter(isAllowOf(denial));
  return candidates.reduce<UnmatchedStep | undefined>(
    (best, step) => (best === undefined || step.unmatched.unmet.length < best.unmatched.unmet.length ? step : best),
    undefined,
  );
}

function isUnmatched(step: TraceStep): step is UnmatchedStep {
  return step.unmatched !== undefined;
}

function isAllowOf({ stage, endpoint }: TraceStep): (step: UnmatchedStep) => boolean {
  return (step) => step.unmatched.action === 'allow' && step.stage === stage && step.endpoint === endpoint;
}
