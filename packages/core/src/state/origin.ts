/** Where a piece of desired state comes from, in the user's own objects. */

/** A reference to an API object. `namespace` is absent for cluster-scoped objects. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** The object, and the path of the field in it (`spec.ingress[2].protocol`; empty = the whole object). */
export interface Origin {
  readonly object: ObjectRef;
  readonly field: string;
}

/** `Kind namespace/name`, for messages. */
export function formatObjectRef(ref: Omit<ObjectRef, 'apiVersion'>): string {
  return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
