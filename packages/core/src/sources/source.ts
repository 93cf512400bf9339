/** Sources: where resources come from. */
import type { ServiceIdentifier } from 'inversify';
import type { Observable } from 'rxjs';
import type { CoreError } from '../core-error';
import type { Resource, ResourceKey } from '../resources/resource';
import type { ObjectRef } from '../state';

/** `put` gives a resource whole, new or changed. `remove` of an unknown key changes nothing. */
export type ResourceChange =
  | { readonly op: 'put'; readonly resource: Resource }
  | { readonly op: 'remove'; readonly key: ResourceKey };

/** Something a source was given and could not use. Everything else goes on. */
export interface ResourceProblem {
  readonly error: CoreError;
  readonly object?: ObjectRef;
  /** Path of the field that is wrong, if one is. */
  readonly field?: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
}

/** Some changes in order. A key may come more than once; the last one counts. */
export interface SourceBatch {
  readonly changes: readonly ResourceChange[];
  /** All problems that are current after this batch (not only new ones). */
  readonly problems: readonly ResourceProblem[];
  /** The initial list is complete. Never goes back to false. */
  readonly isInSync: boolean;
}

/** Where a resource, or a field of it, stands in the user's files. */
export interface SourceLocation {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * A source of resources. `batches$` starts on subscription with the initial list and goes on with changes; it
 * does not error: what goes wrong is retried by the source and reported in `problems`. It completes only if no change can ever come.
 */
export interface Source {
  readonly batches$: Observable<SourceBatch>;
  /** Absent when the source knows no files. */
  locate?(object: ObjectRef, field: string): SourceLocation | undefined;
}

/** The injection token of the source. */
export const Source: ServiceIdentifier<Source> = Symbol.for('polyplane.Source');
