/** Clusters whose nodes run more than one dataplane: which node-port traffic is lost between them. */
import type { Service } from '../resources/kinds/kubernetes';
import type { ObjectRef } from '../state';
import type { ClusterIndex } from './cluster-index';
import { exposuresOf } from './exposure';
import type { FeatureUse } from './feature-use';

/** Which backend each node runs, by the node's name. Of nodes that are not named nothing is known. */
export type BackendsOfNodes = ReadonlyMap<string, string>;

/** Names told in one message; who has more sees that there are more. */
const MOST = 10;

export class HybridCluster {
  private servicesByNode: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(
    private readonly cluster: ClusterIndex,
    private readonly backends: BackendsOfNodes = new Map(),
  ) {}

  /** What a cluster needs of a backend because other nodes are known to run another one. */
  features(backend: string): readonly FeatureUse[] {
    if (![...this.backends.values()].includes(backend)) return [];
    return [...this.backends]
      .filter(([, other]) => other !== backend)
      .map(([name]) => ({ feature: 'hybridCluster', object: this.refOf(name), field: 'metadata.name' }));
  }

  /** Whether a need is one of a node that runs another backend: it asks nothing of this one but to live beside it. */
  isElsewhere({ feature, object }: FeatureUse, backend: string): boolean {
    const node = this.nodeOf(object);
    const runs = node === undefined ? undefined : this.backends.get(node);
    return runs !== undefined && runs !== backend && feature !== 'hybridCluster';
  }

  /** Undefined: no service with a node port has an endpoint on the node. */
  describeDroppedTraffic(node: ObjectRef, backend: string): string | undefined {
    this.servicesByNode ??= nodePortServices(this.cluster);
    const services = [...(this.servicesByNode.get(node.name) ?? [])];
    if (node.kind !== 'Node' || services.length === 0) return undefined;
    const senders = [...this.backends].filter(([, runs]) => runs === backend).map(([name]) => name);
    const from = senders.length === 0 ? 'other nodes' : listNames(senders);
    return `Dropped: what ${from} forward${senders.length === 1 ? 's' : ''} to endpoints on ${node.name} of ${listNames(services)}.`;
  }

  private refOf(name: string): ObjectRef {
    const node = this.cluster.all('Node').find(({ metadata }) => metadata.name === name);
    return node?.ref ?? { apiVersion: 'v1', kind: 'Node', name };
  }

  private nodeOf({ kind, namespace, name }: ObjectRef): string | undefined {
    if (kind === 'Node') return name;
    return kind === 'Pod' ? this.cluster.podNamed(namespace, name)?.spec.nodeName : undefined;
  }
}

function listNames(names: readonly string[]): string {
  const more = names.length - MOST;
  return `${names.slice(0, MOST).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
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
