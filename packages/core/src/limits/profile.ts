/** Profiles: which version of the dataplanes a limit table speaks of. */
import { CoreError } from '../core-error';
import type { LimitTable } from './limit';

/** A version of Calico, whose dataplanes the tables describe: `calico-3.19`. */
export type LimitProfile = `calico-${number}.${number}`;

/** The version whose documentation the default tables state. */
export const DEFAULT_PROFILE: LimitProfile = 'calico-3.19';

/**
 * Reads a profile's name.
 * @throws CoreError PP_PROFILE_INVALID
 */
export function parseProfile(text: string): LimitProfile {
  if (versionOf(text) !== undefined) return text as LimitProfile;
  const shown = JSON.stringify(text.slice(0, 40));
  throw new CoreError('PP_PROFILE_INVALID', `${shown} is not a profile such as ${DEFAULT_PROFILE}`);
}

/** The rows that hold in a profile: those that began by then and were not lifted yet. */
export function limitsOf(table: LimitTable, profile: LimitProfile): LimitTable {
  return table.filter(
    ({ since, until }) =>
      (since === undefined || compareVersions(since, profile) <= 0) &&
      (until === undefined || compareVersions(profile, until) < 0),
  );
}

/**
 * One profile for each way in which the rows of a table hold together: the default one, and each version at which rows begin or end;
 * the earliest first. In between nothing changes.
 */
export function profilesOf(table: LimitTable): readonly LimitProfile[] {
  const versions = table.flatMap(({ since, until }) => [since, until]).filter((version) => version !== undefined);
  const profiles = versions.filter((version) => versionOf(version) !== undefined).map(parseProfile);
  return [...new Set([DEFAULT_PROFILE, ...profiles])].sort(compareVersions);
}

/** Below zero: `a` is the earlier one. What is no version of Calico's is earlier than all. */
function compareVersions(a: string, b: string): number {
  const [majorA, minorA] = versionOf(a) ?? [0, 0];
  const [majorB, minorB] = versionOf(b) ?? [0, 0];
  return majorA - majorB || minorA - minorB;
}

function versionOf(profile: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /^calico-(\d{1,3})\.(\d{1,4})$/.exec(profile) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}
