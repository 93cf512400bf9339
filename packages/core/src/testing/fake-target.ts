/** The fake's kernel: what is in force, outliving sessions, and able to lose, double and corrupt it. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  DesiredStateStore,
  keyOfChange,
  orderChanges,
} from '../state';

/** One object in force. A corrupted one equals nothing. */
export interface FakeEntry {
  readonly object: DesiredObject;
  readonly isIntact: boolean;
}

/** What a fake target holds, by key. */
export type FakeEntries = ReadonlyMap<DesiredKey, FakeEntry>;

/** What is in force. Reading it is what a real backend does by asking the kernel. */
export class FakeTarget {
  readonly #entries = new Map<DesiredKey, FakeEntry>();
  #isReachable = true;

  get isReachable(): boolean {
    return this.#isReachable;
  }

  set isReachable(value: boolean) {
    this.#isReachable = value;
  }

  /** A copy of what is in force. */
  read(): FakeEntries {
    return new Map(this.#entries);
  }

  /** What is in force, as a desired state that a test can compare. Corrupted objects are not in it. */
  state(): DesiredStateStore {
    const store = new DesiredStateStore();
    const puts = [...this.#entries.values()]
      .filter((entry) => entry.isIntact)
      .map(({ object }): Change => ({ op: 'put', object }));
    store.apply({ scope: 'full', changes: orderChanges(puts) });
    return store;
  }

  /** Puts, changes or removes an entry. */
  write(change: Change): void {
    const key = keyOfChange(change);
    const next = changedEntry(this.#entries.get(key), change);
    if (next === undefined) this.#entries.delete(key);
    else this.#entries.set(key, next);
  }

  /** The object vanishes. */
  lose(key: DesiredKey): void {
    this.#entries.delete(key);
  }

  /** The object is there, but not as it was put. */
  corrupt(key: DesiredKey): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#entries.set(key, { ...entry, isIntact: false });
  }

  /** A second one appears under a key that nobody asked for. */
  duplicate(key: DesiredKey): void {
    const entry = this.#entries.get(key);
    // A key with a suffix keeps its type; no desired object has it.
    if (entry !== undefined) this.#entries.set(`${key}~copy` as DesiredKey, { ...entry, isIntact: false });
  }

  /** Removes everything. */
  clear(): void {
    this.#entries.clear();
  }
}

/** The entry after a change; undefined: none. */
export function changedEntry(entry: FakeEntry | undefined, change: Change): FakeEntry | undefined {
  if (change.op === 'remove') return undefined;
  if (change.op === 'put') return { object: change.object, isIntact: true };
  if (entry?.object.type !== 'ipSet') return entry;
  const members = new Set(entry.object.members);
  for (const member of change.removed) members.delete(member);
  for (const member of change.added) members.add(member);
  return { object: { ...entry.object, members }, isIntact: entry.isIntact };
}

/** Whether two entries are equal. */
export function isSameEntry(a: FakeEntry | undefined, b: FakeEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.isIntact && b.isIntact && isDeepStrictEqual(a.object, b.object);
}
