/** What was found out about a packet, and whether it is what a suite expects. */
import type { Verdict } from '@polyplane/core/simulator';
import type { Expectation, TierVerdict } from '../suites/suite';
import type { ProbeReport } from './report';

/** What became of a probe. */
export type Finding =
  | ({ readonly kind: 'judged' } & Judged)
  /** It could not be sent or seen: `reason` begins with a code. */
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** What is not there could not be seen, and is not judged. */
export interface Judged {
  readonly verdict: Verdict;
  /** Every `address:port` that it may be sent to, in order; its own destination if nothing translates it. */
  readonly destinations?: readonly string[];
  readonly isTranslated?: boolean;
  readonly isMasqueraded?: boolean;
  readonly affinityTimeoutSeconds?: number;
  /** Every flow of the client met the same endpoint, as its affinity wants: which others it might have met was not seen. */
  readonly isClientBound?: boolean;
  readonly isReplyBlocked?: boolean;
  /** A rule of its own lets it in (health checks). */
  readonly isAcceptedExplicitly?: boolean;
  /** Of every tier that there is, by its name. */
  readonly tiers?: ReadonlyMap<string, TierVerdict>;
  /** How it came to this, one line a step. */
  readonly trace?: readonly string[];
}

/** Holds a finding against the expectation. */
export function reportFinding(name: string, expected: Expectation, finding: Finding): ProbeReport {
  const base = { name, expected: formatExpectation(expected) };
  if (finding.kind === 'skipped') return { ...base, result: 'skip', got: '', reason: finding.reason };
  if (finding.kind === 'failed') return { ...base, result: 'fail', got: '', reason: finding.reason };
  const differences = differencesOf(expected, finding);
  const got = formatJudged(expected, finding);
  if (differences.length === 0) return { ...base, result: 'pass', got, reason: '' };
  return { ...base, result: 'fail', got, reason: [differences.join('; '), ...(finding.trace ?? [])].join('\n') };
}

function differencesOf(expected: Expectation, judged: Judged): readonly string[] {
  const { verdict, isUntouched, translatedTo } = expected;
  const checks: readonly (readonly [boolean, string])[] = [
    [verdict !== undefined && !VERDICTS[verdict].has(judged.verdict), `verdict is ${judged.verdict}`],
    [isUntouched === true && judged.isTranslated === true, 'a service rule translated it'],
    [isUntouched === true && judged.isAcceptedExplicitly === true, 'a service rule accepted it'],
    [expected.isAcceptedExplicitly === true && judged.isAcceptedExplicitly === false, 'no rule of its own accepted it'],
    [
      translatedTo !== undefined && !isTranslatedTo(translatedTo, judged),
      `may go to ${judged.destinations?.join(', ') || 'nowhere'}`,
    ],
    [judged.isClientBound === false, 'flows of one client met several endpoints, against its affinity'],
    differs('masqueraded', expected.isMasqueraded, judged.isMasqueraded),
    differs('affinity in seconds', expected.affinityTimeoutSeconds, judged.affinityTimeoutSeconds),
    differs('reply blocked', expected.isReplyBlocked, judged.isReplyBlocked),
  ];
  return [
    ...checks.filter(([isWrong]) => isWrong).map(([, difference]) => difference),
    ...tierDifferences(expected, judged),
  ];
}

function tierDifferences({ tiers: expected = {} }: Expectation, { tiers }: Judged): readonly string[] {
  if (tiers === undefined) return [];
  return Object.entries(expected).flatMap(([name, verdict]) => {
    const got = tiers.get(name);
    if (got === undefined) return [`there is no tier ${name}`];
    return got === verdict || (got === 'unmatched' && verdict === 'pass') ? [] : [`tier ${name}: ${got}`];
  });
}

function isTranslatedTo(expected: readonly string[], { destinations = [], isClientBound }: Judged): boolean {
  return isClientBound === true
    ? destinations.every((destination) => expected.includes(destination))
    : expected.join() === destinations.join();
}

function differs<T>(what: string, expected: T | undefined, got: T | undefined): readonly [boolean, string] {
  return [expected !== undefined && got !== undefined && expected !== got, `${what}: ${got}`];
}

/** The simulator's verdicts that a suite's word stands for. */
const VERDICTS: Readonly<Record<NonNullable<Expectation['verdict']>, ReadonlySet<Verdict>>> = {
  allow: new Set(['allow']),
  deny: new Set(['deny', 'drop']),
  reject: new Set(['reject']),
  refuse: new Set(['deny', 'drop', 'reject']),
};

export function formatExpectation(expected: Expectation): string {
  const parts = [
    expected.verdict === 'refuse' ? 'no connection' : expected.verdict,
    expected.isUntouched === true ? 'untouched by services' : undefined,
    expected.isAcceptedExplicitly === true ? 'by a rule of its own' : undefined,
    expected.translatedTo === undefined ? undefined : `to ${expected.translatedTo.join(', ')}`,
    formatFlag('masqueraded', expected.isMasqueraded),
    expected.affinityTimeoutSeconds === undefined ? undefined : `affinity ${expected.affinityTimeoutSeconds} s`,
    formatFlag('reply blocked', expected.isReplyBlocked),
    ...Object.entries(expected.tiers ?? {}).map(([name, verdict]) => `tier ${name}: ${verdict}`),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function formatJudged({ tiers: expectedTiers }: Expectation, judged: Judged): string {
  const { verdict, destinations, isMasqueraded, isReplyBlocked, tiers } = judged;
  const parts = [
    verdict,
    destinations === undefined || destinations.length === 0 ? undefined : `to ${destinations.join(', ')}`,
    formatFlag('masqueraded', isMasqueraded),
    isReplyBlocked === true ? 'reply blocked' : undefined,
    expectedTiers !== undefined && tiers === undefined ? 'verdicts of tiers are not seen by packets' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function formatFlag(what: string, value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? what : `not ${what}`;
}
