/** Which objects that close traffic are in force, and which ought to be and cannot be read. */
import { CoreError, type CoreErrorCode } from '../core-error';
import { CLOSING_KINDS } from '../resources/closing-kinds';
import { resourceKindOf } from '../resources/parse';
import { keyOfResource, type ResourceKey, resourceKey, splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import { formatObjectRef, type ObjectRef } from '../state';
import { faultOfChange } from './check-change';

const REFUSED_CODES: ReadonlySet<CoreErrorCode> = new Set<CoreErrorCode>(['PP_OBJECT_INVALID', 'PP_FIELD_UNKNOWN']);

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
    const missing = new Map<ResourceKey, ResourceProblem>();
    for (const { error, object, file, line } of problems) {
      const key = object !== undefined && REFUSED_CODES.has(error.code) ? closingKey(object) : undefined;
      if (object === undefined || key === undefined || this.#inForce.has(key) || missing.has(key)) continue;
      const message = `${formatObjectRef(object)} cannot be read and is not in force: what it alone would close stands open`;
      const place = { ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
      missing.set(key, { error: new CoreError('PP_OBJECT_NOT_IN_FORCE', message), object, ...place });
    }
    return [...missing.values()];
  }
}

function closingKey({ apiVersion, kind, namespace, name }: ObjectRef): ResourceKey | undefined {
  const resourceKind = resourceKindOf(apiVersion, kind);
  if (resourceKind === undefined || !CLOSING_KINDS.has(resourceKind)) return undefined;
  return resourceKey(resourceKind, namespace, name);
}
