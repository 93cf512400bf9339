/** What each tier said of a packet, by the simulator's trace. */
import {
  BUILT_IN_TIER_NAMES,
  type DesiredState,
  formatObjectRef,
  type ObjectRef,
  type Resource,
} from '@polyplane/core';
import type { TraceStep } from '@polyplane/core/simulator';
import type { TierVerdict } from '../suites/suite';

/** The tiers of a cluster, and the policies in them. */
export class TierVerdicts {
  private readonly names: ReadonlySet<string>;
  private readonly tierOf = new Map<string, string>();

  constructor(resources: readonly Resource[], states: Iterable<Pick<DesiredState, 'policies'>>) {
    const tiers = resources.filter(({ kind }) => kind === 'Tier').map(({ metadata }) => metadata.name);
    this.names = new Set([...BUILT_IN_TIER_NAMES, ...tiers]);
    for (const { policies } of states) {
      for (const { tier, origin } of policies.values()) this.tierOf.set(keyOf(origin.object), tier);
    }
  }

  /** Of each tier what the last step of it says that decides. */
  of(steps: Iterable<TraceStep>): ReadonlyMap<string, TierVerdict> {
    const verdicts = new Map<string, TierVerdict>(Array.from(this.names, (name) => [name, 'unmatched']));
    for (const step of steps) {
      const tier = this.tierOfStep(step.object);
      const verdict = verdictOf(step);
      if (tier !== undefined && verdict !== undefined) verdicts.set(tier, verdict);
    }
    return verdicts;
  }

  private tierOfStep(object: ObjectRef | undefined): string | undefined {
    return object === undefined ? undefined : this.tierOf.get(keyOf(object));
  }
}

/** Network policies of Kubernetes and of Calico may have one name. */
function keyOf(object: ObjectRef): string {
  return `${object.apiVersion} ${formatObjectRef(object)}`;
}

/** Undefined for a rule that does not match, or only logs. */
function verdictOf({ outcome, isTierEnd }: TraceStep): TierVerdict | undefined {
  if (outcome === 'pass') return isTierEnd === true ? 'unmatched' : 'pass';
  return outcome === 'allow' || outcome === 'deny' ? outcome : undefined;
}
