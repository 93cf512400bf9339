/** Loads conformance suites from files and folders. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConformanceError } from '../conformance-error';
import { parseSuite } from './parse-suite';
import type { Suite } from './suite';
import { SuiteText } from './suite-text';

/** The suites that were read, and what could not be. */
export interface LoadedSuites {
  readonly suites: readonly Suite[];
  /** Files that are no suites; the others are not affected. */
  readonly problems: readonly ConformanceError[];
}

/** Loads a file, or every *.yaml, *.yml and *.json in a folder and below it, in the order of their paths. Nothing is thrown. */
export function loadSuites(path: string): LoadedSuites {
  const suites: Suite[] = [];
  const problems: ConformanceError[] = [];
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof ConformanceError)) throw error;
      problems.push(error);
    }
  };
  attempt(() => {
    const { files, isFolder } = listSuiteFiles(path);
    for (const file of files) {
      attempt(() => {
        const text = SuiteText.read(file);
        // A folder may hold data of another form beside its suites; a file that is named must be one.
        if (!isFolder || !isDataFile(text.value)) suites.push(parseSuite(text));
      });
    }
  });
  return { suites, problems };
}

/** @throws ConformanceError PP_SUITE_UNREADABLE, PP_SUITE_SYNTAX, PP_SUITE_INVALID, PP_SUITE_OBJECT_INVALID */
export function loadSuite(file: string): Suite {
  return parseSuite(SuiteText.read(file));
}

const SUITE_FILE = /\.(ya?ml|json)$/;

function listSuiteFiles(path: string): { readonly files: readonly string[]; readonly isFolder: boolean } {
  try {
    if (!statSync(path).isDirectory()) return { files: [path], isFolder: false };
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => SUITE_FILE.test(name));
    return { files: names.sort().map((name) => join(path, name)), isFolder: true };
  } catch (cause) {
    throw new ConformanceError('PP_SUITE_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Data of unit tests: they judge a part of a node, not its packets. */
const DATA_OF_UNIT_TESTS = new Set(['ebpf-nat', 'felix-policy', 'selectors', 'topology', 'validation', 'vpp']);

function isDataFile(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'suite' in value &&
    typeof value.suite === 'string' &&
    DATA_OF_UNIT_TESTS.has(value.suite)
  );
}
