/** The reconciler: brings one session's dataplane to the newest desired state and keeps it there, whatever fails. */
import { asyncScheduler, BehaviorSubject, type Observable, type SchedulerLike, Subject, type Subscription } from 'rxjs';
import type { Transition } from '../state';
import { type ApplyResult, applyBacklog } from './apply-backlog';
import { AuditTimer } from './audit-timer';
import type { DataplaneEvent, DataplaneSession } from './backend';
import { Backlog } from './backlog';
import { Backoff, type BackoffOptions } from './backoff';
import type { FlowRecord } from './flow-record';
import { describeError, isRetriable } from './hand-over';
import { type Logger, SILENT_LOGGER } from './logger';
import type {
  ApplyReport,
  AuditReport,
  ReconcilerFailure,
  ReconcilerPhase,
  ReconcilerStatus,
} from './reconciler-status';
import { releaseSession } from './release-session';
import { RevisionWaiters, stoppedError } from './revision-waiters';
import { Timer } from './timer';

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
  /** Flows that the dataplane tells of; silent where it tells none. Ends when the reconciler stops. */
  readonly flows$: Observable<FlowRecord>;
  readonly status$: Observable<ReconcilerStatus>;

  readonly #session: DataplaneSession;
  readonly #scheduler: SchedulerLike;
  readonly #logger: Logger;
  readonly #backlog: Backlog;
  readonly #backoff: Backoff;
  readonly #retryTimer: Timer;
  readonly #auditTimer: AuditTimer;
  readonly #statusSubject: BehaviorSubject<ReconcilerStatus>;
  readonly #eventSubscription: Subscription;
  readonly #waiters = new RevisionWaiters();

  #appliedRevision = 0;
  #isInSync = false;
  #isTargetLost = false;
  #isStopping = false;
  #inFlight = 0;
  readonly #flows = new Subject<FlowRecord>();
  #activity: 'applying' | 'auditing' | 'stopped' | undefined;
  #lastFailure: ReconcilerFailure | undefined;
  #lastAudit: AuditReport | undefined;
  #lastApply: ApplyReport | undefined;
  /** When the oldest change that is not in force was submitted, and the oldest after the transition that is being applied. */
  #waitingSince: number | undefined;
  #laterSince: number | undefined;
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(session: DataplaneSession, options: ReconcilerOptions = {}) {
    const {
      scheduler = asyncScheduler,
      random = Math.random,
      logger = SILENT_LOGGER,
      auditIntervalSeconds = 60,
      backoff = { initialDelayMs: 100, maxDelayMs: 30_000 },
    } = options;
    this.#session = session;
    this.#scheduler = scheduler;
    this.#logger = logger;
    this.#backlog = new Backlog(scheduler, logger);
    this.#backoff = new Backoff(backoff, random);
    this.#retryTimer = new Timer(scheduler, () => this.#wake());
    this.#auditTimer = new AuditTimer({
      scheduler,
      random,
      intervalMs: auditIntervalSeconds * 1000,
      backoff: new Backoff(backoff, random),
      onDue: () => this.#onAuditDue(),
    });
    this.#statusSubject = new BehaviorSubject(this.#status());
    this.status$ = this.#statusSubject.asObservable();
    this.flows$ = this.#flows.asObservable();
    this.#eventSubscription = session.events$.subscribe((event) => this.#onEvent(event));
  }

  get status(): ReconcilerStatus {
    return this.#statusSubject.value;
  }

  /** Takes the next desired state: a transition from the one submitted before. Returns at once. */
  submit(transition: Transition): void {
    if (this.#isStopping) return;
    this.#backlog.add(transition);
    if (this.#activity === 'applying') this.#laterSince ??= this.#scheduler.now();
    else this.#waitingSince ??= this.#scheduler.now();
    this.#isInSync ||= transition.isInSync;
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
    this.#retryTimer.stop();
    this.#auditTimer.stop();
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
      this.#flows.complete();
    }
  }

  #onEvent(event: DataplaneEvent): void {
    if (event.type === 'flow') {
      this.#flows.next(event.flow);
      return;
    }
    this.#logger.warn({ event }, `dataplane: ${event.description}`);
    if (event.type === 'lost') {
      this.#isTargetLost = true;
      this.#auditTimer.postpone();
    } else if (event.type === 'restarted') {
      this.#expectTarget();
      this.#retryTimer.cancel();
    } else {
      this.#auditTimer.hasten();
    }
    this.#publish();
    this.#wake();
  }

  #onAuditDue(): void {
    // A target that came back without a word is found by trying.
    if (this.#isTargetLost) this.#expectTarget();
    this.#wake();
  }

  #expectTarget(): void {
    this.#isTargetLost = false;
    this.#backlog.startOver();
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
    if (this.#isStopping || !this.#isInSync || this.#isTargetLost || this.#retryTimer.isSet) return undefined;
    if (this.#backlog.isFullDue) return () => this.#apply();
    if (this.#auditTimer.isDue) return () => this.#audit();
    const isBehind = this.#backlog.size > 0 || this.#appliedRevision < this.#backlog.revision;
    return isBehind ? () => this.#apply() : undefined;
  }

  async #apply(): Promise<void> {
    const taken = this.#backlog.take();
    this.#activity = 'applying';
    this.#inFlight = taken.changes.length;
    this.#publish();
    const startedAt = this.#scheduler.now();
    const result = await applyBacklog(this.#session, this.#backlog, taken, () => this.#isStopping);
    this.#inFlight = 0;
    if (result.type === 'done') this.#succeed(taken, startedAt);
    else if (result.type !== 'restarted') this.#putOff(result);
  }

  #succeed({ revision, scope }: Transition, startedAt: number): void {
    this.#backoff.reset();
    this.#noteApply(startedAt);
    if (this.#lastFailure?.operation === 'apply') this.#lastFailure = undefined;
    this.#appliedRevision = revision;
    this.#publish();
    this.#waiters.reach(revision);
    if (scope === 'full') this.#auditTimer.start();
  }

  /** A clock that was set back meanwhile makes nothing shorter than no time. */
  #noteApply(startedAt: number): void {
    const at = this.#scheduler.now();
    const since = this.#waitingSince ?? startedAt;
    this.#lastApply = { at, durationMs: Math.max(0, at - startedAt), waitedMs: Math.max(0, at - since) };
    this.#waitingSince = this.#laterSince;
    this.#laterSince = undefined;
  }

  #putOff(result: Extract<ApplyResult, { readonly error: unknown }>): void {
    const delayMs = result.type === 'failed' ? this.#backoff.nextDelayMs() : this.#backoff.longestDelayMs();
    this.#retryTimer.set(delayMs);
    this.#reportFailure('apply', result.error, this.#backoff.failures);
  }

  async #audit(): Promise<void> {
    this.#auditTimer.begin();
    this.#activity = 'auditing';
    this.#publish();
    try {
      const { repaired } = await this.#session.audit();
      this.#lastAudit = { at: this.#scheduler.now(), repaired };
      if (this.#lastFailure?.operation === 'audit') this.#lastFailure = undefined;
      if (repaired.length > 0) this.#logger.warn({ repaired }, 'audit repaired what somebody else had changed');
      this.#backlog.retryHeld();
      this.#auditTimer.succeed();
    } catch (error) {
      this.#reportFailure('audit', error, this.#auditTimer.fail(isRetriable(error)));
    }
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
      wantedRevision: this.#backlog.revision,
      appliedRevision: this.#appliedRevision,
      pendingObjects: this.#backlog.size + this.#inFlight,
      quarantined: this.#backlog.quarantined,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      ...(this.#lastAudit === undefined ? {} : { lastAudit: this.#lastAudit }),
      ...(this.#lastApply === undefined ? {} : { lastApply: this.#lastApply }),
    };
  }

  #phase(): ReconcilerPhase {
    if (this.#activity !== undefined) return this.#activity;
    if (!this.#isInSync) return 'waitingForSync';
    if (this.#isTargetLost) return 'targetLost';
    if (this.#retryTimer.isSet) return 'retrying';
    return this.#backlog.size > 0 || this.#backlog.isFullDue ? 'applying' : 'idle';
  }
}
