/** Everything that a cluster needs of a dataplane: what each object needs by itself, and what only several together show. */
import type { FelixConfiguration, Installation } from '../resources/kinds/settings';
import type { Resource } from '../resources/resource';
import { type ClusterIndex, isLive } from './cluster-index';
import type { FeatureUse } from './feature-use';
import { KnownSlices } from './known-slices';
import { featuresOf } from './resource-features';
import { sliceFeatures } from './slice-features';

/** In the order of the resources. */
export function clusterFeatures(cluster: ClusterIndex): readonly FeatureUse[] {
  const hasLivePods = cluster.all('Pod').some(isLive);
  const felix =
    cluster.all('FelixConfiguration').find(({ metadata }) => metadata.name === DEFAULT_FELIX_NAME)?.spec ?? {};
  const slices = new KnownSlices();
  for (const kind of ['Service', 'Endpoints'] as const) for (const resource of cluster.all(kind)) slices.put(resource);
  return cluster.resources.flatMap((resource) => {
    if (resource.kind === 'EndpointSlice') return sliceFeatures(resource, slices.beside(resource));
    return [
      ...featuresOf(resource).filter(({ feature }) => isWanted(resource, feature, felix)),
      ...togetherFeatures(resource, felix, hasLivePods),
    ];
  });
}

export type FelixSpec = FelixConfiguration['spec'];

/** The configuration of every node that has none of its own. */
export const DEFAULT_FELIX_NAME = 'default';

/** Floating IPs are asked for by workloads, and wanted unless somebody has switched them off. */
export function isWanted(resource: Resource, feature: FeatureUse['feature'], felix: FelixSpec): boolean {
  return feature !== 'floatingIp' || resource.kind === 'FelixConfiguration' || felix.floatingIPs !== 'Disabled';
}

/** What a resource needs in view of the default FelixConfiguration and of whether any pod is live. */
export function togetherFeatures(resource: Resource, felix: FelixSpec, hasLivePods: boolean): readonly FeatureUse[] {
  switch (resource.kind) {
    case 'FelixConfiguration':
      return felixFeatures(resource, felix, hasLivePods);
    case 'Installation':
      return hasLivePods ? dataplaneFeatures(resource) : [];
    default:
      return [];
  }
}

function felixFeatures(
  { ref: object, metadata, spec }: FelixConfiguration,
  felix: FelixSpec,
  hasLivePods: boolean,
): readonly FeatureUse[] {
  const uses: FeatureUse[] = [];
  if (hasLivePods) {
    for (const field of ['wireguardEnabled', 'wireguardEnabledV6'] as const) {
      // Off is what it is without a setting: only on, or another than the rest of the cluster, is a change.
      const isChange = spec[field] === true || isUnlikeDefault(metadata.name, spec[field], felix[field]);
      if (isChange) uses.push({ feature: 'wireguardToggle', object, field: `spec.${field}` });
    }
    if (spec.bpfEnabled !== undefined) uses.push(...switchFeatures(object, 'spec.bpfEnabled'));
  }
  if (isUnlikeDefault(metadata.name, spec.bpfEnabled, felix.bpfEnabled)) {
    uses.push({ feature: 'hybridCluster', object, field: 'spec.bpfEnabled' });
  }
  return uses;
}

/** Whether a node's own configuration says otherwise than the cluster's. */
function isUnlikeDefault(name: string, own: boolean | undefined, cluster: boolean | undefined): boolean {
  return name !== DEFAULT_FELIX_NAME && own !== undefined && own !== (cluster ?? false);
}

function dataplaneFeatures({ ref, spec: { calicoNetwork } }: Installation): readonly FeatureUse[] {
  return calicoNetwork.linuxDataplane === undefined ? [] : switchFeatures(ref, 'spec.calicoNetwork.linuxDataplane');
}

/** Where somebody chose the dataplane of pods that run, both ways to change the choice are worth knowing. */
function switchFeatures(object: FeatureUse['object'], field: string): readonly FeatureUse[] {
  return [
    { feature: 'takeOverOfConnections', object, field },
    { feature: 'undisturbedDisabling', object, field },
  ];
}
