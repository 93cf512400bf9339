/** Which objects that close traffic are in force, and which ought to be and cannot be read. */
import { CoreError, type CoreErrorCode } from '../core-error';
import { CLOSING_KINDS } from '../resources/closing-kinds';
import { resourceKindOf } from '../resources/parse';
import { keyOfResource, type ResourceKey, resourceKey, splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import { formatObjectRef, type ObjectRef } from '../state';
import { faultOfChange } from './check-change';

const REFUSED_CODES: ReadonlySet<string> = new Set<CoreErrorCode>(['PP_OBJECT_INVALID', 'PP_FIELD_UNKNOWN']);
/** A policy of a kind that is not read, so that no version of it ever was in force. */
const NOT_READ: CoreErrorCode = 'PP_POLICY_NOT_READ';

/** Follows a source's changes. */
export class ClosingObjects {
  readonly #inForce = new Set<ResourceKey>();

  follow(changes: readonly ResourceChange[]): void {
    for (const change of changes) {
      // A source of a third party may hand in what is none.
      if (faultOfChange(change) !== undefined) continue;
      if (change.op === 'put') {
        if (CLOSING_KINDS.has(change.resource.kind)) this.#inForce.add(keyOfResource(change.resource));
      } else if (CLOSING_KINDS.has(splitResourceKey(change.key).kind)) this.#inForce.delete(change.key);
    }
  }

  /** A problem for each of them that these problems are about and that no version is in force of. */
  missing(problems: readonly ResourceProblem[]): readonly ResourceProblem[] {
    const missing = new Map<string, ResourceProblem>();
    for (const { error, object, file, line } of problems) {
      const key = object === undefined ? undefined : this.#missingKey(error.code, object);
      if (object === undefined || key === undefined || missing.has(key)) continue;
      const message = `${formatObjectRef(object)} cannot be read and is not in force: what it alone would close stands open`;
      const place = { ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
      missing.set(key, { error: new CoreError('PP_OBJECT_NOT_IN_FORCE', message), object, ...place });
    }
    return [...missing.values()];
  }

  /** What tells the object from others; undefined where something of it is in force, or it closes nothing. */
  #missingKey(code: string, object: ObjectRef): string | undefined {
    if (code === NOT_READ) return `${object.apiVersion} ${formatObjectRef(object)}`;
    const key = REFUSED_CODES.has(code) ? closingKey(object) : undefined;
    return key === undefined || this.#inForce.has(key) ? undefined : key;
  }
}

function closingKey({ apiVersion, kind, namespace, name }: ObjectRef): ResourceKey | undefined {
  const resourceKind = resourceKindOf(apiVersion, kind);
  if (resourceKind === undefined || !CLOSING_KINDS.has(resourceKind)) return undefined;
  return resourceKey(resourceKind, namespace, name);
}
