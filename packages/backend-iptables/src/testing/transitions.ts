/** Transitions to states that are told as lists of objects. */
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  orderChanges,
  type Transition,
} from '@polyplane/core/backend';

/** To exactly these objects. */
export function full(revision: number, objects: readonly DesiredObject[]): Transition {
  const changes = orderChanges(objects.map((object) => ({ op: 'put', object })));
  return { revision, scope: 'full', isInSync: true, changes };
}

/** From these objects to those; the same object in both is unchanged. */
export function delta(revision: number, before: readonly DesiredObject[], after: readonly DesiredObject[]): Transition {
  const kept = new Set<DesiredKey>(after.map(({ key }) => key));
  const changes: Change[] = [
    ...after.filter((object) => !before.includes(object)).map((object): Change => ({ op: 'put', object })),
    ...before.filter(({ key }) => !kept.has(key)).map(({ key }): Change => ({ op: 'remove', key })),
  ];
  return { revision, scope: 'delta', isInSync: true, changes: orderChanges(changes) };
}
