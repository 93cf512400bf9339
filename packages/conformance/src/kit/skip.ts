/** Tests that a machine cannot run: skipped by name, with the reason in the title, where every reporter shows it. */
import { type TestFramework, testFramework } from './test-framework';

/** A running test whose `skip` ends it: mocha's `this`, vitest's context. */
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

/**
 * `describe`, but all of it is skipped where there is an obstacle, which its title then tells.
 * @param framework default: the one whose functions are global
 */
export function describeUnless(
  obstacle: string | undefined,
  title: string,
  body: () => void,
  framework?: TestFramework,
): void {
  const { describe } = testFramework(framework);
  if (obstacle === undefined) describe(title, body);
  else describe.skip(withReason(title, obstacle), body);
}

function withReason(title: string, obstacle: string): string {
  return `${title} (skipped: ${obstacle})`;
}
