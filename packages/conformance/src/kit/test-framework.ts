/** The test framework that the kit is run by: mocha, or any other with the same interface. */

export interface TestFramework {
  readonly describe: {
    (title: string, body: () => void): void;
    /** Lists what is described, and runs none of it. */
    skip(title: string, body: () => void): void;
  };
  it(title: string, test: () => Promise<void>): void;
}

/** @throws Error outside of such a framework */
export function runningTestFramework(): TestFramework {
  // What mocha puts there; asked for, because nothing else says so.
  const { describe, it } = globalThis as Partial<TestFramework>;
  if (describe === undefined || it === undefined) {
    throw new Error('describeBackend is called in a test file that mocha runs');
  }
  return { describe, it };
}
