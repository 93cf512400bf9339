/** Runs suites in several worker processes at once: the same report in the same order as in one process. */
import type { Suite } from '@polyplane/conformance';
import { CliError } from '../cli-error';
import { SuiteQueue } from './suite-queue';
import type { Clock, SuiteRun } from './suite-run';
import { runWorker, type WorkerContext } from './suite-worker';

export interface RunInWorkersOptions {
  readonly suites: readonly Suite[];
  /** The backend's name; each worker makes its own. */
  readonly backend: string;
  readonly backendModules: readonly string[];
  readonly workers: number;
  readonly now: Clock;
  /** Called after each suite, in the order in which they are done. */
  readonly onRun: () => void;
}

/**
 * Workers share nothing but the machine: each has network namespaces of its own, which are gone when it is. A suite whose worker
 * was ended has failed, and another worker goes on. A signal that ends this process ends the workers first.
 * @returns the runs in the order of the suites
 * @throws CliError PP_CLI_WORKER_ENDED for a worker that cannot begin; what running the suites in this process would throw
 */
export async function runInWorkers(options: RunInWorkersOptions): Promise<readonly SuiteRun[]> {
  const { suites, workers, onRun } = options;
  const runs: SuiteRun[] = [];
  const ending = new AbortController();
  const context: WorkerContext = {
    ...options,
    queue: new SuiteQueue(suites, workers),
    signal: ending.signal,
    onRun: ({ index }, run) => {
      runs[index] = run;
      onRun();
    },
  };
  const signals = new EndingSignals(ending);
  try {
    await allOrNone(
      Array.from({ length: workers }, () => keepWorker(context)),
      ending,
    );
  } finally {
    signals.close();
  }
  return runs;
}

/** As long as there is work, one worker is at it. */
async function keepWorker(context: WorkerContext): Promise<void> {
  while (!context.queue.isEmpty && !context.signal.aborted) await runWorker(context);
}

/** The first that fails ends the others, and is thrown once they are gone. */
async function allOrNone(tasks: readonly Promise<void>[], ending: AbortController): Promise<void> {
  try {
    await Promise.all(tasks);
  } catch (error) {
    ending.abort();
    await Promise.allSettled(tasks);
    throw error;
  }
}

/** Signals that end a process are held back until the workers are gone. */
class EndingSignals {
  private received: NodeJS.Signals | undefined;
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.received = signal;
    this.ending.abort();
  };

  constructor(private readonly ending: AbortController) {
    // The second one ends this process at once; the workers notice.
    for (const signal of SIGNALS) process.once(signal, this.onSignal);
  }

  /** Ends this process by the signal that was received, if any: whoever waits for it sees what ended it. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    if (this.received === undefined) return;
    process.kill(process.pid, this.received);
    // Somebody else in this process handles the signal.
    throw new CliError('PP_CLI_WORKER_ENDED', `the workers were ended by ${this.received}`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
