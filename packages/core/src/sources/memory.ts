/** A source that the program itself fills. */
import { Observable } from 'rxjs';
import { keyOfResource, type Resource, type ResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { Source, SourceBatch } from './source';

/**
 * Resources held in memory. A change reaches subscribers before the call that made it returns; a late subscriber gets what is
 * there as its first batch. Until {@link markInSync} the list counts as incomplete.
 */
export class MemorySource implements Source {
  readonly batches$: Observable<SourceBatch>;

  private readonly resources = new Map<ResourceKey, Resource>();
  private readonly listeners = new Set<(batch: SourceBatch) => void>();
  private isInSync = false;

  constructor() {
    this.batches$ = new Observable((subscriber) => {
      const listener = (batch: SourceBatch): void => subscriber.next(batch);
      this.listeners.add(listener);
      subscriber.next(this.batchOf([...this.resources.values()].map((resource) => ({ op: 'put', resource }))));
      return () => this.listeners.delete(listener);
    });
  }

  /** Adds or replaces resources, as one batch. */
  put(...resources: readonly Resource[]): void {
    this.change(resources.map((resource) => ({ op: 'put', resource })));
  }

  /** Removes resources, as one batch; unknown keys are passed over. */
  remove(...keys: readonly ResourceKey[]): void {
    this.change(keys.filter((key) => this.resources.has(key)).map((key) => ({ op: 'remove', key })));
  }

  /** Makes the source hold exactly these, as one batch of what differs. Equal means the same object. */
  replaceAll(resources: readonly Resource[]): void {
    const wanted = new Map(resources.map((resource) => [keyOfResource(resource), resource]));
    const removed = [...this.resources.keys()].filter((key) => !wanted.has(key));
    const changed = [...wanted].filter(([key, resource]) => this.resources.get(key) !== resource);
    this.change([
      ...removed.map((key): ResourceChange => ({ op: 'remove', key })),
      ...changed.map(([, resource]): ResourceChange => ({ op: 'put', resource })),
    ]);
  }

  /** Declares the initial list complete. */
  markInSync(): void {
    if (this.isInSync) return;
    this.isInSync = true;
    this.tell([]);
  }

  private change(changes: readonly ResourceChange[]): void {
    if (changes.length === 0) return;
    for (const change of changes) {
      if (change.op === 'put') this.resources.set(keyOfResource(change.resource), change.resource);
      else this.resources.delete(change.key);
    }
    this.tell(changes);
  }

  private tell(changes: readonly ResourceChange[]): void {
    const batch = this.batchOf(changes);
    for (const listener of [...this.listeners]) listener(batch);
  }

  private batchOf(changes: readonly ResourceChange[]): SourceBatch {
    return { changes, problems: [], isInSync: this.isInSync };
  }
}
