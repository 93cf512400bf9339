/** Which rows of a limit table hold: those of a version of the dataplanes, but for what feature gates lift. */
import { type FeatureGate, type FeatureGates, isGateOn } from './feature-gate';
import type { Limit, LimitTable } from './limit';
import { DEFAULT_PROFILE, type LimitProfile, limitsOf } from './profile';

/** What somebody chose of limits. */
export interface LimitChoice {
  /** Which version of the dataplanes the limits speak of. Default: {@link DEFAULT_PROFILE}. */
  readonly profile?: LimitProfile;
  /** Which feature gates are switched. Default: none, so that each is as its stage says. */
  readonly featureGates?: FeatureGates;
}

/** The rows that hold; the remedy of one that a gate would lift says so. */
export function limitsInForce(table: LimitTable, choice: LimitChoice): LimitTable {
  const { profile = DEFAULT_PROFILE, featureGates = {} } = choice;
  return limitsOf(table, profile)
    .filter(({ liftedBy }) => liftedBy === undefined || !isGateOn(liftedBy, featureGates))
    .map(withGateAsRemedy);
}

/** The rows that hold on a host; those that the host showed by itself (`NodeFacts.limits`) stand in for the table's of their features. */
export function limitsOnHost(table: LimitTable, shown: LimitTable, choice: LimitChoice): LimitTable {
  const isShown = new Set(shown.map(({ feature }) => feature));
  return [...limitsInForce(table, choice).filter(({ feature }) => !isShown.has(feature)), ...shown];
}

/** The gates that lift rows of a table. */
export function gatesOf(table: LimitTable): readonly FeatureGate[] {
  return table.flatMap(({ liftedBy }) => liftedBy ?? []);
}

function withGateAsRemedy(limit: Limit): Limit {
  if (limit.liftedBy === undefined) return limit;
  const { name, stage } = limit.liftedBy;
  return { ...limit, remedy: `${limit.remedy} Or switch on the feature gate ${name} (${stage}).` };
}
