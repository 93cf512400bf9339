/** Changes that wait for a busy session, conflated: one entry an object, whatever happened to it meanwhile. */
import {
  type Change,
  type DesiredKey,
  type DesiredStateStore,
  type IpSetKey,
  type IpSetMember,
  keyOfChange,
  orderChanges,
} from '../state';

/** `whole`: the object as it is when it is handed over, or its removal. `members`: only these members of a set changed. */
type Entry =
  | { readonly type: 'whole' }
  | {
      readonly type: 'members';
      readonly key: IpSetKey;
      readonly added: ReadonlySet<IpSetMember>;
      readonly removed: ReadonlySet<IpSetMember>;
    };

const WHOLE: Entry = { type: 'whole' };

/** The entries hold no objects: the newest version is looked up in the wanted state when the changes are taken. */
export class PendingChanges {
  readonly #entries = new Map<DesiredKey, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  has(key: DesiredKey): boolean {
    return this.#entries.has(key);
  }

  /** A change that came after everything that waits. */
  add(change: Change): void {
    const key = keyOfChange(change);
    this.#entries.set(key, merge(this.#entries.get(key), entryOf(change)));
  }

  /** The object must be handed over whole, whatever else waits. */
  addWhole(key: DesiredKey): void {
    this.#entries.set(key, WHOLE);
  }

  /** Puts back changes that were taken before what waits now came in. */
  restore(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOfChange(change);
      const newer = this.#entries.get(key);
      this.#entries.set(key, newer === undefined ? entryOf(change) : merge(entryOf(change), newer));
    }
  }

  /** Everything that waits, as changes that lead to `wanted`, in a safe order; nothing waits afterwards. */
  take(wanted: DesiredStateStore): readonly Change[] {
    const changes = [...this.#entries].map(([key, entry]) => changeOf(key, entry, wanted));
    this.clear();
    return orderChanges(changes);
  }

  clear(): void {
    this.#entries.clear();
  }
}

function entryOf(change: Change): Entry {
  if (change.op !== 'members') return WHOLE;
  return { type: 'members', key: change.key, added: new Set(change.added), removed: new Set(change.removed) };
}

/** For each member, what was said last counts. */
function merge(older: Entry | undefined, newer: Entry): Entry {
  if (older === undefined) return newer;
  if (older.type === 'whole' || newer.type === 'whole') return WHOLE;
  const added = new Set(older.added);
  const removed = new Set(older.removed);
  for (const member of newer.removed) {
    added.delete(member);
    removed.add(member);
  }
  for (const member of newer.added) {
    removed.delete(member);
    added.add(member);
  }
  return { type: 'members', key: newer.key, added, removed };
}

function changeOf(key: DesiredKey, entry: Entry, wanted: DesiredStateStore): Change {
  if (entry.type === 'members' && wanted.get(key) !== undefined) {
    return { op: 'members', key: entry.key, added: [...entry.added], removed: [...entry.removed] };
  }
  const object = wanted.getSnapshot(key);
  return object === undefined ? { op: 'remove', key } : { op: 'put', object };
}
