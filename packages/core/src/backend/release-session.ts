/** Releasing a session, with a few tries where a later one may succeed. */
import type { SchedulerLike } from 'rxjs';
import type { DataplaneSession } from './backend';
import type { Backoff } from './backoff';
import { isRetriable } from './hand-over';

const MAX_FAILURES = 5;

/** @throws the session's last error */
export async function releaseSession(
  session: DataplaneSession,
  how: 'leave' | 'remove',
  backoff: Backoff,
  scheduler: SchedulerLike,
  onFailure: (error: unknown) => void,
): Promise<void> {
  backoff.reset();
  for (;;) {
    try {
      return await session.release(how);
    } catch (error) {
      const delayMs = backoff.nextDelayMs();
      onFailure(error);
      if (!isRetriable(error) || backoff.failures >= MAX_FAILURES) throw error;
      await new Promise<void>((resolve) => scheduler.schedule(() => resolve(), delayMs));
    }
  }
}
