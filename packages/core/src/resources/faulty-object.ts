/** An object that is not as its API has it, and what was found of it. */
import type { ObjectRef } from '../state';
import type { FieldValidation } from './field-validation';
import type { UnknownField } from './fields/known-fields';
import type { Resource, ResourceKind } from './resource';
import type { Issue } from './resource-fault';

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
