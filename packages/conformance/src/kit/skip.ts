/** Tests that a machine cannot run: skipped by name, with the reason in the title, where every reporter shows it. */
import { runningTestFramework } from './test-framework';

/** A running mocha test, as it is `this` in it. */
export interface RunningTest {
  /** Ends it as skipped. */
  skip(): never;
  readonly test?: { title: string } | undefined;
}

/** As a test's first step: skips it where there is an obstacle (`needs root`), which its title then tells. */
export function skipIf(running: RunningTest, obstacle: string | undefined): void {
  if (obstacle === undefined) return;
  if (running.test !== undefined) running.test.title = withReason(running.test.title, obstacle);
  running.skip();
}

/** `describe`, but all of it is skipped where there is an obstacle, which its title then tells. */
export function describeUnless(obstacle: string | undefined, title: string, body: () => void): void {
  const { describe } = runningTestFramework();
  if (obstacle === undefined) describe(title, body);
  else describe.skip(withReason(title, obstacle), body);
}

function withReason(title: string, obstacle: string): string {
  return `${title} (skipped: ${obstacle})`;
}
