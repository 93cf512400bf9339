/** A map that differs from another in a few entries: making one costs what differs, not what is the same. */

/** What stands for an entry that is gone. */
const GONE = Symbol('gone');
/** More differences than this share of the map, and than a few, are put into a map of their own. */
const LARGEST_SHARE = 1 / 16;
const FEW = 64;

/** The map as it is after some entries were put (a value) or removed (undefined). Neither map changes. */
export function overlay<K, V>(base: ReadonlyMap<K, V>, changes: ReadonlyMap<K, V | undefined>): ReadonlyMap<K, V> {
  const root = rootOf(base);
  const differences = new Map<K, V | typeof GONE>(base instanceof OverlayMap ? base.differences : []);
  for (const [key, value] of changes) {
    if (value === undefined && !root.has(key)) differences.delete(key);
    else differences.set(key, value === undefined ? GONE : value);
  }
  const map = new OverlayMap(root, differences);
  return differences.size > Math.max(FEW, root.size * LARGEST_SHARE) ? new Map(map) : map;
}

/** Keys under which two maps may hold something else: few where one was made of the other by {@link overlay}, else all of both. */
export function keysThatMayDiffer<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): Iterable<K> {
  if (a === b) return [];
  const [ofA, ofB] = rootOf(a) === rootOf(b) ? [differencesOf(a), differencesOf(b)] : [a, b];
  return new Set([...ofA.keys(), ...ofB.keys()]);
}

function rootOf<K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  return map instanceof OverlayMap ? map.root : map;
}

function differencesOf<K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, unknown> {
  return map instanceof OverlayMap ? map.differences : new Map();
}

class OverlayMap<K, V> implements ReadonlyMap<K, V> {
  readonly size: number;

  constructor(
    readonly root: ReadonlyMap<K, V>,
    readonly differences: ReadonlyMap<K, V | typeof GONE>,
  ) {
    let size = root.size;
    for (const [key, value] of differences) {
      if (value === GONE) size -= 1;
      else if (!root.has(key)) size += 1;
    }
    this.size = size;
  }

  get(key: K): V | undefined {
    const value = this.differences.get(key);
    if (value === undefined) return this.root.get(key);
    return value === GONE ? undefined : value;
  }

  has(key: K): boolean {
    const value = this.differences.get(key);
    return value === undefined ? this.root.has(key) : value !== GONE;
  }

  forEach(action: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) action(value, key, this);
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.root) {
      const other = this.differences.get(key);
      if (other === undefined) yield [key, value];
      else if (other !== GONE) yield [key, other];
    }
    for (const [key, value] of this.differences) {
      if (value !== GONE && !this.root.has(key)) yield [key, value];
    }
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
