/** One timer on a scheduler. */
import type { SchedulerLike, Subscription } from 'rxjs';

/** Setting it replaces what was set before; once stopped, it stays silent. */
export class Timer {
  readonly #scheduler: SchedulerLike;
  readonly #onDue: () => void;
  #pending: Subscription | undefined;
  #isStopped = false;

  constructor(scheduler: SchedulerLike, onDue: () => void) {
    this.#scheduler = scheduler;
    this.#onDue = onDue;
  }

  /** It is going to fall due. */
  get isSet(): boolean {
    return this.#pending !== undefined;
  }

  set(delayMs: number): void {
    this.cancel();
    if (this.#isStopped) return;
    this.#pending = this.#scheduler.schedule(() => {
      this.#pending = undefined;
      this.#onDue();
    }, delayMs);
  }

  cancel(): void {
    this.#pending?.unsubscribe();
    this.#pending = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.cancel();
  }
}
