/**
 * A tracker of what is wanted against what is there, for things that have a key: routes, map entries, chains.
 *
 *          wanted              there
 *      ┌─────────────┬────────────────────┬──────────────┐
 *      │   missing   │  equal  |  differs │    extra     │
 *      └─────────────┴────────────────────┴──────────────┘
 *      pendingUpdates: missing, differs     pendingDeletions: extra
 *
 * Every operation costs O(1), and what is equal is never walked over: a pass of repairs costs what differs.
 */

/** A wanted value that is not there yet. */
export type PendingUpdate<V> =
  | { readonly kind: 'missing'; readonly wanted: V }
  | { readonly kind: 'differs'; readonly wanted: V; readonly actual: V };

/** How a tracker compares. */
export interface DeltaTrackerOptions<V> {
  /** Whether two values need no write between them. Default: `Object.is`. */
  readonly isEqual?: (a: V, b: V) => boolean;
}

/**
 * Keys are compared as `Map` does. A value that is handed in must not be changed afterwards; to edit one, hand in a new one.
 */
export class DeltaTracker<K, V> {
  readonly #equal = new Map<K, V>();
  readonly #updates = new Map<K, PendingUpdate<V>>();
  readonly #extra = new Map<K, V>();
  readonly #isEqual: (a: V, b: V) => boolean;

  constructor(options: DeltaTrackerOptions<V> = {}) {
    this.#isEqual = options.isEqual ?? Object.is;
  }

  /** What must be written, in the order in which it became so. May be walked while {@link markWritten} is called. */
  get pendingUpdates(): ReadonlyMap<K, PendingUpdate<V>> {
    return this.#updates;
  }

  /** What must be deleted, with the value that is there. May be walked while {@link markDeleted} is called. */
  get pendingDeletions(): ReadonlyMap<K, V> {
    return this.#extra;
  }

  /** Nothing differs. */
  get isInSync(): boolean {
    return this.#updates.size === 0 && this.#extra.size === 0;
  }

  get wantedSize(): number {
    return this.#equal.size + this.#updates.size;
  }

  /** The wanted value; undefined: none is wanted. */
  getWanted(key: K): V | undefined {
    return this.#wantedSlot(key)?.value;
  }

  /** The value that is there; undefined: none is. */
  getActual(key: K): V | undefined {
    return this.#actualSlot(key)?.value;
  }

  /** Whether a value is wanted under this key. */
  hasWanted(key: K): boolean {
    return this.#wantedSlot(key) !== undefined;
  }

  /** Whether a value is there under this key. */
  hasActual(key: K): boolean {
    return this.#actualSlot(key) !== undefined;
  }

  /** Every wanted value. */
  *wanted(): Iterable<readonly [K, V]> {
    yield* this.#equal;
    for (const [key, update] of this.#updates) yield [key, update.wanted];
  }

  /** From now on this value is wanted under the key. */
  want(key: K, value: V): void {
    this.#place(key, { value }, this.#actualSlot(key));
  }

  /** From now on nothing is wanted under the key. */
  unwant(key: K): void {
    this.#place(key, undefined, this.#actualSlot(key));
  }

  /** Wants exactly these. */
  wantOnly(entries: Iterable<readonly [K, V]>): void {
    const wanted = new Map(entries);
    for (const key of [...this.#equal.keys(), ...this.#updates.keys()]) if (!wanted.has(key)) this.unwant(key);
    for (const [key, value] of wanted) this.want(key, value);
  }

  /** This value was seen to be there. */
  observe(key: K, value: V): void {
    this.#place(key, this.#wantedSlot(key), { value });
  }

  /** Nothing is there under this key. */
  observeGone(key: K): void {
    this.#place(key, this.#wantedSlot(key), undefined);
  }

  /** Exactly these are there: the result of reading everything back. */
  observeOnly(entries: Iterable<readonly [K, V]>): void {
    const actual = new Map(entries);
    for (const [key, update] of [...this.#updates]) {
      if (update.kind === 'differs' && !actual.has(key)) this.observeGone(key);
    }
    for (const key of [...this.#equal.keys(), ...this.#extra.keys()]) if (!actual.has(key)) this.observeGone(key);
    for (const [key, value] of actual) this.observe(key, value);
  }

  /** The pending update was written: what was wanted is there now. */
  markWritten(key: K): void {
    const update = this.#updates.get(key);
    if (update !== undefined) this.observe(key, update.wanted);
  }

  /** The pending deletion was done. */
  markDeleted(key: K): void {
    this.#extra.delete(key);
  }

  #wantedSlot(key: K): Slot<V> | undefined {
    const update = this.#updates.get(key);
    if (update !== undefined) return { value: update.wanted };
    return slotIn(this.#equal, key);
  }

  #actualSlot(key: K): Slot<V> | undefined {
    const update = this.#updates.get(key);
    if (update !== undefined) return update.kind === 'differs' ? { value: update.actual } : undefined;
    return slotIn(this.#equal, key) ?? slotIn(this.#extra, key);
  }

  /** Files the key where it belongs; it stands in one of the three maps or in none. */
  #place(key: K, wanted: Slot<V> | undefined, actual: Slot<V> | undefined): void {
    const isEqual = wanted !== undefined && actual !== undefined && this.#isEqual(wanted.value, actual.value);
    if (isEqual) this.#equal.set(key, wanted.value);
    else this.#equal.delete(key);
    if (wanted !== undefined && !isEqual) this.#updates.set(key, pendingUpdate(wanted, actual));
    else this.#updates.delete(key);
    if (wanted === undefined && actual !== undefined) this.#extra.set(key, actual.value);
    else this.#extra.delete(key);
  }
}

/** A value that is there, also when it is `undefined`. */
interface Slot<V> {
  readonly value: V;
}

function slotIn<K, V>(map: ReadonlyMap<K, V>, key: K): Slot<V> | undefined {
  // `has` was asked, so the value is a V even when it is undefined.
  return map.has(key) ? { value: map.get(key) as V } : undefined;
}

function pendingUpdate<V>(wanted: Slot<V>, actual: Slot<V> | undefined): PendingUpdate<V> {
  return actual === undefined
    ? { kind: 'missing', wanted: wanted.value }
    : { kind: 'differs', wanted: wanted.value, actual: actual.value };
}
