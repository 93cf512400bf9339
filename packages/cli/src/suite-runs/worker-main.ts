/** A worker of `polyplane test`: a process that runs the suites that it is given. Arguments: the backend, and modules of backends. */
import 'reflect-metadata';
import { once } from 'node:events';
import type { Suite } from '@polyplane/conformance';
import { loadBackends } from '../load-backends';
import { PROCESS_CLOCK, runMeasured } from './suite-run';
import { failureOf, type WorkerMessage, type WorkerTask } from './worker-messages';

// When the command is gone, in whatever way, nobody wants the results. What is in force goes with this process.
process.on('disconnect', () => process.exit());

// A terminal sends these to its command's workers, too. The command says when they end.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function main([backend = '', ...backendModules]: readonly string[]): Promise<void> {
  try {
    await runMeasured({
      suites: givenSuites(),
      backend: loadBackends(backendModules).get(backend),
      now: PROCESS_CLOCK,
      onRun: (run) => void tell({ kind: 'ran', run }),
    });
  } catch (error) {
    await tell({ kind: 'failed', failure: failureOf(error) });
  }
  process.disconnect();
}

async function* givenSuites(): AsyncIterable<Suite> {
  for (;;) {
    const given = once(process, 'message');
    await tell({ kind: 'idle' });
    // The command sends nothing else.
    const [{ suites }] = (await given) as [WorkerTask];
    if (suites.length === 0) return;
    yield* suites;
  }
}

/** Resolves when the message is on its way. If it cannot be, there is no command any more, and this process is about to end. */
function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

void main(process.argv.slice(2));
