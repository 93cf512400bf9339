/** The suites that `test` is given: paths, or names of suites that come with @polyplane/conformance. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLED_SUITES_FOLDER, loadSuites, type Suite } from '@polyplane/conformance';
import { CliError } from './cli-error';
import { formatNearNames } from './near-names';
import { reportError } from './report-error';

/**
 * Loads every suite; a path goes before a name. All that is wrong is reported on stderr.
 * @throws CliError PP_CLI_SUITE_UNKNOWN, PP_CLI_INPUT_INVALID
 */
export function readSuites(names: readonly string[]): readonly Suite[] {
  const loaded = names.map((name) => ({ name, ...loadSuites(suitePath(name)) }));
  const problems = loaded.flatMap((one) => one.problems);
  for (const problem of problems) reportError(problem);
  if (problems.length > 0) {
    const count = problems.length === 1 ? 'one suite is' : `${problems.length} suites are`;
    throw new CliError('PP_CLI_INPUT_INVALID', `${count} wrong; none was run`);
  }
  const empty = loaded.find(({ suites }) => suites.length === 0);
  if (empty !== undefined) throw new CliError('PP_CLI_SUITE_UNKNOWN', `there is no suite in ${empty.name}`);
  return loaded.flatMap(({ suites }) => suites);
}

/**
 * The path that a suite's name means.
 * @throws CliError PP_CLI_SUITE_UNKNOWN
 */
export function suitePath(name: string): string {
  if (existsSync(name)) return name;
  const bundled = readdirSync(BUNDLED_SUITES_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  if (bundled.includes(name)) return join(BUNDLED_SUITES_FOLDER, name);
  throw new CliError(
    'PP_CLI_SUITE_UNKNOWN',
    `${name} is no path and no bundled suite; ${formatNearNames(name, bundled)}`,
  );
}
