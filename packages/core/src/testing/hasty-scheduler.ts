/** A scheduler for tests in which something real answers: pauses end at once, so nobody sleeps. */
import { asyncScheduler, type SchedulerAction, type SchedulerLike } from 'rxjs';

/** The process's timers, but that a delay for which `isSkipped` holds is over at once. */
export function hastyScheduler(isSkipped: (delayMilliseconds: number) => boolean): SchedulerLike {
  return {
    now: () => asyncScheduler.now(),
    schedule: <State>(work: (this: SchedulerAction<State>, state?: State) => void, delay = 0, state?: State) =>
      asyncScheduler.schedule(work, isSkipped(delay) ? 0 : delay, state),
  };
}
