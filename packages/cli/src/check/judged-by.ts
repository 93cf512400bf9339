/** What an answer of `check` rests on: which limits, which version of this command, when. */
import type { LimitProfile, OtherJudgement } from '@polyplane/core';

export interface JudgedBy {
  /** The version of the dataplanes whose limits count. */
  readonly profile: LimitProfile;
  /** Of polyplane. */
  readonly version: string;
  /** ISO 8601. */
  readonly date: string;
}

/** One line for people. */
export function formatJudgedBy({ profile, version, date }: JudgedBy): string {
  return `Judged by the limits of ${profile}, with polyplane ${version}, ${date}.`;
}

/** One line for people: what the backend would be called by another profile, and why. */
export function formatOtherJudgement({ backend, profile, until, verdict, added, dropped }: OtherJudgement): string {
  const versions = until === undefined ? `${profile} and later` : `${profile} until ${until}`;
  const reasons = [
    ...(dropped.length > 0 ? [`without ${dropped.join(', ')}`] : []),
    ...(added.length > 0 ? [`with ${added.join(', ')}`] : []),
  ];
  return `By ${versions} (--profile ${profile}) ${backend} is ${verdict}: ${reasons.join(', ')}.`;
}
