/** Everything that a cluster needs of a dataplane: what each object needs by itself, and what only several together show. */
import type { ClusterIndex } from './cluster-index';
import type { FeatureUse } from './feature-use';
import { featuresOf } from './resource-features';

/** In the order of the resources. */
export function clusterFeatures(cluster: ClusterIndex): readonly FeatureUse[] {
  return cluster.resources.flatMap(featuresOf);
}
