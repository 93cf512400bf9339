/** Network sets: ranges that selectors pick by the set's labels. */
import type { GlobalNetworkSet, NetworkSet } from '../resources/kinds/calico-set';
import type { ResourceKey } from '../resources/resource';
import { namespaceProfile, networkSetParent, unreservedLabels } from './inheritance';
import type { IpSets } from './ip-sets';

export class NetworkSets {
  constructor(private readonly ipSets: IpSets) {}

  put(key: ResourceKey, { metadata, spec }: NetworkSet | GlobalNetworkSet): void {
    const { namespace } = metadata;
    const parents = namespace === undefined ? [] : [networkSetParent(namespace), namespaceProfile(namespace)];
    const contribution = { addresses: [], nets: spec.nets, ports: [] };
    this.ipSets.selected.put(key, unreservedLabels(metadata.labels), parents, contribution);
  }

  remove(key: ResourceKey): void {
    this.ipSets.selected.remove(key);
  }
}
