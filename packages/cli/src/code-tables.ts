/** The code tables that stand fixed: those of core, Linux, conformance and the command itself. Backends bring theirs. */
import { CONFORMANCE_CODES } from '@polyplane/conformance';
import { type BackendRegistry, CHANGE_CODES, CORE_CODES, type CodeEntry, type CodeTable } from '@polyplane/core';
import { LINUX_CODES } from '@polyplane/linux';
import { CLI_CODES } from './cli-error';

const OWN_TABLES: readonly CodeTable[] = [CHANGE_CODES, LINUX_CODES, CONFORMANCE_CODES, CLI_CODES];

/** Every code, sorted: errors of packages and backends, and the diagnostics of the backends' limits. */
export function allCodes(backends: BackendRegistry): readonly CodeEntry[] {
  return backends.codes(...OWN_TABLES);
}

/** What to do about an error of core, Linux, conformance or the command itself; undefined for a backend's. */
export function remedyOf(code: string): string | undefined {
  const tables: readonly CodeTable[] = [CORE_CODES, ...OWN_TABLES];
  return tables.find((table) => Object.hasOwn(table, code))?.[code]?.remedy;
}
