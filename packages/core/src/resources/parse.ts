/** Reads one API object: validates it as its API does, and normalises it into a resource. */
import { z } from 'zod';
import { CoreError } from '../core-error';
import { formatObjectRef, type ObjectRef } from '../state';
import type { Whole } from './faulty-object';
import type { FieldValidation } from './field-validation';
import { KIND_FIELDS } from './fields/kind-fields';
import { findUnknownFields } from './fields/known-fields';
import type { ParsedResource } from './parsed-resource';
import { readFaulty } from './read-faulty';
import type { Resource, ResourceKind } from './resource';
import { faultsOfIssues } from './resource-fault';
import { quote } from './schema/fields';
import type { KindSchema } from './schema/kind-schema';
import { KIND_SCHEMAS } from './schema/kinds';
import { metadataOf } from './schema/metadata';
import { TOLD } from './schema/told';
import { unreadPolicyRemedy } from './unread-policies';

/** API groups of node networking: a kind of theirs that is not read is worth telling. */
const NETWORKING_GROUPS = new Set([
  'networking.k8s.io',
  'policy.networking.k8s.io',
  'discovery.k8s.io',
  'projectcalico.org',
  'crd.projectcalico.org',
]);

const typeMeta = z.object({ apiVersion: z.string().min(1), kind: z.string().min(1) });
const looseName = z.object({ metadata: z.object({ name: z.string(), namespace: z.string().nullish() }) });

/**
 * Reads an API object as a JSON or YAML parser gives it.
 * @param validation what becomes of fields that its kind does not have
 * @throws CoreError with the first thing that is wrong: PP_OBJECT_INVALID, PP_FIELD_UNKNOWN, PP_OBJECT_UNKNOWN_KIND, PP_POLICY_NOT_READ
 */
export function parseResource(raw: unknown, validation: FieldValidation = 'strict'): Resource {
  const parsed = readResource(raw, validation);
  if (parsed.outcome === 'resource') return parsed.resource;
  throw parsed.outcome === 'faulty' ? parsed.faults[0].error : unknownKind(parsed.object);
}

/** As {@link parseResource}, with every fault that the object has, and nothing thrown. */
export function readResource(raw: unknown, validation: FieldValidation = 'strict'): ParsedResource {
  const type = typeMeta.safeParse(raw, TOLD);
  if (!type.success) return { outcome: 'faulty', faults: faultsOfIssues(type.error.issues, undefined) };
  const object = refOf(raw, type.data);
  const { apiVersion, kind } = type.data;
  return entryOf(apiVersion, kind)?.read(raw, object, validation) ?? readUnknownKind(object);
}

/** The kind of resource that an API kind is read as; undefined for one that is not read. */
export function resourceKindOf(apiVersion: string, apiKind: string): ResourceKind | undefined {
  return entryOf(apiVersion, apiKind)?.kind;
}

/** One kind with its metadata schema, ready to read. */
interface KindReader {
  readonly kind: ResourceKind;
  read(raw: unknown, object: ObjectRef, validation: FieldValidation): ParsedResource;
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
  const readWhole = wholeReader(schema);
  const fields = KIND_FIELDS[schema.kind];
  return {
    kind: schema.kind,
    read(raw, given, validation) {
      const object = inScope(given, schema.scope);
      const unknown = validation === 'ignore' ? [] : findUnknownFields(raw, fields);
      const whole = readWhole(raw, object);
      if (whole.resource !== undefined && unknown.length === 0) {
        return { outcome: 'resource', resource: whole.resource, faults: [] };
      }
      const read = (mended: unknown): Whole => readWhole(mended, object);
      return readFaulty({ kind: schema.kind, object, raw, whole, unknown, validation, read });
    },
  };
}

/** The reference as the kind's scope has it: without a namespace, or in the default one. */
function inScope({ namespace = 'default', ...rest }: ObjectRef, scope: KindSchema['scope']): ObjectRef {
  return scope === 'Namespaced' ? { ...rest, namespace } : rest;
}

/** Reads an object that is without a fault, or gives its faults. */
function wholeReader(schema: KindSchema): (raw: unknown, object: ObjectRef) => Whole {
  const metadataSchema = z.object({ metadata: metadataOf(schema.scope, schema.name) });
  return (raw, { apiVersion, kind }) => {
    const head = metadataSchema.safeParse(raw, TOLD);
    const body = schema.body.safeParse(raw, TOLD);
    if (!head.success || !body.success) {
      return { issues: [...(head.error?.issues ?? []), ...(body.error?.issues ?? [])] };
    }
    const { metadata } = head.data;
    const ref = {
      apiVersion,
      kind,
      ...(metadata.namespace && { namespace: metadata.namespace }),
      name: metadata.name,
    };
    // The table pairs each kind with the schema of its own body.
    return { resource: { kind: schema.kind, ref, metadata, ...body.data } as Resource, issues: [] };
  };
}

/** What is not read: told where it speaks of node networking. */
function readUnknownKind(object: ObjectRef): ParsedResource {
  const remedy = unreadPolicyRemedy(object);
  if (remedy !== undefined) {
    const message = `${formatObjectRef(object)}: ${quote(object.kind)} of ${quote(object.apiVersion)} is not read, and the policy not in force: ${remedy}`;
    const error = new CoreError('PP_POLICY_NOT_READ', message, { field: 'apiVersion' });
    return { outcome: 'faulty', faults: [{ error, object, path: ['apiVersion'] }] };
  }
  const group = object.apiVersion.split('/')[0] ?? '';
  if (!NETWORKING_GROUPS.has(group)) return { outcome: 'foreign', object };
  return { outcome: 'faulty', faults: [{ error: unknownKind(object), object, path: ['kind'] }] };
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
