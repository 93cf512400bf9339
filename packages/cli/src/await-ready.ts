/** Waits until a node agent is ready. */
import type { SchedulerLike } from 'rxjs';
import type { AgentStatus } from './agent-status';
import { CliError } from './cli-error';

/** Between one question and the next. */
export const QUESTION_INTERVAL_MILLISECONDS = 500;

/** Phases that lead nowhere. */
const FINAL_PHASES: ReadonlySet<string> = new Set(['failed', 'stopped']);

/**
 * The agent's status once it is ready, or has come to an end; else the last one that it gave in time. An agent that does not answer is
 * asked again: it may be about to start.
 * @throws what `read` threw last, where it gave no status at all
 */
export async function awaitReady(
  read: () => Promise<AgentStatus>,
  timeoutSeconds: number,
  scheduler: SchedulerLike,
): Promise<AgentStatus> {
  const end = scheduler.now() + timeoutSeconds * 1000;
  let last: AgentStatus | undefined;
  for (;;) {
    const answer = await read().catch(unlessUsage);
    if (!(answer instanceof CliError)) last = answer;
    if (last?.isReady || (last !== undefined && FINAL_PHASES.has(last.phase))) return last;
    const left = end - scheduler.now();
    if (left <= 0) {
      if (last !== undefined) return last;
      throw answer;
    }
    await pause(Math.min(left, QUESTION_INTERVAL_MILLISECONDS), scheduler);
  }
}

function unlessUsage(error: unknown): CliError {
  if (error instanceof CliError && error.code === 'PP_CLI_AGENT_UNREACHABLE') return error;
  throw error;
}

function pause(milliseconds: number, scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => {
    scheduler.schedule(() => resolve(), milliseconds);
  });
}
