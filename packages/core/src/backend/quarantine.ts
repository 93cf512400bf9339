/** Quarantine: objects that a session refused for good, kept out of what it is handed until something changes. */
import { type Change, type DesiredKey, type DesiredObject, keyOfChange, referencesOf, typeOfKey } from '../state';

/** One object that is left out, and why. */
export interface QuarantinedObject {
  readonly key: DesiredKey;
  /** Code of the error with which the session refused it last. */
  readonly code: string;
  readonly message: string;
  /** When it was first refused; milliseconds since 1970. */
  readonly since: number;
}

/**
 * An object in here is either held back or on trial: handed to the session again, and still in here until that succeeds.
 */
export class Quarantine {
  readonly #objects = new Map<DesiredKey, QuarantinedObject>();
  readonly #onTrial = new Set<DesiredKey>();
  #list: readonly QuarantinedObject[] = [];

  /** In the order in which they were refused. */
  get list(): readonly QuarantinedObject[] {
    return this.#list;
  }

  has(key: DesiredKey): boolean {
    return this.#objects.has(key);
  }

  isHeld(key: DesiredKey): boolean {
    return this.#objects.has(key) && !this.#onTrial.has(key);
  }

  /** Holds the object back from now on. */
  hold(object: QuarantinedObject): void {
    const since = this.#objects.get(object.key)?.since ?? object.since;
    this.#objects.set(object.key, { ...object, since });
    this.#onTrial.delete(object.key);
    this.#list = [...this.#objects.values()];
  }

  try(key: DesiredKey): void {
    if (this.#objects.has(key)) this.#onTrial.add(key);
  }

  /** Puts every held object on trial; their keys. */
  tryAll(): readonly DesiredKey[] {
    return this.#tryWhere(() => true);
  }

  /**
   * Puts on trial what may have waited for these changes, now in force: an object that names one of theirs, and the
   * removal of an object that one of theirs may have named before.
   */
  tryWaiting(
    applied: readonly Change[],
    wantedObject: (key: DesiredKey) => DesiredObject | undefined,
  ): readonly DesiredKey[] {
    if (this.#objects.size === 0) return [];
    const keys = new Set(applied.map(keyOfChange));
    const hasReferrer = [...keys].some((key) => REFERRERS.has(typeOfKey(key)));
    return this.#tryWhere((key) => {
      const object = wantedObject(key);
      return object === undefined ? hasReferrer : referencesOf(object).some((reference) => keys.has(reference));
    });
  }

  /** These objects are in force. */
  free(keys: Iterable<DesiredKey>): void {
    let isChanged = false;
    for (const key of keys) {
      this.#onTrial.delete(key);
      if (this.#objects.delete(key)) isChanged = true;
    }
    if (isChanged) this.#list = [...this.#objects.values()];
  }

  #tryWhere(mayTry: (key: DesiredKey) => boolean): readonly DesiredKey[] {
    const keys = [...this.#objects.keys()].filter((key) => !this.#onTrial.has(key) && mayTry(key));
    for (const key of keys) this.#onTrial.add(key);
    return keys;
  }
}

/** The types whose objects name others. */
const REFERRERS: ReadonlySet<DesiredObject['type']> = new Set<DesiredObject['type']>([
  'policy',
  'profile',
  'workload',
  'hostEndpoint',
]);
