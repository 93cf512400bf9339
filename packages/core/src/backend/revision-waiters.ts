/** Those who wait until a revision has been reached. */
import { CoreError } from '../core-error';

export class RevisionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves when {@link reach} is told this revision or a later one; rejects when {@link abandon} is called. */
  wait(revision: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.add({ revision, resolve, reject }));
  }

  reach(revision: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  abandon(): void {
    for (const waiter of this.#waiters) waiter.reject(stoppedError(waiter.revision));
    this.#waiters.clear();
  }
}

export function stoppedError(revision: number): CoreError {
  return new CoreError('PP_AGENT_STOPPED', `stopped before revision ${revision} was applied`);
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
