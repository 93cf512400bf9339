/** When a session's dataplane is audited: from time to time, soon after a foreign change, and again after a failure. */
import type { SchedulerLike } from 'rxjs';
import { type Backoff, jitter } from './backoff';
import { Timer } from './timer';

/** Time, randomness and patience of an audit timer. */
export interface AuditTimerOptions {
  readonly scheduler: SchedulerLike;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Each interval is drawn from its upper half. */
  readonly intervalMs: number;
  /** Delays of a failed audit. */
  readonly backoff: Backoff;
  /** Called each time that an audit falls due. */
  readonly onDue: () => void;
}

/** Audits that a foreign change asks for are at least so far apart, so that a fight with another agent stays slow. */
const FOREIGN_CHANGE_SPACING_MS = 1000;

/** One audit is scheduled at a time: each call replaces what was scheduled before. */
export class AuditTimer {
  readonly #options: AuditTimerOptions;
  readonly #timer: Timer;
  #lastAuditAt = Number.NEGATIVE_INFINITY;
  #isDue = false;

  constructor(options: AuditTimerOptions) {
    this.#options = options;
    this.#timer = new Timer(options.scheduler, () => {
      this.#isDue = true;
      options.onDue();
    });
  }

  /** An audit has fallen due that has not begun yet. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Audits from time to time from now on; changes nothing where one is scheduled or due. */
  start(): void {
    if (!this.#timer.isSet && !this.#isDue) this.postpone();
  }

  /** The next audit is a whole interval away. */
  postpone(): void {
    this.#timer.set(jitter(this.#options.intervalMs, this.#options.random));
  }

  /** Somebody else changed what is ours: the next audit is as soon as may be. */
  hasten(): void {
    const sinceLastAudit = this.#options.scheduler.now() - this.#lastAuditAt;
    this.#timer.set(Math.max(0, FOREIGN_CHANGE_SPACING_MS - sinceLastAudit));
  }

  /** The audit that was due is under way. */
  begin(): void {
    this.#isDue = false;
  }

  /** It succeeded. */
  succeed(): void {
    this.#lastAuditAt = this.#options.scheduler.now();
    this.#options.backoff.reset();
    this.postpone();
  }

  /** It failed; how many have in a row. */
  fail(isRetriable: boolean): number {
    const { backoff } = this.#options;
    this.#timer.set(isRetriable ? backoff.nextDelayMs() : backoff.longestDelayMs());
    return backoff.failures;
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#timer.stop();
  }
}
