/** The rule that came nearest to letting a denied packet through, and what kept it from doing so. */
import type { NearestRule, Obstacle } from './denial';
import type { Flow } from './flow';
import { CompiledRule } from './rule-match';

/** What denies without a rule. */
export type Refusal = Obstacle & { readonly kind: 'tierEnd' | 'missingPolicy'; readonly action: 'deny' };

/** What a matching pass rule leaves: a tier, with its end if that denies; or a profile. */
export type Section = readonly (CompiledRule | Refusal)[];

/** Everything that is asked about a packet while nothing decides. */
export interface EvaluationOrder {
  readonly tiers: readonly Section[];
  /** Absent: a packet that no tier decides is left to later stages. */
  readonly profiles?: readonly Section[];
}

/**
 * Of the rules that could have let a denied packet through, the one with the fewest obstacles; of equals the first in the
 * order of evaluation. Undefined when there is none.
 *
 * A rule could have, if it allows; or if it passes, does not match the packet, and the later sections let the packet
 * through. (What a matching pass leads to is a candidate by itself.)
 *
 * Its obstacles are its own unmet conditions, and what decides on the packet's way to it: whatever matches and denies, and
 * in the rule's own section also matching passes, for they lead past it. The way through an earlier section ends at the
 * first matching pass there, or at the section's end.
 *
 * A profile is for packets that no tier decides: behind a tier's end that denies, its rules are no candidates. Else the
 * nearest rule to a pod that a policy isolates would be that of its namespace's profile, which allows everything.
 */
export function nearestRule(order: EvaluationOrder, flow: Flow): NearestRule | undefined {
  let nearest: NearestRule | undefined;
  for (const candidate of candidates(order, flow)) {
    if (nearest === undefined || countObstacles(candidate) < countObstacles(nearest)) nearest = candidate;
  }
  return nearest;
}

function countObstacles({ unmet, behind }: NearestRule): number {
  return unmet.length + behind.length;
}

function* candidates({ tiers, profiles }: EvaluationOrder, flow: Flow): Iterable<NearestRule> {
  const sections = [...tiers, ...(profiles ?? [])];
  let way: readonly Obstacle[] = [];
  for (const [index, section] of sections.entries()) {
    if (index >= tiers.length && way.some(({ kind }) => kind === 'tierEnd')) return;
    const isPassEnough = letThrough(sections.slice(index + 1), flow, profiles === undefined);
    way = yield* candidatesOf(section, flow, way, isPassEnough);
  }
}

/** Returns the obstacles on the way to the next section. */
function* candidatesOf(
  section: Section,
  flow: Flow,
  way: readonly Obstacle[],
  isPassEnough: boolean,
): Generator<NearestRule, readonly Obstacle[]> {
  let behind = way;
  let wayOut: readonly Obstacle[] | undefined;
  for (const entry of section) {
    if (!(entry instanceof CompiledRule)) {
      behind = [...behind, entry];
      continue;
    }
    const { action, origin } = entry.rule;
    if (action === 'log') continue;
    const unmet = entry.unmet(flow);
    const isUnmatched = unmet.length > 0;
    if (action === 'allow' || (action === 'pass' && isUnmatched && isPassEnough)) {
      yield { origin, action, unmet, behind };
    }
    if (isUnmatched || action === 'allow') continue;
    if (action === 'pass') wayOut ??= behind;
    behind = [...behind, { kind: 'rule', action, object: origin.object, rule: origin.field }];
  }
  return wayOut ?? behind;
}

function letThrough(sections: readonly Section[], flow: Flow, isOpenEnded: boolean): boolean {
  for (const section of sections) {
    const action = decisionOf(section, flow);
    if (action === 'allow' || action === 'deny') return action === 'allow';
  }
  return isOpenEnded;
}

function decisionOf(section: Section, flow: Flow): 'allow' | 'deny' | 'pass' | undefined {
  for (const entry of section) {
    if (!(entry instanceof CompiledRule)) return 'deny';
    const { action } = entry.rule;
    if (action !== 'log' && entry.unmet(flow).length === 0) return action;
  }
  return undefined;
}
