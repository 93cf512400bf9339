/** What every resource must have, whatever its source: its kind, its name and its metadata. The rest is found out by computing. */
import { CoreError } from '../core-error';
import { keyOfResource, type ResourceKey, splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import { KIND_SCHEMAS } from '../resources/schema/kinds';
import { formatObjectRef, type ObjectRef } from '../state';

/** The key that a change is about. */
export function keyOfResourceChange(change: ResourceChange): ResourceKey {
  return change.op === 'put' ? keyOfResource(change.resource) : change.key;
}

/** Why a change of a source that knows no types cannot be taken; undefined when it can. */
export function faultOfChange(change: unknown): ResourceProblem | undefined {
  if (!isRecord(change)) return unusable(undefined, 'a change that is no object');
  if (change.op === 'remove') {
    const isKey = typeof change.key === 'string' && isKind(splitResourceKey(change.key as ResourceKey).kind);
    return isKey ? undefined : unusable(undefined, 'the removal of what is no key of a resource');
  }
  if (change.op !== 'put') return unusable(undefined, 'a change that neither puts nor removes');
  return faultOfResource(change.resource);
}

/** The problem that an object makes the calculation fail. */
export function incomputable(change: ResourceChange, cause: unknown): ResourceProblem {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (change.op === 'remove') return unusable(undefined, `${change.key} cannot be removed: ${reason}`, cause);
  return unusable(change.resource.ref, `it is no resource as parseResource gives it: ${reason}`, cause);
}

function faultOfResource(resource: unknown): ResourceProblem | undefined {
  if (!isRecord(resource)) return unusable(undefined, 'a resource that is no object');
  const { kind, metadata, ref } = resource;
  const object = isRef(ref) ? ref : undefined;
  if (object === undefined) return unusable(undefined, `a resource without ref: ${describe(resource)}`);
  if (!isKind(kind)) return unusable(object, `kind ${JSON.stringify(kind)} is none that is read`);
  if (!isRecord(metadata) || typeof metadata.name !== 'string' || metadata.name === '')
    return unusable(object, 'metadata.name is missing');
  if (!isRecord(metadata.labels) || !isRecord(metadata.annotations))
    return unusable(object, 'metadata has no labels or no annotations');
  if (metadata.namespace !== undefined && typeof metadata.namespace !== 'string')
    return unusable(object, 'metadata.namespace is no text');
  return undefined;
}

function unusable(object: ObjectRef | undefined, reason: string, cause?: unknown): ResourceProblem {
  const about = object === undefined ? 'the source' : formatObjectRef(object);
  const error = new CoreError('PP_OBJECT_INVALID', `${about}: ${reason}`, { cause });
  return { error, ...(object !== undefined && { object }) };
}

function describe({ kind, metadata }: Readonly<Record<string, unknown>>): string {
  const { namespace, name } = isRecord(metadata) ? metadata : {};
  return [kind, namespace, name].map((part) => (typeof part === 'string' ? part.slice(0, 253) : '')).join('/');
}

function isKind(kind: unknown): boolean {
  return typeof kind === 'string' && Object.hasOwn(KIND_SCHEMAS, kind);
}

function isRef(ref: unknown): ref is ObjectRef {
  return isRecord(ref) && [ref.apiVersion, ref.kind, ref.name].every((part) => typeof part === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
