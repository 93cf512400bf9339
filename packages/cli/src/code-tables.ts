/** The code tables that stand fixed: core's, conformance's and the command's own. Backends bring theirs. */
import { CONFORMANCE_CODES } from '@polyplane/conformance';
import { type BackendRegistry, CHANGE_CODES, CORE_CODES, type CodeEntry, type CodeTable } from '@polyplane/core';
import { CLI_CODES } from './cli-error';

const OWN_TABLES: readonly CodeTable[] = [CHANGE_CODES, CONFORMANCE_CODES, CLI_CODES];

/** Every code, sorted: errors of packages and backends, and the diagnostics of the backends' limits. */
export function allCodes(backends: BackendRegistry): readonly CodeEntry[] {
  return backends.codes(...OWN_TABLES);
}

/** What to do about an error of core, conformance or the command itself; undefined for a backend's. */
export function remedyOf(code: string): string | undefined {
  const tables: readonly CodeTable[] = [CORE_CODES, ...OWN_TABLES];
  return tables.find((table) => Object.hasOwn(table, code))?.[code]?.remedy;
}
