/** What counts of an object that is not as its API has it: all of it, what closes of it, or nothing. */
import type { ObjectRef } from '../state';
import { closeObject, closes } from './closing/close-object';
import type { FieldValidation } from './field-validation';
import type { UnknownField } from './fields/known-fields';
import type { ParsedResource } from './parse';
import type { Resource, ResourceKind } from './resource';
import { faultsOfIssues, faultsOfUnknownFields, type Issue, type ResourceFault } from './resource-fault';

/** What a schema says of an object: the resource, or why it is none. */
export interface Whole {
  readonly resource?: Resource;
  /** None where there is a resource. */
  readonly issues: readonly Issue[];
}

/** An object with faults, or with fields that its kind does not have. */
export interface FaultyObject {
  readonly kind: ResourceKind;
  readonly object: ObjectRef;
  readonly raw: unknown;
  /** Read as if unknown fields were not there. */
  readonly whole: Whole;
  readonly unknown: readonly UnknownField[];
  readonly validation: FieldValidation;
  /** Reads the object in another form. */
  readonly read: (raw: unknown) => Whole;
}

/**
 * An unknown field refuses the object under `strict`. Otherwise what cannot be read of a policy closes, where the rest says whom
 * it is for; other objects are read without the unknown fields, or not at all.
 */
export function readFaulty(faulty: FaultyObject): ParsedResource {
  const { kind, object, whole, unknown, validation } = faulty;
  const closed = closeObject(faulty);
  const issues = closed?.issues ?? whole.issues;
  const isPassedOver = validation === 'warn' && issues.length === 0;
  const counting = closed?.resource ?? (closes(kind) ? undefined : whole.resource);
  if (isPassedOver && counting !== undefined) {
    const faults = faultsOfUnknownFields(unknown, object, 'PP_FIELD_PASSED_OVER');
    return { outcome: 'resource', resource: counting, faults };
  }
  const unknownCode = isPassedOver || validation === 'strict' ? 'PP_FIELD_UNKNOWN' : 'PP_FIELD_PASSED_OVER';
  const faults = [...faultsOfUnknownFields(unknown, object, unknownCode), ...faultsOfIssues(issues, object)];
  return {
    outcome: 'faulty',
    // Who comes here has an issue or an unknown field.
    faults: faults as [ResourceFault, ...ResourceFault[]],
    ...(closed !== undefined && {
      closed: { resource: closed.resource, isRefused: unknown.length > 0 && validation === 'strict' },
    }),
  };
}
