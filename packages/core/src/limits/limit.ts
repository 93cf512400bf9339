/** Limits: what a backend does not do, what happens then, why, and what to do about it. */
import type { ObjectRef } from '../state';
import type { Feature } from './feature';
import type { FeatureGate } from './feature-gate';

/** How far a dataplane does what a feature asks for. */
export type Support = 'supported' | 'degraded' | 'unsupported';

/**
 * What happens to an object that needs the feature. `objectIgnored`: as if it were not there. `ruleIgnored`: only the rule
 * is. `degraded`: done, but less well, as the message says. `refuseToStart`, `warn`, `disruptive`: concern the node.
 * `none`: nothing is lost, but it is worth knowing.
 */
export type LimitEffect =
  | 'objectIgnored'
  | 'ruleIgnored'
  | 'degraded'
  | 'refuseToStart'
  | 'warn'
  | 'disruptive'
  | 'none';

/** One row of a backend's limit table. */
export interface Limit {
  /** Stable diagnostic code, `PP_LIMIT_...`. */
  readonly code: string;
  readonly feature: Feature;
  readonly support: Exclude<Support, 'supported'>;
  readonly effect: LimitEffect;
  readonly message: string;
  readonly remedy: string;
  /** The first version that no longer has the limit, if it was lifted: `calico-3.21`. */
  readonly until?: string;
  readonly since?: string;
  /** While this gate is on the limit does not hold: the backend does it, and its conformance is being proven. */
  readonly liftedBy?: FeatureGate;
  /** Where this is stated: a public page by title and version, a probe of the host. */
  readonly source: string;
}

/** A backend's limits: at most one row a feature. A feature without a row is supported. */
export type LimitTable = readonly Limit[];

/** A limit met by an object. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly feature: Feature;
  readonly object: ObjectRef;
  /** Path of the field in the object; empty: the whole object. */
  readonly field: string;
  readonly effect: LimitEffect;
  /** Under `onUnsupported: deny`: what the object would have judged is denied in its place. */
  readonly isDenied?: true;
  readonly message: string;
  readonly remedy: string;
  readonly source: string;
  /** Where the field stood, in the user's files, when the limit was met in this way; absent: the object came from no file. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
}
