/** What of a transition would change a state. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Change,
  type DesiredKey,
  type DesiredStateStore,
  keyOfChange,
  orderChanges,
  type Transition,
} from '../state';

/** The changes that are left when those without effect are taken out; removals that a full transition implies are in. */
export function effectiveChanges(
  state: DesiredStateStore,
  { scope, changes }: Pick<Transition, 'scope' | 'changes'>,
): readonly Change[] {
  const effective = changes.map((change) => effectOf(state, change)).filter((change) => change !== undefined);
  return scope === 'full' ? orderChanges([...effective, ...impliedRemovals(state, changes)]) : effective;
}

function effectOf(state: DesiredStateStore, change: Change): Change | undefined {
  const current = state.get(keyOfChange(change));
  if (change.op === 'put') return isDeepStrictEqual(current, change.object) ? undefined : change;
  if (current === undefined) return undefined;
  if (change.op === 'remove') return change;
  if (current.type !== 'ipSet') return undefined;
  const added = change.added.filter((member) => !current.members.has(member));
  const removed = change.removed.filter((member) => current.members.has(member));
  return added.length + removed.length === 0 ? undefined : { ...change, added, removed };
}

function impliedRemovals(state: DesiredStateStore, changes: readonly Change[]): readonly Change[] {
  const kept = new Set<DesiredKey>(changes.map(keyOfChange));
  return [...state.objects()].filter(({ key }) => !kept.has(key)).map(({ key }): Change => ({ op: 'remove', key }));
}
