/** Applying what is not in force: hands it to the session and, where that refuses, finds out which objects are to blame. */
import { type Change, type DesiredKey, keyOfChange, type Transition } from '../state';
import type { DataplaneSession } from './backend';
import type { Backlog } from './backlog';
import { findUnplannable, type HandOverResult, handOver } from './hand-over';

/** `restarted`: the target was, during a call. What was written is gone, and the backlog's next transition is full. */
export type ApplyResult = HandOverResult | { readonly type: 'restarted' };

/** Failed calls that the search for culprits may cost before the rest of a batch is put off. */
const MAX_SEARCH_FAILURES = 64;

/**
 * Applies what was taken from the backlog; each change is settled, held or waiting there afterwards. The search for
 * culprits ends early when `isStopping` says so.
 */
export function applyBacklog(
  session: DataplaneSession,
  backlog: Backlog,
  taken: Transition,
  isStopping: () => boolean,
): Promise<ApplyResult> {
  const apply = taken.scope === 'full' ? applyFull : applyDelta;
  return apply(session, backlog, taken, isStopping);
}

async function applyFull(
  session: DataplaneSession,
  backlog: Backlog,
  taken: Transition,
  isStopping: () => boolean,
): Promise<ApplyResult> {
  let { changes } = taken;
  for (;;) {
    const transition = { ...taken, changes };
    const result = await handOver(session, transition);
    if (backlog.isFullDue) return { type: 'restarted' };
    if (result.type === 'done') {
      backlog.settleFull(changes);
      return result;
    }
    const culprits = result.type === 'refused' ? holdCulprits(session, backlog, transition, result) : NOBODY;
    if (culprits.size === 0 || isStopping()) {
      backlog.startOver();
      return result;
    }
    changes = changes.filter((change) => !culprits.has(keyOfChange(change)));
  }
}

/** Holds back those that the refusal names or, where no plan could be made, the first that cannot be planned. */
function holdCulprits(
  session: DataplaneSession,
  backlog: Backlog,
  transition: Transition,
  refusal: Extract<HandOverResult, { readonly type: 'refused' }>,
): ReadonlySet<DesiredKey> {
  const blamed = backlog.holdNamed(transition.changes, refusal.error);
  if (blamed.size > 0 || refusal.hasPlan) return blamed;
  const culprit = findUnplannable(session, transition);
  return culprit === undefined ? NOBODY : backlog.hold([culprit], refusal.error);
}

async function applyDelta(
  session: DataplaneSession,
  backlog: Backlog,
  taken: Transition,
  isStopping: () => boolean,
): Promise<ApplyResult> {
  const parts = taken.changes.length === 0 ? [] : [taken.changes];
  let searchFailures = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const result = await handOver(session, { ...taken, changes: part });
    if (backlog.isFullDue) return { type: 'restarted' };
    if (result.type === 'done') {
      backlog.settle(part);
      continue;
    }
    const rest = result.type === 'refused' ? withoutCulprits(backlog, part, result.error) : undefined;
    searchFailures += rest?.isSearch === true ? 1 : 0;
    if (rest === undefined || searchFailures > MAX_SEARCH_FAILURES || isStopping()) {
      for (const waiting of [...(rest?.parts ?? [part]), ...parts]) backlog.restore(waiting);
      return result;
    }
    parts.unshift(...rest.parts);
  }
  return { type: 'done' };
}

/** What is left of a refused part: without those that were blamed, or its halves. */
function withoutCulprits(
  backlog: Backlog,
  part: readonly Change[],
  error: unknown,
): { readonly parts: readonly (readonly Change[])[]; readonly isSearch: boolean } {
  const blamed = backlog.holdNamed(part, error);
  if (blamed.size > 0) {
    const rest = part.filter((change) => !blamed.has(keyOfChange(change)));
    return { parts: rest.length > 0 ? [rest] : [], isSearch: false };
  }
  if (part.length === 1) {
    backlog.hold(part, error);
    return { parts: [], isSearch: true };
  }
  const middle = Math.ceil(part.length / 2);
  return { parts: [part.slice(0, middle), part.slice(middle)], isSearch: true };
}

const NOBODY: ReadonlySet<DesiredKey> = new Set();
