/** Changes to the resources of a cluster. */
import type { Resource, ResourceKey } from './resource';

/** `put` gives a resource whole, new or changed. `remove` of an unknown key changes nothing. */
export type ResourceChange =
  | { readonly op: 'put'; readonly resource: Resource }
  | { readonly op: 'remove'; readonly key: ResourceKey };
