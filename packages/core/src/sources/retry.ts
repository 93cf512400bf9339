/** Pauses between retries, on an injected clock. */
import type { SchedulerLike } from 'rxjs';

/** Where time and chance come from. */
export interface RetryClock {
  readonly scheduler: SchedulerLike;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
}

const FIRST_RETRY_MILLISECONDS = 500;
const LAST_RETRY_MILLISECONDS = 30_000;

/** Waits longer after every failure, half of the pause left to chance; ends early when the signal aborts. */
export function restAfter(failures: number, { scheduler, random }: RetryClock, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LAST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** Math.min(failures - 1, 10));
  return pause(longest / 2 + (longest / 2) * random(), scheduler, signal);
}

/** Resolves after a time on the scheduler's clock, or when the signal aborts. */
export function pause(milliseconds: number, scheduler: SchedulerLike, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      waiting.unsubscribe();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const waiting = scheduler.schedule(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
