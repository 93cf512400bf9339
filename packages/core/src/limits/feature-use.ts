/** A feature that an object needs of a dataplane, and the very field that asks for it. */
import type { ObjectRef } from '../state';
import type { Feature } from './feature';

/** `field` is a path as `formatFieldPath` writes it: `spec.ingress[2].protocol`. */
export interface FeatureUse {
  readonly feature: Feature;
  readonly object: ObjectRef;
  readonly field: string;
  /** Why nothing is lost by this use where the feature is lacking; absent: the limit's effect holds. */
  readonly withoutLoss?: string;
}
