/** Where another profile judges otherwise: a limit that an object meets was lifted in it, or had not begun. */
import type { FeatureUse } from './feature-use';
import type { Diagnostic, LimitTable, Support } from './limit';
import { type LimitChoice, limitsInForce } from './limits-in-force';
import { DEFAULT_PROFILE, type LimitProfile, profilesOf } from './profile';
import { severityOf } from './severity';
import { verdictOf } from './verdict';

/** What would be said of a backend by another profile. */
export interface OtherJudgement {
  readonly backend: string;
  /** The first profile that says so, and the first after it that no longer does. */
  readonly profile: LimitProfile;
  readonly until?: LimitProfile;
  readonly verdict: Support;
  /** Codes of limits that objects meet there and not here, and here and not there. */
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/** `limits` is the backend's whole table, `uses` what the cluster's objects ask of it. */
export function otherJudgements(
  { name, limits }: { readonly name: string; readonly limits: LimitTable },
  uses: readonly FeatureUse[],
  choice: LimitChoice,
): readonly OtherJudgement[] {
  const kinds = kindsOf(uses);
  const here = limitsMet(limits, kinds, { ...choice, profile: choice.profile ?? DEFAULT_PROFILE });
  const judgements = profilesOf(limits).map((profile): OtherJudgement => {
    const there = limitsMet(limits, kinds, { ...choice, profile });
    const added = codesIn(there, here);
    return { backend: name, profile, verdict: verdictOf(there), added, dropped: codesIn(here, there) };
  });
  const turns = judgements.filter((judgement, index) => !isSame(judgement, judgements[index - 1]));
  return turns.flatMap((judgement, index) => {
    const until = turns[index + 1]?.profile;
    if (judgement.added.length === 0 && judgement.dropped.length === 0) return [];
    return [until === undefined ? judgement : { ...judgement, until }];
  });
}

/** A cluster has few of them, however many objects. */
type UseKind = Pick<FeatureUse, 'feature'> & { readonly isWithoutLoss: boolean };

function kindsOf(uses: readonly FeatureUse[]): readonly UseKind[] {
  const kinds = new Map<string, UseKind>();
  for (const { feature, withoutLoss } of uses) {
    const isWithoutLoss = withoutLoss !== undefined;
    kinds.set(`${feature} ${isWithoutLoss}`, { feature, isWithoutLoss });
  }
  return [...kinds.values()];
}

type MetLimit = Pick<Diagnostic, 'code' | 'severity'>;

function limitsMet(table: LimitTable, kinds: readonly UseKind[], choice: LimitChoice): readonly MetLimit[] {
  const rows = limitsInForce(table, choice);
  return kinds.flatMap(({ feature, isWithoutLoss }) =>
    rows
      .filter((row) => row.feature === feature)
      .map((row) => ({
        code: row.code,
        severity: severityOf({ support: row.support, effect: isWithoutLoss ? 'none' : row.effect }),
      })),
  );
}

function codesIn(limits: readonly MetLimit[], others: readonly MetLimit[]): readonly string[] {
  const known = new Set(others.map(({ code }) => code));
  return [...new Set(limits.map(({ code }) => code))].filter((code) => !known.has(code)).sort();
}

/** By the codes, which settle the verdict. */
function isSame({ added, dropped }: OtherJudgement, other: OtherJudgement | undefined): boolean {
  return other !== undefined && other.added.join() === added.join() && other.dropped.join() === dropped.join();
}
