/** The policies of some pods, resolved as compute does it, wherever the pods run. */
import { ComputeGraph } from '../compute/graph';
import type { Pod } from '../resources/kinds/kubernetes';
import type { ResourceKind } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { type DesiredState, DesiredStateStore } from '../state';
import type { ClusterIndex } from './cluster-index';

/** The one node on which all of the pods are seen. */
const NODE_NAME = 'every-node';

/** A desired state with these pods as its workloads; the others of the cluster are among the members of its sets. */
export function policiesOfPods(cluster: ClusterIndex, pods: ReadonlySet<Pod>): DesiredState {
  const irrelevant = hasServicesAsSources(cluster) ? IRRELEVANT : new Set([...IRRELEVANT, ...ENDPOINTS]);
  const namespaces = new Set(Array.from(pods, ({ metadata }) => metadata.namespace));
  const store = new DesiredStateStore();
  const graph = new ComputeGraph({ nodeName: NODE_NAME });
  const changes = cluster.resources.flatMap((resource): readonly ResourceChange[] => {
    if (resource.kind === 'Pod') return [{ op: 'put', resource: pods.has(resource) ? moved(resource) : resource }];
    const isElsewhere = OF_THEIR_NAMESPACE.has(resource.kind) && !namespaces.has(resource.metadata.namespace);
    return irrelevant.has(resource.kind) || isElsewhere ? [] : [{ op: 'put', resource }];
  });
  store.apply({ scope: 'full', changes: graph.apply(changes) });
  return store;
}

function moved(pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, nodeName: NODE_NAME } };
}

/** Some rule lets in, or keeps out, what stands behind a service. */
function hasServicesAsSources(cluster: ClusterIndex): boolean {
  const policies = [...cluster.all('CalicoNetworkPolicy'), ...cluster.all('GlobalNetworkPolicy')];
  return policies.some(({ spec }) => spec.ingress.some(({ source }) => source.services !== undefined));
}

/** Kinds that say nothing about who may come in. */
const IRRELEVANT: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'Service',
  'Node',
  'WorkloadEndpoint',
  'IPPool',
  'StagedNetworkPolicy',
  'StagedGlobalNetworkPolicy',
  'StagedKubernetesNetworkPolicy',
]);

/** Kinds that say who is behind a service. */
const ENDPOINTS: readonly ResourceKind[] = ['EndpointSlice', 'Endpoints'];

/** Kinds that concern the pods of their own namespace alone. */
const OF_THEIR_NAMESPACE: ReadonlySet<ResourceKind> = new Set<ResourceKind>(['NetworkPolicy', 'CalicoNetworkPolicy']);
