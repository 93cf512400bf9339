// The spec reporter, closed by a line `N passed, N failed, N skipped` that scripts may rely on.
// With CI=true a skipped test counts as failed unless allowed-skips.json names it with a reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MochaOptions, type Runner, reporters, type Test } from 'mocha';

/** A skip that a CI machine may have; `title` is a regular expression over the test's full title. */
interface AllowedSkip {
  readonly title: string;
  readonly reason: string;
}

/** Option `allowedSkips`: the path of the JSON list of allowed skips (default: the file beside this one). */
export default class ClosingLineReporter extends reporters.Spec {
  readonly #allowedSkipsPath: string;
  readonly #skipped: Test[] = [];

  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
    this.#allowedSkipsPath = options?.reporterOptions?.allowedSkips ?? join(__dirname, 'allowed-skips.json');
    runner.on('pending', (test) => this.#skipped.push(test));
  }

  /** Called by mocha after the last test; what it passes on becomes the exit code. */
  override done(failures: number, finish?: (failures: number) => void): void {
    const unexpected = process.env.CI === 'true' ? this.#unexpectedSkips() : [];
    for (const test of unexpected) {
      console.log(`  unexpected skip: ${test.fullTitle()} (allow it, with a reason, in scripts/allowed-skips.json)`);
    }
    const failed = failures + unexpected.length;
    console.log(`${this.stats.passes} passed, ${failed} failed, ${this.#skipped.length - unexpected.length} skipped`);
    finish?.(failed);
  }

  #unexpectedSkips(): readonly Test[] {
    const allowed = readAllowedSkips(this.#allowedSkipsPath).map((skip) => new RegExp(skip.title));
    return this.#skipped.filter((test) => !allowed.some((title) => title.test(test.fullTitle())));
  }
}

function readAllowedSkips(path: string): readonly AllowedSkip[] {
  const skips = JSON.parse(readFileSync(path, 'utf8')) as readonly AllowedSkip[];
  for (const skip of skips) {
    if (!skip.title || !skip.reason) throw new Error(`${path}: an allowed skip needs a title and a reason`);
  }
  return skips;
}
