/** Runs suites one after the other in this process, and measures each. */
import { runSuites, type Suite, type SuiteReport } from '@polyplane/conformance';
import type { DataplaneBackend } from '@polyplane/core';

/** What came of a suite, and when. */
export interface SuiteRun {
  readonly report: SuiteReport;
  /** Since 1970. */
  readonly startedAtMilliseconds: number;
  readonly seconds: number;
}

/** Milliseconds since 1970; never runs backwards. */
export type Clock = () => number;

export const PROCESS_CLOCK: Clock = () => performance.timeOrigin + performance.now();

export interface RunMeasuredOptions {
  /** As {@link runSuites} takes them. */
  readonly suites: Iterable<Suite> | AsyncIterable<Suite>;
  readonly backend: DataplaneBackend;
  readonly now: Clock;
  /** Called after each suite. */
  readonly onRun: (run: SuiteRun) => void;
}

/** @throws what {@link runSuites} throws */
export async function runMeasured({ suites, backend, now, onRun }: RunMeasuredOptions): Promise<void> {
  let startedAtMilliseconds = now();
  async function* started(): AsyncIterable<Suite> {
    for await (const suite of suites) {
      startedAtMilliseconds = now();
      yield suite;
    }
  }
  await runSuites({
    suites: started(),
    backend,
    onSuite: (report) => onRun({ report, startedAtMilliseconds, seconds: (now() - startedAtMilliseconds) / 1000 }),
  });
}
