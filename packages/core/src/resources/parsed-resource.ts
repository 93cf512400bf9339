/** What reading an API object gives. */
import type { ObjectRef } from '../state';
import type { Resource } from './resource';
import type { ResourceFault } from './resource-fault';

/**
 * `resource` with faults: fields were passed over, and what a rule says with such a field is closed. `foreign`: of a kind that has
 * nothing to do with node networking. `faulty`: not in force as it stands.
 */
export type ParsedResource =
  | { readonly outcome: 'resource'; readonly resource: Resource; readonly faults: readonly ResourceFault[] }
  | { readonly outcome: 'foreign'; readonly object: ObjectRef }
  | {
      readonly outcome: 'faulty';
      readonly faults: readonly [ResourceFault, ...ResourceFault[]];
      readonly closed?: ClosedReading;
    };

/** A faulty policy, profile or network set as far as it can be read, with what cannot closing. */
export interface ClosedReading {
  readonly resource: Resource;
  /** It was refused for an unknown field: an earlier version counts before this. */
  readonly isRefused: boolean;
}
