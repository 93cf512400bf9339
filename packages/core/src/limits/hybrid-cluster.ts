/** Which node-port traffic a cluster loses that has nodes of another dataplane beside this one. */
import type { Service } from '../resources/kinds/kubernetes';
import type { ObjectRef } from '../state';
import type { ClusterIndex } from './cluster-index';
import { exposuresOf } from './exposure';

/** Names told in one message; who has more sees that there are more. */
const MOST = 10;

export class HybridCluster {
  private servicesByNode: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(private readonly cluster: ClusterIndex) {}

  /** Undefined: no service with a node port has an endpoint on the node. */
  describeDroppedTraffic(node: ObjectRef): string | undefined {
    this.servicesByNode ??= nodePortServices(this.cluster);
    const services = [...(this.servicesByNode.get(node.name) ?? [])];
    if (node.kind !== 'Node' || services.length === 0) return undefined;
    const more = services.length > MOST ? ` and ${services.length - MOST} more` : '';
    return `Dropped: what other nodes forward to endpoints on ${node.name} of ${services.slice(0, MOST).join(', ')}${more}.`;
  }
}

function nodePortServices(cluster: ClusterIndex): ReadonlyMap<string, ReadonlySet<string>> {
  const byNode = new Map<string, Set<string>>();
  for (const service of cluster.all('Service')) {
    if (!exposuresOf(service).includes('nodePort')) continue;
    for (const { address, nodeName } of cluster.endpointsOf(service) ?? []) {
      const node = nodeName ?? cluster.podAt(address)?.spec.nodeName;
      if (node === undefined) continue;
      const services = byNode.get(node) ?? new Set();
      byNode.set(node, services.add(describe(service)));
    }
  }
  return byNode;
}

/** `Service shop/web (30080/TCP)`. */
function describe({ metadata, spec }: Service): string {
  const ports = spec.ports.flatMap(({ nodePort, protocol }) =>
    nodePort === undefined ? [] : `${nodePort}/${protocol}`,
  );
  return `Service ${metadata.namespace}/${metadata.name}${ports.length === 0 ? '' : ` (${ports.join(', ')})`}`;
}
