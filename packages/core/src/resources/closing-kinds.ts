/** Which kinds of objects say what packets are let through. */
import type { ResourceKind } from './resource';

/** Without an object of these kinds something may stand open that it closes. */
export const CLOSING_KINDS: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'NetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'CalicoNetworkPolicy',
  'GlobalNetworkPolicy',
  'Tier',
  'Profile',
  'NetworkSet',
  'GlobalNetworkSet',
  'HostEndpoint',
]);
