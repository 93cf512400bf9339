/** What every resource has: its reference and metadata. */
import type { ObjectRef } from '../state';

/**
 * Keys and values of the label syntax. `constructor` and the like are legal keys: look them up with `Object.hasOwn`.
 */
export type Labels = Readonly<Record<string, string>>;

/** `metadata` of an API object. Absent labels and annotations are empty. */
export interface Metadata {
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly uid?: string;
}

/** What every kind of resource has. */
export interface ResourceBase<Kind extends string> {
  readonly kind: Kind;
  readonly ref: ObjectRef;
  readonly metadata: Metadata;
}
