/** Which node has an address. */
import type { IpAddress } from '@polyplane/core';
import type { Cluster } from './cluster';

/** By address, the name of its node: its own addresses, and those of its pods. */
export function ownersOf(cluster: Cluster): ReadonlyMap<IpAddress, string> {
  const owners = new Map<IpAddress, string>();
  const nodes = new Set<string>();
  for (const object of cluster.objects.values()) {
    if (object.kind !== 'Node') continue;
    nodes.add(object.metadata.name);
    for (const { address } of object.status.addresses) owners.set(address, object.metadata.name);
  }
  for (const object of cluster.objects.values()) {
    if (object.kind !== 'Pod' || object.spec.nodeName === undefined || !nodes.has(object.spec.nodeName)) continue;
    if (object.status.phase === 'Succeeded' || object.status.phase === 'Failed') continue;
    for (const address of object.status.podIPs) if (!owners.has(address)) owners.set(address, object.spec.nodeName);
  }
  return owners;
}
