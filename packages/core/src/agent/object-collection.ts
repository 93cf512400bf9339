/** The objects of some types of the desired state, as a stream: what is there, then what changes. */
import { concat, defer, type Observable, of, Subject } from 'rxjs';
import type { Change, DesiredOf, DesiredType } from '../state';
import { keyOfChange, typeOfKey } from '../state';
import { deepFreeze, MapView } from './freeze';

/** One step. The first one that a subscriber gets has every object in `changed`. */
export interface ObjectsChange<T extends { readonly key: string }> {
  /** The desired state's revision. */
  readonly revision: number;
  /** Every object by its key: a view that follows later steps. */
  readonly current: ReadonlyMap<T['key'], T>;
  /** New and changed ones. */
  readonly changed: readonly T[];
  readonly removed: readonly T['key'][];
}

/** Follows the desired state; emits only where an object of its types changes. */
export class ObjectCollection<Type extends DesiredType> {
  readonly changes$: Observable<ObjectsChange<DesiredOf<Type>>>;

  readonly #types: ReadonlySet<DesiredType>;
  readonly #current = new Map<DesiredOf<Type>['key'], DesiredOf<Type>>();
  readonly #view = new MapView(this.#current);
  readonly #steps = new Subject<ObjectsChange<DesiredOf<Type>>>();
  #revision = 0;

  constructor(...types: readonly Type[]) {
    this.#types = new Set(types);
    this.changes$ = defer(() => concat(of(this.#whole()), this.#steps));
  }

  follow(revision: number, changes: readonly Change[]): void {
    this.#revision = revision;
    const changed: DesiredOf<Type>[] = [];
    const removed: DesiredOf<Type>['key'][] = [];
    for (const change of changes) {
      if (!this.#types.has(typeOfKey(keyOfChange(change)))) continue;
      // Object and key are of one of our types, as was just asked.
      const key = keyOfChange(change) as DesiredOf<Type>['key'];
      if (change.op === 'put') {
        const object = change.object as DesiredOf<Type>;
        this.#current.set(key, object);
        changed.push(object);
      } else if (change.op === 'remove' && this.#current.delete(key)) removed.push(key);
    }
    if (changed.length + removed.length === 0) return;
    this.#steps.next(deepFreeze({ revision, current: this.#view, changed, removed }));
  }

  complete(): void {
    this.#steps.complete();
  }

  #whole(): ObjectsChange<DesiredOf<Type>> {
    const changed = [...this.#current.values()];
    return deepFreeze({ revision: this.#revision, current: this.#view, changed, removed: [] });
  }
}
