/**
 * What counts of a policy, profile or network set that cannot be read whole: it closes. An allow rule that cannot be read is left
 * out; a deny or pass rule denies whatever it may match; of a network set the ranges that cannot be read may be any.
 */
import type { FaultyObject } from '../faulty-object';
import type { Resource, ResourceKind } from '../resource';
import { type Issue, pathOf } from '../resource-fault';
import { CALICO_RULES } from './calico-rules';
import type { Closer } from './closer';
import { clusterRules } from './cluster-rules';
import { type FaultPlace, isRawMap } from './fault-paths';
import { KUBERNETES_RULES } from './kubernetes-rules';
import { NETWORK_SET_CLOSER } from './network-set';
import { policyCloser } from './policy';

/** An object as it counts in spite of its faults. */
export interface ClosedObject {
  readonly resource: Resource;
  /** Everything that is wrong, also what only came to light when the first faults were mended. */
  readonly issues: readonly Issue[];
}

const CALICO = policyCloser(CALICO_RULES, { selection: 'selector', types: 'types' });
const ADMIN = policyCloser(clusterRules('Allow'), { selection: 'subject' });

const CLOSERS: ReadonlyMap<ResourceKind, Closer> = new Map<ResourceKind, Closer>([
  ['NetworkPolicy', policyCloser(KUBERNETES_RULES, { selection: 'podSelector', types: 'policyTypes' })],
  ['CalicoNetworkPolicy', CALICO],
  ['GlobalNetworkPolicy', CALICO],
  ['Profile', policyCloser(CALICO_RULES, {})],
  ['AdminNetworkPolicy', ADMIN],
  ['BaselineAdminNetworkPolicy', ADMIN],
  ['ClusterNetworkPolicy', policyCloser(clusterRules('Accept'), { selection: 'subject' })],
  ['NetworkSet', NETWORK_SET_CLOSER],
  ['GlobalNetworkSet', NETWORK_SET_CLOSER],
]);

/** Mending may bring faults to light that were not looked for before; there are few rounds of such. */
const MAX_ROUNDS = 4;

/** Whether objects of a kind close where they cannot be read. */
export function closes(kind: ResourceKind): boolean {
  return CLOSERS.has(kind);
}

/** Undefined where the kind does not close, and where it is in doubt whom the object is for. */
export function closeObject({ kind, raw, whole, unknown, validation, read }: FaultyObject): ClosedObject | undefined {
  const closer = CLOSERS.get(kind);
  if (closer === undefined || !isRawMap(raw)) return undefined;
  const issues = [...whole.issues];
  const mended: FaultPlace[] = [];
  let faults: readonly FaultPlace[] = [
    ...whole.issues.map(placeOf),
    ...unknown.map(({ path }) => ({ path, isUnknown: true })),
  ];
  let current = raw;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = closer.mend(current, faults, validation === 'strict');
    if (next === undefined) return undefined;
    mended.push(...faults);
    const result = read(next);
    if (result.resource !== undefined) {
      return { resource: closer.finish?.(result.resource, mended) ?? result.resource, issues };
    }
    issues.push(...result.issues);
    faults = result.issues.map(placeOf);
    current = next;
  }
  return undefined;
}

function placeOf(issue: Issue): FaultPlace {
  return { path: pathOf(issue), isUnknown: false };
}
