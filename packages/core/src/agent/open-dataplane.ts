/** Opening a backend on a node: asks the host first, waits for a target that does not answer yet, never falls back. */
import type { SchedulerLike } from 'rxjs';
import type { DataplaneBackend, DataplaneSession, NodeContext, NodeFacts } from '../backend/backend';
import { Backoff, type BackoffOptions } from '../backend/backoff';
import { describeError, isRetriable } from '../backend/hand-over';
import { CoreError } from '../core-error';

export interface OpenDataplaneOptions {
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly backoff: BackoffOptions;
  /** Aborted: nobody waits any more. */
  readonly signal: AbortSignal;
  /** Makes sure that nobody else opens it; called after a probe that found all that is needed. */
  readonly claim: () => Promise<void>;
  /** Told of every failure that is tried again. */
  readonly onFailure: (error: CoreError) => void;
}

export interface OpenDataplane {
  readonly facts: NodeFacts;
  readonly session: DataplaneSession;
}

/**
 * Probes and opens, with a backoff while the backend says that trying again may help.
 * @throws CoreError PP_BACKEND_UNUSABLE, naming what is missing; PP_AGENT_ALREADY_RUNNING; PP_AGENT_STOPPED when aborted
 */
export async function openDataplane(
  backend: DataplaneBackend,
  node: NodeContext,
  options: OpenDataplaneOptions,
): Promise<OpenDataplane> {
  const backoff = new Backoff(options.backoff, options.random);
  for (;;) {
    try {
      const facts = await probe(backend, node);
      await options.claim();
      const session = await backend.open(node);
      if (!options.signal.aborted) return { facts, session };
      await session.release('leave');
    } catch (error) {
      if (error instanceof CoreError && error.code === 'PP_AGENT_ALREADY_RUNNING') throw error;
      const unusable = unusableError(backend, error);
      if (!isRetriable(error)) throw unusable;
      options.onFailure(unusable);
    }
    await pause(options, backoff.nextDelayMs());
  }
}

async function probe(backend: DataplaneBackend, node: NodeContext): Promise<NodeFacts> {
  const facts = await backend.probe(node);
  if (facts.missing.length === 0) return facts;
  const list = facts.missing.map(({ what, remedy }) => `${what} (${remedy})`).join('; ');
  throw new CoreError('PP_BACKEND_UNUSABLE', `backend ${backend.name} cannot run here: ${list}`);
}

function unusableError(backend: DataplaneBackend, error: unknown): CoreError {
  if (error instanceof CoreError && error.code === 'PP_BACKEND_UNUSABLE') return error;
  const { message } = describeError(error);
  return new CoreError('PP_BACKEND_UNUSABLE', `backend ${backend.name} cannot run here: ${message}`, { cause: error });
}

function pause({ scheduler, signal }: OpenDataplaneOptions, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new CoreError('PP_AGENT_STOPPED', 'stopped before the dataplane was open'));
    if (signal.aborted) {
      stop();
      return;
    }
    const timer = scheduler.schedule(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    const abort = (): void => {
      timer.unsubscribe();
      stop();
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}
