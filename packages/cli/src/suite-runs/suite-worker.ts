/** A worker as the command sees it: a process that is handed suites until none is left. */
import { type ChildProcess, fork } from 'node:child_process';
import type { SuiteReport } from '@polyplane/conformance';
import { CliError } from '../cli-error';
import { printWarning } from '../report-error';
import type { QueuedSuite, SuiteQueue } from './suite-queue';
import type { Clock, SuiteRun } from './suite-run';
import { errorOf, type WorkerFailure, type WorkerMessage, type WorkerTask } from './worker-messages';

/** What all workers of a run share. */
export interface WorkerContext {
  readonly queue: SuiteQueue;
  /** The backend's name. */
  readonly backend: string;
  readonly backendModules: readonly string[];
  readonly now: Clock;
  /** Ends the workers. */
  readonly signal: AbortSignal;
  readonly onRun: (suite: QueuedSuite, run: SuiteRun) => void;
}

/**
 * Starts a worker and resolves when it is gone: because nothing was left to do, or because it was ended. The suite that it then was at
 * counts as failed, and those that it had not begun go back into the queue.
 * @throws CliError PP_CLI_WORKER_ENDED for a worker that never began; what running the suites threw in the worker
 */
export function runWorker(context: WorkerContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const { backend, backendModules, signal } = context;
    // The same options of Node's as the command itself: from source, the worker is source, too.
    const child = fork(require.resolve('./worker-main'), [backend, ...backendModules], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      signal,
    });
    const worker = new SuiteWorker(child, context);
    child.on('message', (message: WorkerMessage) => worker.onMessage(message));
    // Of a worker that was started, its end tells.
    child.on('error', (cause) => {
      if (child.pid === undefined) reject(endedError(`could not be started: ${cause.message}`, cause));
    });
    // After the last message, unlike `exit`.
    child.on('close', (exitCode, by) => {
      const failure = signal.aborted ? undefined : worker.onEnd(by ?? `exit code ${exitCode}`);
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
}

class SuiteWorker {
  /** What it was handed and has not reported; it is at the first. */
  private suites: readonly QueuedSuite[] = [];
  private hasBegun = false;
  private startedAtMilliseconds = 0;
  private failure: WorkerFailure | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly context: WorkerContext,
  ) {}

  onMessage(message: WorkerMessage): void {
    switch (message.kind) {
      case 'idle':
        this.handOut();
        break;
      case 'ran':
        this.take(message.run);
        break;
      case 'failed':
        this.failure = message.failure;
    }
  }

  /** Why the run as a whole cannot go on; undefined when it can. */
  onEnd(how: string): Error | undefined {
    if (this.failure !== undefined) return errorOf(this.failure);
    if (!this.hasBegun) return endedError(`was ended by ${how} before it took a suite`);
    const [lost, ...rest] = this.suites;
    if (lost !== undefined) this.giveUp(lost, rest, how);
    else if (how !== SUCCESS) printWarning(`PP_CLI_WORKER_ENDED: a worker was ended by ${how} after its last suite`);
    return undefined;
  }

  private handOut(): void {
    this.hasBegun = true;
    this.suites = this.context.queue.take();
    this.startedAtMilliseconds = this.context.now();
    const task: WorkerTask = { suites: this.suites.map(({ suite }) => suite) };
    // A worker that cannot be reached is gone, as its end tells.
    this.child.send(task, () => undefined);
  }

  private take(run: SuiteRun): void {
    const [done, ...rest] = this.suites;
    this.suites = rest;
    this.startedAtMilliseconds = this.context.now();
    if (done !== undefined) this.context.onRun(done, run);
  }

  private giveUp(lost: QueuedSuite, rest: readonly QueuedSuite[], how: string): void {
    const { queue, backend, now, onRun } = this.context;
    queue.putBack(rest);
    const { startedAtMilliseconds } = this;
    const seconds = (now() - startedAtMilliseconds) / 1000;
    onRun(lost, { report: lostReport(lost, backend, how), startedAtMilliseconds, seconds });
  }
}

const SUCCESS = 'exit code 0';

/** One failure stands for all that the suite would have said. */
function lostReport({ suite }: QueuedSuite, backend: string, how: string): SuiteReport {
  const reason = `PP_CLI_WORKER_ENDED: the worker was ended by ${how} while it ran this suite`;
  const probe = { name: 'the suite as a whole', result: 'fail', expected: 'to be run', got: '', reason } as const;
  return { id: suite.id, backend, probes: [probe] };
}

function endedError(how: string, cause?: unknown): CliError {
  return new CliError('PP_CLI_WORKER_ENDED', `a worker ${how}`, { cause });
}
