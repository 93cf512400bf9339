/** Network sets: ranges that selectors pick by the set's labels. */
import type { GlobalNetworkSet, NetworkSet } from '../resources/kinds/calico-set';
import type { ResourceKey } from '../resources/resource';
import { namespaceProfile, networkSetParent, unreservedLabels } from './inheritance';
import type { IpSets } from './ip-sets';

export class NetworkSets {
  /** Sets with ranges that cannot be read. */
  private readonly unread = new Set<ResourceKey>();

  constructor(private readonly ipSets: IpSets) {}

  /** Some set has ranges that cannot be read. */
  get hasUnread(): boolean {
    return this.unread.size > 0;
  }

  put(key: ResourceKey, { metadata, spec }: NetworkSet | GlobalNetworkSet): void {
    const { namespace } = metadata;
    const parents = namespace === undefined ? [] : [networkSetParent(namespace), namespaceProfile(namespace)];
    const hasUnreadNets = spec.hasUnreadNets === true;
    if (hasUnreadNets) this.unread.add(key);
    else this.unread.delete(key);
    const contribution = { addresses: [], nets: spec.nets, ports: [], ...(hasUnreadNets && { hasUnreadNets }) };
    this.ipSets.selected.put(key, unreservedLabels(metadata.labels), parents, contribution);
  }

  remove(key: ResourceKey): void {
    this.unread.delete(key);
    this.ipSets.selected.remove(key);
  }
}
