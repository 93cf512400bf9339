/** Objects as the API would give them, for tests: the smallest of a kind, with what the test is about. */
import { parseResource, readResource } from '../parse';
import type { ResourceKind, ResourceOf } from '../resource';
import { KIND_SCHEMAS } from '../schema/kinds';

export type Fields = Readonly<Record<string, unknown>>;

/** An object of a kind with the smallest metadata, and what is given. */
export const objectOf = (kind: ResourceKind, fields: Fields, metadata: Fields = {}): Fields => {
  const { apiKind, apiVersions } = KIND_SCHEMAS[kind];
  return { apiVersion: apiVersions[0], kind: apiKind, metadata: { name: 'x', ...metadata }, ...fields };
};

export const parse = <Kind extends ResourceKind>(kind: Kind, fields: Fields, metadata: Fields = {}): ResourceOf<Kind> =>
  parseResource(objectOf(kind, fields, metadata)) as ResourceOf<Kind>; // the object is of this kind

export const specOf = <Kind extends ResourceKind>(kind: Kind, spec: Fields, metadata: Fields = {}) =>
  (parse(kind, { spec }, metadata) as { readonly spec?: unknown }).spec;

/** The fields at fault. */
export const faults = (kind: ResourceKind, fields: Fields, metadata: Fields = {}): readonly (string | undefined)[] => {
  const read = readResource(objectOf(kind, fields, metadata));
  return read.outcome === 'faulty' ? read.faults.map(({ error }) => error.field) : [];
};
export const specFaults = (kind: ResourceKind, spec: Fields, metadata: Fields = {}) => faults(kind, { spec }, metadata);
