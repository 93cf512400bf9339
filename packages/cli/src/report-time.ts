/** The time that a report bears. */
import { CliError } from './cli-error';

/**
 * ISO 8601, in UTC, to the second. `SOURCE_DATE_EPOCH` (seconds since 1970, https://reproducible-builds.org/specs/source-date-epoch/)
 * goes before the clock, so that the same input gives the same report.
 * @throws CliError PP_CLI_USAGE when `SOURCE_DATE_EPOCH` is no such number
 */
export function reportTime(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  now: () => number = Date.now,
): string {
  const epoch = environment.SOURCE_DATE_EPOCH;
  return format(epoch === undefined || epoch === '' ? now() : parseEpoch(epoch) * 1000);
}

function parseEpoch(text: string): number {
  // A Date goes no further than 8.64e12 seconds; twelve digits are more than any clock shows.
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new CliError('PP_CLI_USAGE', `SOURCE_DATE_EPOCH: ${JSON.stringify(text.slice(0, 40))} is no number of seconds`);
}

function format(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
