/** Transitions: ordered batches of changes to the desired state. */
import type { HostEndpoint, WorkloadEndpoint } from './endpoint';
import type { IpSet, IpSetKey, IpSetMember } from './ip-set';
import type { ClusterNode, NodeSettings } from './node';
import type { Policy, Profile } from './policy';
import type { IpPool } from './pool';
import type { Route } from './route';
import type { ServicePort } from './service';

/** Everything that the desired state is made of. */
export type DesiredObject =
  | NodeSettings
  | ClusterNode
  | IpPool
  | IpSet
  | Profile
  | Policy
  | HostEndpoint
  | WorkloadEndpoint
  | Route
  | ServicePort;

/** The types of objects that the desired state is made of. */
export type DesiredType = DesiredObject['type'];

/** The object of the given type. */
export type DesiredOf<Type extends DesiredType> = Extract<DesiredObject, { readonly type: Type }>;

/** Unique over all types: `type/...`. */
export type DesiredKey = DesiredObject['key'];

/**
 * `put` gives the object whole, new or changed. `remove` of an unknown key is no error and changes nothing.
 * `members` changes a set that exists: `added` and `removed` are disjoint; adding a member that is there, or removing one
 * that is not, changes nothing.
 */
export type Change =
  | { readonly op: 'put'; readonly object: DesiredObject }
  | { readonly op: 'remove'; readonly key: DesiredKey }
  | {
      readonly op: 'members';
      readonly key: IpSetKey;
      readonly added: readonly IpSetMember[];
      readonly removed: readonly IpSetMember[];
    };

/**
 * `full`: the desired state is exactly the objects put here. `delta`: the state before, changed.
 * Changes come in the order in which they are safe to apply one by one: see {@link orderChanges}; no key twice.
 */
export interface Transition {
  /**
   * Which desired state this leads to; 0 is the empty state before any. It never falls; a session is handed the same one
   * again when a transition is repeated or comes in parts.
   */
  readonly revision: number;
  readonly scope: 'full' | 'delta';
  /** The source's initial list is complete; before that nothing may be written to a dataplane. */
  readonly isInSync: boolean;
  readonly changes: readonly Change[];
}

/** The order of creation: what an object refers to comes before it. Removal goes the other way. */
const CREATION_ORDER: Readonly<Record<DesiredType, number>> = {
  settings: 0,
  node: 1,
  pool: 2,
  ipSet: 3,
  profile: 4,
  policy: 5,
  hostEndpoint: 6,
  workload: 7,
  route: 8,
  service: 9,
};

/** The type of the object that a key names. */
export function typeOfKey(key: DesiredKey): DesiredType {
  // Every key is made as `type/...` by the module of its type.
  return key.slice(0, key.indexOf('/')) as DesiredType;
}

/** The key that a change is about. */
export function keyOfChange(change: Change): DesiredKey {
  return change.op === 'put' ? change.object.key : change.key;
}

/** Puts and member changes in creation order, then removals in reverse; stable within a type. */
export function orderChanges(changes: readonly Change[]): readonly Change[] {
  const rank = (change: Change): number => {
    const order = CREATION_ORDER[typeOfKey(keyOfChange(change))];
    return change.op === 'remove' ? 100 - order : order;
  };
  return [...changes].sort((a, b) => rank(a) - rank(b));
}
