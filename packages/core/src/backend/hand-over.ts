/** Handing one transition to a session, and what its errors mean to the reconciler. */
import { CoreError } from '../core-error';
import { CodedError } from '../errors';
import type { Change, Transition } from '../state';
import { DataplaneError, type DataplaneSession, type Plan } from './backend';

export type HandOverResult =
  | { readonly type: 'done' }
  /** May succeed when repeated. */
  | { readonly type: 'failed'; readonly error: unknown }
  /** Will not succeed as it stands. `hasPlan`: a plan could be made, but not be put into force. */
  | { readonly type: 'refused'; readonly error: unknown; readonly hasPlan: boolean };

/** Plans and applies. */
export async function handOver(session: DataplaneSession, transition: Transition): Promise<HandOverResult> {
  let plan: Plan | undefined;
  try {
    plan = session.plan(transition);
    await session.apply(plan);
    return { type: 'done' };
  } catch (error) {
    return isRetriable(error) ? { type: 'failed', error } : { type: 'refused', error, hasPlan: plan !== undefined };
  }
}

/**
 * The first change in a full transition for which no plan can be made, given those before it. Only plans, so nothing is
 * written; costs as many plans as the number of changes has bits.
 */
export function findUnplannable(session: DataplaneSession, transition: Transition): Change | undefined {
  const { changes } = transition;
  if (canPlan(session, transition)) return undefined;
  let plannable = 0;
  let unplannable = changes.length;
  while (unplannable - plannable > 1) {
    const middle = (plannable + unplannable) >> 1;
    if (canPlan(session, { ...transition, changes: changes.slice(0, middle) })) plannable = middle;
    else unplannable = middle;
  }
  return changes[plannable];
}

/** A stale plan is made anew; an error that is no dataplane's is taken for a fault in handling some object. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof DataplaneError) return error.isRetriable;
  return error instanceof CoreError && error.code === 'PP_PLAN_STALE';
}

export function describeError(error: unknown): { readonly code: string; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof CodedError ? error.code : 'PP_APPLY_FAILED', message };
}

function canPlan(session: DataplaneSession, transition: Transition): boolean {
  try {
    session.plan(transition);
    return true;
  } catch {
    // The error itself was caught, and reported, by the hand-over before.
    return false;
  }
}
