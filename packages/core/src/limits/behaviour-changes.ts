/** Everything that a change of backend changes for a cluster's objects though neither backend lacks anything. */
import { type BehaviourChange, CHANGE_CODES, type ChangeOfObject } from './behaviour-change';
import type { ClusterIndex } from './cluster-index';
import { type ConnectionBackend, connectionChanges } from './connection-changes';
import { type PolicyBackend, policyChanges } from './policy-changes';
import { type ServiceBackend, serviceChanges } from './service-changes';

/** A backend as far as a change to or from it goes. */
export type SwitchedBackend = PolicyBackend & ServiceBackend & ConnectionBackend;

/** Policies first: they decide who gets in. */
export function behaviourChanges(
  cluster: ClusterIndex,
  from: SwitchedBackend,
  to: SwitchedBackend,
): readonly BehaviourChange[] {
  const changes: readonly ChangeOfObject[] = [
    ...policyChanges(cluster, from, to),
    ...serviceChanges(cluster, from, to),
    ...connectionChanges(cluster, from, to),
  ];
  const remedies = new Map<string, string>([
    ...Object.entries(CHANGE_CODES).map(([code, { remedy }]): [string, string] => [code, remedy]),
    // A limit may be said by a change: its row knows what to do.
    ...[...from.limits, ...to.limits].map(({ code, remedy }): [string, string] => [code, remedy]),
  ]);
  return changes.map((change) => ({ ...change, remedy: remedies.get(change.code) ?? '' }));
}
