/** The test framework that the kit is run by. */

/** How tests are described: by the functions of mocha, jest, vitest or `node:test`. */
export interface TestFramework {
  /** Groups tests. */
  readonly describe: {
    (title: string, body: () => void): void;
    /** Lists what is described, and runs none of it. */
    skip(title: string, body: () => void): void;
  };
  /** Describes one test. */
  it(title: string, test: () => Promise<void>): void;
}

/**
 * The framework that is handed in, or the one whose functions are global: mocha's, jest's, and vitest's with `globals: true`.
 * @throws Error where there is none
 */
export function testFramework(given?: TestFramework): TestFramework {
  if (given !== undefined) return given;
  // What such a framework puts there; asked for, because nothing else says so.
  const { describe, it } = globalThis as Partial<TestFramework>;
  if (describe === undefined || it === undefined) {
    throw new Error('no test framework: hand in its functions, { describe, it }, where they are not global');
  }
  return { describe, it };
}
