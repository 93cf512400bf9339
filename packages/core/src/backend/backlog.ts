/** What is wanted of a session and not in force in it: everything after a start, then what waits, and what was refused. */
import type { SchedulerLike } from 'rxjs';
import { type Change, type DesiredKey, DesiredStateStore, keyOfChange, type Transition } from '../state';
import { DataplaneError } from './backend';
import { describeError } from './hand-over';
import type { Logger } from './logger';
import { PendingChanges } from './pending-changes';
import { Quarantine, type QuarantinedObject } from './quarantine';

/**
 * Takes in what is wanted, and gives it out as transitions to hand over. Each change that was given out comes back in one
 * of three ways: it is in force ({@link settle}), the session refuses it ({@link hold}), or it waits again ({@link restore}).
 */
export class Backlog {
  readonly #scheduler: SchedulerLike;
  readonly #logger: Logger;
  readonly #wanted = new DesiredStateStore();
  readonly #pending = new PendingChanges();
  readonly #quarantine = new Quarantine();
  #revision = 0;
  #isFullDue = true;

  constructor(scheduler: SchedulerLike, logger: Logger) {
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /** Of the newest desired state. */
  get revision(): number {
    return this.#revision;
  }

  /** Objects that wait. */
  get size(): number {
    return this.#pending.size;
  }

  get quarantined(): readonly QuarantinedObject[] {
    return this.#quarantine.list;
  }

  /** The next transition is a full one: what is in force cannot be relied on. */
  get isFullDue(): boolean {
    return this.#isFullDue;
  }

  add(transition: Transition): void {
    const keysBefore = transition.scope === 'full' ? [...this.#wanted.objects()].map((object) => object.key) : [];
    this.#wanted.apply(transition);
    this.#revision = transition.revision;
    for (const key of keysBefore) this.#addPending({ op: 'remove', key });
    for (const change of transition.changes) this.#addPending(change);
  }

  /** From now on everything must be handed over. */
  startOver(): void {
    this.#isFullDue = true;
  }

  /** What is to be handed over now; nothing waits afterwards. */
  take(): Transition {
    const base = { revision: this.#revision, isInSync: true };
    if (!this.#isFullDue) return { ...base, scope: 'delta', changes: this.#pending.take(this.#wanted) };
    this.#isFullDue = false;
    this.#pending.clear();
    this.#quarantine.tryAll();
    return { ...base, scope: 'full', changes: this.#wanted.toTransition(this.#revision, true).changes };
  }

  /** These changes of a delta were not made, and wait again. */
  restore(changes: readonly Change[]): void {
    this.#pending.restore(changes);
  }

  /** These changes of a delta are in force: what waited for them is tried again. */
  settle(changes: readonly Change[]): void {
    this.#quarantine.free(changes.map(keyOfChange));
    for (const key of this.#quarantine.tryWaiting(changes, (key) => this.#wanted.get(key))) this.#pending.addWhole(key);
  }

  /** These objects are in force, and nothing else is. */
  settleFull(changes: readonly Change[]): void {
    // What is not wanted any more has come true by being left out.
    const unwanted = this.#quarantine.list.map(({ key }) => key).filter((key) => this.#wanted.get(key) === undefined);
    this.#quarantine.free([...unwanted, ...changes.map(keyOfChange)]);
  }

  /** Holds back those of the changes' objects that the error names; their keys. */
  holdNamed(changes: readonly Change[], error: unknown): ReadonlySet<DesiredKey> {
    const named = new Set(error instanceof DataplaneError ? error.objects : []);
    const blamed = changes.filter((change) => named.has(keyOfChange(change)));
    return this.hold(blamed, error);
  }

  /** Holds back the changes' objects, which the session refused with this error; their keys. */
  hold(changes: readonly Change[], error: unknown): ReadonlySet<DesiredKey> {
    const keys = changes.map(keyOfChange);
    if (keys.length === 0) return new Set();
    const { code, message } = describeError(error);
    const since = this.#scheduler.now();
    for (const key of keys) {
      this.#quarantine.hold({ key, code, message, since });
      // It changed during the call: to be tried again, and whole, since the session has not got it.
      if (this.#pending.has(key)) this.#pending.addWhole(key);
    }
    this.#logger.error({ code, keys, error }, `left out ${keys.length} objects that the dataplane refuses: ${message}`);
    return new Set(keys);
  }

  /** What is held back waits again. */
  retryHeld(): void {
    for (const key of this.#quarantine.tryAll()) this.#pending.addWhole(key);
  }

  #addPending(change: Change): void {
    const key = keyOfChange(change);
    if (this.#quarantine.has(key)) {
      // The session may never have seen the object whole.
      this.#quarantine.try(key);
      this.#pending.addWhole(key);
    } else {
      this.#pending.add(change);
    }
  }
}
