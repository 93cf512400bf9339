/** Reads one API object: validates it as its API does, and normalises it into a resource. */
import { z } from 'zod';
import { CoreError } from '../core-error';
import { formatObjectRef, type ObjectRef } from '../state';
import { type FieldPath, formatFieldPath } from './field-path';
import type { Resource, ResourceKind } from './resource';
import { quote } from './schema/fields';
import type { KindSchema } from './schema/kind-schema';
import { KIND_SCHEMAS } from './schema/kinds';
import { metadataOf } from './schema/metadata';

/** API groups of node networking: a kind of theirs that is not read is worth telling. */
const NETWORKING_GROUPS = new Set([
  'networking.k8s.io',
  'policy.networking.k8s.io',
  'discovery.k8s.io',
  'projectcalico.org',
  'crd.projectcalico.org',
]);

/** A rule of its API that an object breaks. */
export interface ResourceFault {
  readonly error: CoreError;
  readonly object?: ObjectRef;
  readonly path: FieldPath;
}

/** `foreign`: of a kind that has nothing to do with node networking. */
export type ParsedResource =
  | { readonly outcome: 'resource'; readonly resource: Resource }
  | { readonly outcome: 'foreign'; readonly object: ObjectRef }
  | { readonly outcome: 'faulty'; readonly faults: readonly [ResourceFault, ...ResourceFault[]] };

const typeMeta = z.object({ apiVersion: z.string().min(1), kind: z.string().min(1) });
const looseName = z.object({ metadata: z.object({ name: z.string(), namespace: z.string().nullish() }) });

/** Said instead of zod's own words. */
const TOLD = {
  error: (issue: { readonly code?: string; readonly input?: unknown }) =>
    issue.code === 'invalid_type' && (issue.input === undefined || issue.input === null) ? 'is missing' : undefined,
};

/** Faults told of one object; who has more mends these first. */
const MAX_FAULTS = 20;
/** How much of a field path a message quotes. */
const MAX_PLACE_LENGTH = 300;

/**
 * Reads an API object as a JSON or YAML parser gives it.
 * @throws CoreError PP_OBJECT_INVALID with the first field that breaks a rule; PP_OBJECT_UNKNOWN_KIND
 */
export function parseResource(raw: unknown): Resource {
  const parsed = readResource(raw);
  if (parsed.outcome === 'resource') return parsed.resource;
  throw parsed.outcome === 'faulty' ? parsed.faults[0].error : unknownKind(parsed.object);
}

/** As {@link parseResource}, with every fault that the object has, and nothing thrown. */
export function readResource(raw: unknown): ParsedResource {
  const type = typeMeta.safeParse(raw, TOLD);
  if (!type.success) return { outcome: 'faulty', faults: faultsOf(type.error, undefined) };
  const object = refOf(raw, type.data);
  const entry = entryOf(type.data.apiVersion, type.data.kind);
  if (entry === undefined) {
    const group = type.data.apiVersion.split('/')[0] ?? '';
    if (!NETWORKING_GROUPS.has(group)) return { outcome: 'foreign', object };
    return { outcome: 'faulty', faults: [{ error: unknownKind(object), object, path: ['kind'] }] };
  }
  return entry.read(raw, object);
}

/** The kind of resource that an API kind is read as; undefined for one that is not read. */
export function resourceKindOf(apiVersion: string, apiKind: string): ResourceKind | undefined {
  return entryOf(apiVersion, apiKind)?.kind;
}

/** One kind with its metadata schema, ready to read. */
interface KindReader {
  readonly kind: ResourceKind;
  read(raw: unknown, object: ObjectRef): ParsedResource;
}

const READERS = new Map<string, KindReader>(
  Object.values(KIND_SCHEMAS).flatMap((schema) =>
    schema.apiVersions.map((version): [string, KindReader] => [`${version}/${schema.apiKind}`, readerOf(schema)]),
  ),
);

function entryOf(apiVersion: string, kind: string): KindReader | undefined {
  return READERS.get(`${apiVersion}/${kind}`);
}

function readerOf(schema: KindSchema): KindReader {
  const metadataSchema = z.object({ metadata: metadataOf(schema.scope, schema.name) });
  return {
    kind: schema.kind,
    read(raw, given) {
      const isDefaulted = schema.scope === 'Namespaced' && given.namespace === undefined;
      const object = isDefaulted ? { ...given, namespace: 'default' } : given;
      const head = metadataSchema.safeParse(raw, TOLD);
      const body = schema.body.safeParse(raw, TOLD);
      if (!head.success || !body.success) {
        const issues = [...(head.error?.issues ?? []), ...(body.error?.issues ?? [])];
        return { outcome: 'faulty', faults: faultsOf({ issues }, object) };
      }
      const { metadata } = head.data;
      const { apiVersion, kind } = object;
      const ref = {
        apiVersion,
        kind,
        ...(metadata.namespace && { namespace: metadata.namespace }),
        name: metadata.name,
      };
      // The table pairs each kind with the schema of its own body.
      return { outcome: 'resource', resource: { kind: schema.kind, ref, metadata, ...body.data } as Resource };
    },
  };
}

function faultsOf(
  { issues }: Pick<z.ZodError, 'issues'>,
  object: ObjectRef | undefined,
): readonly [ResourceFault, ...ResourceFault[]] {
  const faults = issues.slice(0, MAX_FAULTS).map((issue): ResourceFault => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const field = formatFieldPath(path);
    const about = object === undefined ? 'object' : formatObjectRef(object);
    // A key in the path may be of any length; the error's own field has all of it.
    const place = field.length > MAX_PLACE_LENGTH ? `${field.slice(0, MAX_PLACE_LENGTH)}...` : field;
    const message = `${about}: ${place === '' ? '' : `${place}: `}${issue.message}`;
    const error = new CoreError('PP_OBJECT_INVALID', message, { field });
    return { error, ...(object !== undefined && { object }), path };
  });
  // A failed parse has at least one issue.
  return faults as [ResourceFault, ...ResourceFault[]];
}

/** The reference to an object that may be faulty, its texts shortened. */
function refOf(raw: unknown, { apiVersion, kind }: z.infer<typeof typeMeta>): ObjectRef {
  const named = looseName.safeParse(raw);
  const { name = '', namespace } = named.success ? named.data.metadata : {};
  return {
    apiVersion: plain(apiVersion),
    kind: plain(kind),
    ...(namespace && { namespace: plain(namespace) }),
    name: plain(name),
  };
}

function unknownKind(object: ObjectRef): CoreError {
  const message = `${formatObjectRef(object)}: kind ${quote(object.kind)} of ${quote(object.apiVersion)} is not read`;
  return new CoreError('PP_OBJECT_UNKNOWN_KIND', message, { field: 'kind' });
}

/** Names are 253 bytes at most and plain; what is longer is cut, what is not is escaped, as both go into messages. */
function plain(text: string): string {
  const escaped = JSON.stringify(text.slice(0, 254)).slice(1, -1);
  return escaped.length > 253 ? `${escaped.slice(0, 60)}...` : escaped;
}
