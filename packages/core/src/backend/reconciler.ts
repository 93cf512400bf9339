/** The reconciler: brings one session's dataplane to the newest desired state and keeps it there, whatever fails. */
import { asyncScheduler, BehaviorSubject, type Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { type Change, type DesiredKey, DesiredStateStore, keyOfChange, type Transition } from '../state';
import { DataplaneError, type DataplaneEvent, type DataplaneSession } from './backend';
import { Backoff, type BackoffOptions } from './backoff';
import { describeError, findUnplannable, type HandOverResult, handOver, isRetriable } from './hand-over';
import { type Logger, SILENT_LOGGER } from './logger';
import { PendingChanges } from './pending-changes';
import { Quarantine } from './quarantine';
import type { AuditReport, ReconcilerFailure, ReconcilerPhase, ReconcilerStatus } from './reconciler-status';
import { releaseSession } from './release-session';
import { RevisionWaiters, stoppedError } from './revision-waiters';

/** Time, randomness and patience of a reconciler. */
export interface ReconcilerOptions {
  /** Default: the process's timers. */
  readonly scheduler?: SchedulerLike;
  /** Numbers in [0, 1), for jitter. Default: `Math.random`. */
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Default 60. Each interval is drawn from its upper half. */
  readonly auditIntervalSeconds?: number;
  /** Default 100 ms to 30 s. */
  readonly backoff?: BackoffOptions;
}

/** Audits that a foreign change asks for are at least so far apart, so that a fight with another agent stays slow. */
const FOREIGN_CHANGE_SPACING_MS = 1000;
/** Failed calls that the search for culprits may cost before the rest of a batch is put off. */
const MAX_SEARCH_FAILURES = 64;

/**
 * One for all backends. What it promises:
 * - Nothing is written before a transition that is in sync. The first apply, and the one after the target's restart,
 *   is `full`.
 * - One call to the session at a time. What comes in meanwhile is conflated, one entry an object, and ordered
 *   ({@link orderChanges}).
 * - A retriable error: everything that is not in force is handed over again, after a jittered exponential backoff.
 * - An error that is not retriable and names objects: those are quarantined (left out and reported in `status$`), the
 *   rest goes on. They are tried again when they change, when what they name has come, and at every audit.
 * - An error that is not retriable and names nobody (any foreign error counts as such): a delta is split in halves, in its
 *   order, until the culprits stand alone and are quarantined; a search that fails too often puts the rest off. A full
 *   transition is never applied in parts, since each would tear down what the others hold: its culprits are searched by
 *   planning alone, and if a plan can be made but not applied, it is repeated at the longest delay.
 * - A full transition leaves held objects out only after the session has refused them once more in it.
 */
export class Reconciler {
  readonly status$: Observable<ReconcilerStatus>;

  readonly #session: DataplaneSession;
  readonly #scheduler: SchedulerLike;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #auditIntervalMs: number;
  readonly #backoff: Backoff;
  readonly #auditBackoff: Backoff;
  readonly #statusSubject: BehaviorSubject<ReconcilerStatus>;
  readonly #eventSubscription: Subscription;

  readonly #wanted = new DesiredStateStore();
  readonly #pending = new PendingChanges();
  readonly #quarantine = new Quarantine();
  readonly #waiters = new RevisionWaiters();

  #wantedRevision = 0;
  #appliedRevision = 0;
  #isInSync = false;
  #isFullDue = true;
  #isAuditDue = false;
  #isTargetLost = false;
  #isStopping = false;
  #inFlight = 0;
  #activity: 'applying' | 'auditing' | 'stopped' | undefined;
  #lastFailure: ReconcilerFailure | undefined;
  #lastAudit: AuditReport | undefined;
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #retryTimer: Subscription | undefined;
  #auditTimer: Subscription | undefined;

  constructor(session: DataplaneSession, options: ReconcilerOptions = {}) {
    const backoff = options.backoff ?? { initialDelayMs: 100, maxDelayMs: 30_000 };
    this.#session = session;
    this.#scheduler = options.scheduler ?? asyncScheduler;
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.#auditIntervalMs = (options.auditIntervalSeconds ?? 60) * 1000;
    this.#backoff = new Backoff(backoff, this.#random);
    this.#auditBackoff = new Backoff(backoff, this.#random);
    this.#statusSubject = new BehaviorSubject(this.#status());
    this.status$ = this.#statusSubject.asObservable();
    this.#eventSubscription = session.events$.subscribe((event) => this.#onEvent(event));
  }

  get status(): ReconcilerStatus {
    return this.#statusSubject.value;
  }

  /** Takes the next desired state: a transition from the one submitted before. Returns at once. */
  submit(transition: Transition): void {
    if (this.#isStopping) return;
    const keysBefore = transition.scope === 'full' ? [...this.#wanted.objects()].map((object) => object.key) : [];
    this.#wanted.apply(transition);
    this.#wantedRevision = transition.revision;
    this.#isInSync ||= transition.isInSync;
    for (const key of keysBefore) this.#addPending({ op: 'remove', key });
    for (const change of transition.changes) this.#addPending(change);
    this.#publish();
    this.#wake();
  }

  /**
   * Resolves once everything up to this revision is in force, or quarantined and reported as such.
   * @throws CoreError PP_AGENT_STOPPED when the reconciler stops before
   */
  applied(revision: number): Promise<void> {
    if (this.#appliedRevision >= revision) return Promise.resolve();
    if (this.#isStopping) return Promise.reject(stoppedError(revision));
    return this.#waiters.wait(revision);
  }

  /**
   * Waits for the call that is under way, then releases the session; a release that may succeed later is tried a few times.
   * @throws the session's error when it cannot be released
   */
  stop(how: 'leave' | 'remove'): Promise<void> {
    this.#stopped ??= this.#stop(how);
    return this.#stopped;
  }

  async #stop(how: 'leave' | 'remove'): Promise<void> {
    this.#isStopping = true;
    this.#retryTimer?.unsubscribe();
    this.#auditTimer?.unsubscribe();
    await this.#running;
    this.#eventSubscription.unsubscribe();
    try {
      await releaseSession(this.#session, how, this.#backoff, this.#scheduler, (error) =>
        this.#reportFailure('release', error, this.#backoff.failures),
      );
    } finally {
      this.#activity = 'stopped';
      this.#waiters.abandon();
      this.#publish();
      this.#statusSubject.complete();
    }
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

  #onEvent(event: DataplaneEvent): void {
    this.#logger.warn({ event }, `dataplane: ${event.description}`);
    if (event.type === 'lost') {
      this.#isTargetLost = true;
      this.#scheduleAudit(this.#auditDelayMs());
    } else if (event.type === 'restarted') {
      this.#expectTarget();
      this.#retryTimer?.unsubscribe();
      this.#retryTimer = undefined;
    } else {
      const sinceLastAudit = this.#scheduler.now() - (this.#lastAudit?.at ?? Number.NEGATIVE_INFINITY);
      this.#scheduleAudit(Math.max(0, FOREIGN_CHANGE_SPACING_MS - sinceLastAudit));
    }
    this.#publish();
    this.#wake();
  }

  #expectTarget(): void {
    this.#isTargetLost = false;
    this.#isFullDue = true;
  }

  #wake(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Lets everything that comes in at this moment become one batch.
    await Promise.resolve();
    for (let work = this.#nextWork(); work !== undefined; work = this.#nextWork()) {
      await work();
      this.#activity = undefined;
    }
    this.#running = undefined;
    this.#publish();
  }

  #nextWork(): (() => Promise<void>) | undefined {
    if (this.#isStopping || !this.#isInSync || this.#isTargetLost || this.#retryTimer !== undefined) return undefined;
    if (this.#isFullDue) return () => this.#applyFull();
    if (this.#isAuditDue) return () => this.#audit();
    const isBehind = this.#pending.size > 0 || this.#appliedRevision < this.#wantedRevision;
    return isBehind ? () => this.#applyDelta() : undefined;
  }

  async #applyFull(): Promise<void> {
    const revision = this.#wantedRevision;
    let { changes } = this.#wanted.toTransition(revision, true);
    this.#isFullDue = false;
    this.#pending.clear();
    this.#quarantine.tryAll();
    this.#begin(changes.length);
    for (;;) {
      const transition: Transition = { revision, scope: 'full', isInSync: true, changes };
      const result = await handOver(this.#session, transition);
      // The target was restarted during the call: what was written is gone, the next full transition is due at once.
      if (this.#isFullDue) return;
      if (result.type === 'done') break;
      const culprits = result.type === 'refused' ? this.#holdCulprits(result, transition) : NOBODY;
      if (culprits.size === 0 || this.#isStopping) {
        this.#isFullDue = true;
        this.#putOff(result);
        return;
      }
      changes = changes.filter((change) => !culprits.has(keyOfChange(change)));
    }
    // What is not wanted any more has come true by being left out.
    const unwanted = this.#quarantine.list.map(({ key }) => key).filter((key) => this.#wanted.get(key) === undefined);
    this.#succeed(revision, [...unwanted, ...changes.map(keyOfChange)]);
    if (this.#auditTimer === undefined) this.#scheduleAudit(this.#auditDelayMs());
  }

  /** Holds back those that the refusal names or, where no plan could be made, the first that cannot be planned. */
  #holdCulprits(
    refusal: Extract<HandOverResult, { readonly type: 'refused' }>,
    transition: Transition,
  ): ReadonlySet<DesiredKey> {
    const blamed = this.#holdBlamed(refusal.error, transition.changes);
    if (blamed.size > 0 || refusal.hasPlan) return blamed;
    const culprit = findUnplannable(this.#session, transition);
    if (culprit === undefined) return NOBODY;
    this.#hold([keyOfChange(culprit)], refusal.error);
    return new Set([keyOfChange(culprit)]);
  }

  async #applyDelta(): Promise<void> {
    const revision = this.#wantedRevision;
    const taken = this.#pending.take(this.#wanted);
    const parts = taken.length === 0 ? [] : [taken];
    let searchFailures = 0;
    this.#begin(taken.length);
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const result = await handOver(this.#session, { revision, scope: 'delta', isInSync: true, changes: part });
      // The target was restarted during the call: a full transition is due, which makes all parts good.
      if (this.#isFullDue) return;
      if (result.type === 'done') {
        this.#settlePart(part);
        continue;
      }
      const rest = result.type === 'refused' ? this.#withoutCulprits(part, result.error) : undefined;
      searchFailures += rest?.isSearch === true ? 1 : 0;
      if (rest === undefined || searchFailures > MAX_SEARCH_FAILURES || this.#isStopping) {
        for (const waiting of [...(rest?.parts ?? [part]), ...parts]) this.#pending.restore(waiting);
        this.#putOff(result);
        return;
      }
      parts.unshift(...rest.parts);
    }
    this.#succeed(revision, []);
  }

  /** What is left of a refused part: without those that were blamed, or its halves. */
  #withoutCulprits(
    part: readonly Change[],
    error: unknown,
  ): { readonly parts: readonly (readonly Change[])[]; readonly isSearch: boolean } {
    const blamed = this.#holdBlamed(error, part);
    if (blamed.size > 0) {
      const rest = part.filter((change) => !blamed.has(keyOfChange(change)));
      return { parts: rest.length > 0 ? [rest] : [], isSearch: false };
    }
    if (part.length === 1) {
      this.#hold(part.map(keyOfChange), error);
      return { parts: [], isSearch: true };
    }
    const middle = Math.ceil(part.length / 2);
    return { parts: [part.slice(0, middle), part.slice(middle)], isSearch: true };
  }

  #settlePart(part: readonly Change[]): void {
    this.#quarantine.free(part.map(keyOfChange));
    for (const key of this.#quarantine.tryWaiting(part, (key) => this.#wanted.get(key))) this.#pending.addWhole(key);
  }

  async #audit(): Promise<void> {
    this.#isAuditDue = false;
    this.#activity = 'auditing';
    this.#publish();
    try {
      const { repaired } = await this.#session.audit();
      this.#lastAudit = { at: this.#scheduler.now(), repaired };
      this.#auditBackoff.reset();
      if (this.#lastFailure?.operation === 'audit') this.#lastFailure = undefined;
      if (repaired.length > 0) this.#logger.warn({ repaired }, 'audit repaired what somebody else had changed');
      for (const key of this.#quarantine.tryAll()) this.#pending.addWhole(key);
      this.#scheduleAudit(this.#auditDelayMs());
    } catch (error) {
      const delayMs = isRetriable(error) ? this.#auditBackoff.nextDelayMs() : this.#auditBackoff.longestDelayMs();
      this.#reportFailure('audit', error, this.#auditBackoff.failures);
      this.#scheduleAudit(delayMs);
    }
  }

  /** Holds back those of the changes' objects that the error names; their keys. */
  #holdBlamed(error: unknown, changes: readonly Change[]): ReadonlySet<DesiredKey> {
    const named = new Set(error instanceof DataplaneError ? error.objects : []);
    const blamed = changes.map(keyOfChange).filter((key) => named.has(key));
    this.#hold(blamed, error);
    return new Set(blamed);
  }

  #hold(keys: readonly DesiredKey[], error: unknown): void {
    if (keys.length === 0) return;
    const { code, message } = describeError(error);
    const since = this.#scheduler.now();
    for (const key of keys) {
      this.#quarantine.hold({ key, code, message, since });
      // It changed during the call: to be tried again, and whole, since the session has not got it.
      if (this.#pending.has(key)) this.#pending.addWhole(key);
    }
    this.#logger.error({ code, keys, error }, `left out ${keys.length} objects that the dataplane refuses: ${message}`);
  }

  #putOff(result: Exclude<HandOverResult, { readonly type: 'done' }>): void {
    const delayMs = result.type === 'failed' ? this.#backoff.nextDelayMs() : this.#backoff.longestDelayMs();
    this.#reportFailure('apply', result.error, this.#backoff.failures);
    this.#inFlight = 0;
    if (this.#isStopping) return;
    this.#retryTimer = this.#scheduler.schedule(() => {
      this.#retryTimer = undefined;
      this.#wake();
    }, delayMs);
  }

  #begin(objects: number): void {
    this.#activity = 'applying';
    this.#inFlight = objects;
    this.#publish();
  }

  #succeed(revision: number, inForce: readonly DesiredKey[]): void {
    this.#quarantine.free(inForce);
    this.#inFlight = 0;
    this.#backoff.reset();
    if (this.#lastFailure?.operation === 'apply') this.#lastFailure = undefined;
    this.#appliedRevision = revision;
    this.#publish();
    this.#waiters.reach(revision);
  }

  #auditDelayMs(): number {
    return this.#auditIntervalMs * (0.5 + this.#random() / 2);
  }

  /** Replaces the audit that was scheduled before. */
  #scheduleAudit(delayMs: number): void {
    if (this.#isStopping) return;
    this.#auditTimer?.unsubscribe();
    this.#auditTimer = this.#scheduler.schedule(() => {
      // A target that came back without a word is found by trying.
      if (this.#isTargetLost) this.#expectTarget();
      this.#isAuditDue = true;
      this.#wake();
    }, delayMs);
  }

  #reportFailure(operation: ReconcilerFailure['operation'], error: unknown, failures: number): void {
    const before = this.#lastFailure?.operation === operation ? this.#lastFailure : undefined;
    const since = before?.since ?? this.#scheduler.now();
    const { code, message } = describeError(error);
    this.#lastFailure = { operation, code, message, isRetriable: isRetriable(error), since, failures, error };
    this.#logger.warn({ code, failures, error }, `${operation} failed: ${message}`);
    this.#publish();
  }

  #publish(): void {
    this.#statusSubject.next(this.#status());
  }

  #status(): ReconcilerStatus {
    return {
      phase: this.#phase(),
      wantedRevision: this.#wantedRevision,
      appliedRevision: this.#appliedRevision,
      pendingObjects: this.#pending.size + this.#inFlight,
      quarantined: this.#quarantine.list,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      ...(this.#lastAudit === undefined ? {} : { lastAudit: this.#lastAudit }),
    };
  }

  #phase(): ReconcilerPhase {
    if (this.#activity !== undefined) return this.#activity;
    if (!this.#isInSync) return 'waitingForSync';
    if (this.#isTargetLost) return 'targetLost';
    if (this.#retryTimer !== undefined) return 'retrying';
    return this.#pending.size > 0 || this.#isFullDue ? 'applying' : 'idle';
  }
}

const NOBODY: ReadonlySet<DesiredKey> = new Set();
