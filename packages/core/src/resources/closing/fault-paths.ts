/** Where the faults of an object stand, and what of it is taken as plain data. */
import type { FieldPath } from '../field-path';

/** A fault, as far as closing goes. */
export interface FaultPlace {
  readonly path: FieldPath;
  /** The field at the path's end is one that the kind does not have. */
  readonly isUnknown: boolean;
}

/** A map as a parser gives it. */
export type RawMap = Readonly<Record<string, unknown>>;

export function isRawMap(value: unknown): value is RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map in a field; empty where there is none. */
export function mapIn(raw: RawMap, field: string): RawMap {
  const value = raw[field];
  return isRawMap(value) ? value : {};
}

/** A copy without some fields. */
export function without(raw: RawMap, fields: ReadonlySet<unknown>): RawMap {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !fields.has(name)));
}
