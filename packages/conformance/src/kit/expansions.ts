/** Expansions: other ways to the same desired state. A backend must end the same on each of them. */
import { isDeepStrictEqual } from 'node:util';
import { type Change, type DesiredKey, type DesiredObject, keyOfChange, orderChanges } from '@polyplane/core';

/** Changes that come together, in safe order. An event sequence is a list of batches, from the empty state on. */
export type Batch = readonly Change[];

/** The ways in which an event sequence is expanded. */
export const EXPANSIONS = ['reversed', 'reverted', 'withEmptyBatches', 'split', 'squashed'] as const;

/** One of {@link EXPANSIONS}. */
export type Expansion = (typeof EXPANSIONS)[number];

/**
 * - `reversed`: through the states in reverse order, then to the last one.
 * - `reverted`: every batch is put, taken back, and put again.
 * - `withEmptyBatches`: batches without a change before, between and after.
 * - `split`: every change a batch of its own.
 * - `squashed`: one batch from nothing to the end.
 *
 * Whatever the given batches leave consistent after each (no object names one that is not there), these do.
 */
export function expandSequence(batches: readonly Batch[]): Readonly<Record<Expansion, readonly Batch[]>> {
  const states = statesAlong(batches);
  const last = states.at(-1) ?? EMPTY;
  return {
    reversed: pathThrough([...states.slice(0, -1).reverse(), last]),
    reverted: batches.flatMap((batch, index) => {
      const before = states[index - 1] ?? EMPTY;
      const after = states[index] ?? EMPTY;
      return [batch, changesBetween(after, before), changesBetween(before, after)];
    }),
    withEmptyBatches: [[], ...batches.flatMap((batch) => [batch, []])],
    split: batches.flatMap((batch) => batch.map((change) => [change])),
    squashed: [changesBetween(EMPTY, last)],
  };
}

/** Objects by key; never changed once made. */
export type StateSnapshot = ReadonlyMap<DesiredKey, DesiredObject>;

const EMPTY: StateSnapshot = new Map();

/** The state that the batches lead to. */
export function stateAfter(batches: readonly Batch[]): StateSnapshot {
  return statesAlong(batches).at(-1) ?? EMPTY;
}

/** What makes `to` of `from`, in safe order. */
export function changesBetween(from: StateSnapshot, to: StateSnapshot): Batch {
  const puts = [...to.values()]
    .filter((object) => !isDeepStrictEqual(from.get(object.key), object))
    .map((object): Change => ({ op: 'put', object }));
  const removals = [...from.keys()].filter((key) => !to.has(key)).map((key): Change => ({ op: 'remove', key }));
  return orderChanges([...puts, ...removals]);
}

/** The state after each batch. */
function statesAlong(batches: readonly Batch[]): readonly StateSnapshot[] {
  const states: StateSnapshot[] = [];
  for (const batch of batches) states.push(changedState(states.at(-1) ?? EMPTY, batch));
  return states;
}

function changedState(state: StateSnapshot, batch: Batch): StateSnapshot {
  const next = new Map(state);
  for (const change of batch) {
    const key = keyOfChange(change);
    const object = changedObject(next.get(key), change);
    if (object === undefined) next.delete(key);
    else next.set(key, object);
  }
  return next;
}

function changedObject(object: DesiredObject | undefined, change: Change): DesiredObject | undefined {
  if (change.op === 'remove') return undefined;
  if (change.op === 'put') return change.object;
  if (object?.type !== 'ipSet') return object;
  const removed = new Set(change.removed);
  const kept = [...object.members].filter((member) => !removed.has(member));
  return { ...object, members: new Set([...kept, ...change.added]) };
}

function pathThrough(states: readonly StateSnapshot[]): readonly Batch[] {
  return states.map((state, index) => changesBetween(states[index - 1] ?? EMPTY, state));
}
