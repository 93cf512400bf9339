// The spec reporter, closed by why tests were skipped and a line `N passed, N failed, N skipped` that scripts may rely on.
// A test says why it is skipped in its title, or in that of a suite around it: `TITLE (skipped: REASON)`.
// With CI=true a skipped test counts as failed unless allowed-skips.json accepts its reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MochaOptions, type Runner, reporters, type Suite, type Test } from 'mocha';

/** A skip that a CI machine may have. */
interface AllowedSkip {
  /** A regular expression over the test's full title. */
  readonly title: string;
  /** A regular expression over the whole reason that the test gives. */
  readonly reason: string;
  /** Why that may be. */
  readonly because: string;
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
    for (const [reason, count] of countByReason(this.#skipped)) console.log(`  ${count} skipped: ${reason}`);
    const unexpected = process.env.CI === 'true' ? this.#unexpectedSkips() : [];
    for (const test of unexpected) {
      console.log(`  unexpected skip: ${test.fullTitle()} (allow it, by its reason, in scripts/allowed-skips.json)`);
    }
    const failed = failures + unexpected.length;
    console.log(`${this.stats.passes} passed, ${failed} failed, ${this.#skipped.length - unexpected.length} skipped`);
    finish?.(failed);
  }

  #unexpectedSkips(): readonly Test[] {
    const allowed = readAllowedSkips(this.#allowedSkipsPath);
    return this.#skipped.filter((test) => !allowed.some((skip) => isAllowed(test, skip)));
  }
}

function countByReason(skipped: readonly Test[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const test of skipped) {
    const reason = reasonOf(test) ?? 'for no reason that is told';
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** What the test, or the nearest suite around it that says so, is skipped for. */
function reasonOf(test: Test): string | undefined {
  for (let told: Test | Suite | undefined = test; told !== undefined; told = told.parent) {
    const reason = /\(skipped: (.+)\)$/.exec(told.title)?.[1];
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function isAllowed(test: Test, { title, reason }: AllowedSkip): boolean {
  const told = reasonOf(test);
  return told !== undefined && new RegExp(title).test(test.fullTitle()) && new RegExp(`^(?:${reason})$`).test(told);
}

function readAllowedSkips(path: string): readonly AllowedSkip[] {
  const skips = JSON.parse(readFileSync(path, 'utf8')) as readonly AllowedSkip[];
  for (const skip of skips) {
    if (!skip.title || !skip.reason || !skip.because) {
      throw new Error(`${path}: an allowed skip needs a title, a reason and why that may be (because)`);
    }
  }
  return skips;
}
