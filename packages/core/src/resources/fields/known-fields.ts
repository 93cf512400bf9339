/** Which fields an API kind has, and which fields of an object its kind does not have. */
import type { FieldPath } from '../field-path';
import { namesNear } from './near-names';

/**
 * The fields of a structure, or of each entry where the API has a list of such. `anything`: no name below is looked at, be it a
 * plain value, a map with keys of the user's, or a part of the API that decides about no packet.
 */
export type KnownFields = 'anything' | KnownStructure;

/** Every field that a version of the API has, or had, in a structure. */
export interface KnownStructure {
  readonly fields: ReadonlyMap<string, KnownFields>;
}

/** A field that the object's kind does not have. */
export interface UnknownField {
  /** Down to the field itself. */
  readonly path: FieldPath;
  /** The names that the kind has in this place, the likeliest first where one is near. */
  readonly known: readonly string[];
  /** The one that is meant, as far as spelling tells. */
  readonly nearest?: string;
}

/** A structure with plain fields, and with fields that are structures or lists of structures themselves. */
export function fieldsOf(plain: readonly string[], nested: Readonly<Record<string, KnownFields>> = {}): KnownStructure {
  const leaves = plain.map((name): [string, KnownFields] => [name, 'anything']);
  return { fields: new Map([...leaves, ...Object.entries(nested)]) };
}

/** A structure with the fields of another and more. */
export function withFields(
  base: KnownStructure,
  plain: readonly string[],
  nested: Readonly<Record<string, KnownFields>> = {},
): KnownStructure {
  return { fields: new Map([...base.fields, ...fieldsOf(plain, nested).fields]) };
}

/** The fields of an object that its kind does not have, in the order of the object. Names are case-sensitive, as in the API. */
export function findUnknownFields(raw: unknown, known: KnownFields): readonly UnknownField[] {
  const found: UnknownField[] = [];
  visit(raw, known, [], found);
  return found;
}

function visit(value: unknown, known: KnownFields, path: (string | number)[], found: UnknownField[]): void {
  if (known === 'anything' || typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) {
    visitStructure(value, known, path, found);
    return;
  }
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    // No API has lists of lists; what is one is refused by its type.
    if (typeof item !== 'object' || item === null || Array.isArray(item)) continue;
    path.push(index);
    visitStructure(item, known, path, found);
    path.pop();
  }
}

function visitStructure(
  value: object,
  { fields }: KnownStructure,
  path: (string | number)[],
  found: UnknownField[],
): void {
  for (const [name, below] of Object.entries(value)) {
    const known = fields.get(name);
    if (known === 'anything') continue;
    path.push(name);
    if (known === undefined) found.push(unknownField(path, fields));
    else visit(below, known, path, found);
    path.pop();
  }
}

function unknownField(path: FieldPath, fields: KnownStructure['fields']): UnknownField {
  const name = String(path[path.length - 1]);
  const known = [...fields.keys()];
  const [nearest] = namesNear(name, known);
  return { path: [...path], known, ...(nearest !== undefined && { nearest }) };
}
