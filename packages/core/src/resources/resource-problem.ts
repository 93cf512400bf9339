/** What was given and cannot be used, and where things stand in the user's files. */
import type { CoreError } from '../core-error';
import type { ObjectRef } from '../state';

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

/** Where a resource, or a field of it, stands in the user's files. */
export interface SourceLocation {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}
