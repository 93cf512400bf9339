/** Sources: where resources come from. */
import type { ServiceIdentifier } from 'inversify';
import type { Observable } from 'rxjs';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem, SourceLocation } from '../resources/resource-problem';
import type { ObjectRef } from '../state';

/** Some changes in order. A key may come more than once; the last one counts. */
export interface SourceBatch {
  readonly changes: readonly ResourceChange[];
  /** All problems that are current after this batch (not only new ones). */
  readonly problems: readonly ResourceProblem[];
  /** The initial list is complete. Never goes back to false. */
  readonly isInSync: boolean;
}

/**
 * A source of resources. `batches$` starts on subscription with the initial list and goes on with changes; it
 * does not error: what goes wrong is retried by the source and reported in `problems`. It completes only if no change can ever come.
 */
export interface Source {
  readonly batches$: Observable<SourceBatch>;
  /**
   * Every resource that it gives was made by `parseResource` (or `loadManifests`). Where that is not said, an agent holds each one
   * against what it does with it, and keeps them all, so that one that is none harms no other.
   */
  readonly hasParsedResources?: true;
  /** Absent when the source knows no files. */
  locate?(object: ObjectRef, field: string): SourceLocation | undefined;
}

/** The injection token of the source. */
export const Source: ServiceIdentifier<Source> = Symbol.for('polyplane.Source');
