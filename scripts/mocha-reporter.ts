// The spec reporter, closed by a line `N passed, N failed, N skipped` that scripts may rely on.
// With CI=true a skipped test counts as failed unless scripts/allowed-skips.json names it with a reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MochaOptions, type Runner, reporters, type Test } from 'mocha';

/** A skip that a CI machine is allowed to have; `title` is a regular expression over the test's full title. */
interface AllowedSkip {
  readonly title: string;
  readonly reason: string;
}

export default class ClosingLineReporter extends reporters.Spec {
  readonly #skipped: Test[] = [];

  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
    runner.on('pending', (test) => this.#skipped.push(test));
  }

  /** Called by mocha after the last test; what it passes on becomes the exit code. */
  override done(failures: number, finish?: (failures: number) => void): void {
    const unexpected = process.env.CI === 'true' ? unexpectedSkips(this.#skipped) : [];
    for (const test of unexpected) {
      console.log(`  unexpected skip: ${test.fullTitle()} (allow it, with a reason, in scripts/allowed-skips.json)`);
    }
    const failed = failures + unexpected.length;
    console.log(`${this.stats.passes} passed, ${failed} failed, ${this.stats.pending - unexpected.length} skipped`);
    finish?.(failed);
  }
}

function unexpectedSkips(skipped: readonly Test[]): readonly Test[] {
  const allowed = readAllowedSkips().map((skip) => new RegExp(skip.title));
  return skipped.filter((test) => !allowed.some((title) => title.test(test.fullTitle())));
}

function readAllowedSkips(): readonly AllowedSkip[] {
  return JSON.parse(readFileSync(join(__dirname, 'allowed-skips.json'), 'utf8')) as readonly AllowedSkip[];
}
