/** What is wrong with an API object, in words that name the object and the field. */
import type { z } from 'zod';
import { CoreError, type CoreErrorCode } from '../core-error';
import { formatObjectRef, type ObjectRef } from '../state';
import { type FieldPath, formatFieldPath } from './field-path';
import type { UnknownField } from './fields/known-fields';

/** A rule of its API that an object breaks. */
export interface ResourceFault {
  readonly error: CoreError;
  readonly object?: ObjectRef;
  readonly path: FieldPath;
}

/** Something that a schema refuses. */
export type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'>;

/** Faults told of one object; who has more mends these first. */
const MAX_FAULTS = 20;
/** How much of a field path a message quotes. */
const MAX_PLACE_LENGTH = 300;
/** How many names of fields a message lists. */
const MAX_NAMES = 12;

/** The faults that a schema found; at least one, as a failed parse has one. */
export function faultsOfIssues(
  issues: readonly Issue[],
  object: ObjectRef | string | undefined,
): readonly [ResourceFault, ...ResourceFault[]] {
  const faults = issues
    .slice(0, MAX_FAULTS)
    .map((issue) => faultOf('PP_OBJECT_INVALID', pathOf(issue), issue.message, object));
  // A failed parse has at least one issue.
  return faults as [ResourceFault, ...ResourceFault[]];
}

/**
 * The faults that are fields unknown to the object's kind.
 * @param object where there is one with a name, or else the kind
 */
export function faultsOfUnknownFields(
  unknown: readonly UnknownField[],
  object: ObjectRef | string,
  code: 'PP_FIELD_UNKNOWN' | 'PP_FIELD_PASSED_OVER',
): readonly ResourceFault[] {
  return unknown.slice(0, MAX_FAULTS).map(({ path, known, nearest }) => {
    const names = known.length > MAX_NAMES ? [...known.slice(0, MAX_NAMES), '...'] : known;
    const hint = nearest === undefined ? `there are ${names.join(', ')}` : `the nearest there is: ${nearest}`;
    return faultOf(code, path, `unknown field; ${hint}`, object);
  });
}

/** Where an issue stands. */
export function pathOf({ path }: Pick<Issue, 'path'>): FieldPath {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function faultOf(
  code: CoreErrorCode,
  path: FieldPath,
  what: string,
  object: ObjectRef | string = 'object',
): ResourceFault {
  const field = formatFieldPath(path);
  const about = typeof object === 'string' ? object : formatObjectRef(object);
  // A key in the path may be of any length; the error's own field has all of it.
  const place = field.length > MAX_PLACE_LENGTH ? `${field.slice(0, MAX_PLACE_LENGTH)}...` : field;
  const message = `${about}: ${place === '' ? '' : `${place}: `}${what}`;
  const error = new CoreError(code, message, { field });
  return { error, ...(typeof object !== 'string' && { object }), path };
}
