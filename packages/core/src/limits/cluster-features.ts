/** Everything that a cluster needs of a dataplane: what each object needs by itself, and what only several together show. */
import type { FelixConfiguration, Installation } from '../resources/kinds/settings';
import type { Resource } from '../resources/resource';
import { type ClusterIndex, isLive } from './cluster-index';
import { type ClusterSettings, clusterSettings, type FelixSpec, isOfNode } from './cluster-settings';
import { isForeignNode } from './endpoint-features';
import type { FeatureUse } from './feature-use';
import { KnownSlices } from './known-slices';
import { featuresOf } from './resource-features';
import { sliceFeatures } from './slice-features';

/** In the order of the resources. */
export function clusterFeatures(cluster: ClusterIndex): readonly FeatureUse[] {
  const hasLivePods = cluster.all('Pod').some(isLive);
  const nodes = cluster.all('Node').filter((node) => !isForeignNode(node));
  const settings = clusterSettings(
    [...cluster.all('FelixConfiguration'), ...cluster.all('Installation')],
    new Set(nodes.map(({ metadata }) => metadata.name)),
  );
  const slices = new KnownSlices();
  for (const kind of ['Service', 'Endpoints'] as const) for (const resource of cluster.all(kind)) slices.put(resource);
  return cluster.resources.flatMap((resource) => {
    if (resource.kind === 'EndpointSlice') return sliceFeatures(resource, slices.beside(resource));
    return [
      ...featuresOf(resource).filter(({ feature }) => isWanted(resource, feature, settings.felix)),
      ...togetherFeatures(resource, settings, hasLivePods),
    ];
  });
}

/** Floating IPs are asked for by workloads, and wanted unless somebody has switched them off. */
export function isWanted(resource: Resource, feature: FeatureUse['feature'], felix: FelixSpec): boolean {
  return feature !== 'floatingIp' || resource.kind === 'FelixConfiguration' || felix.floatingIPs !== 'Disabled';
}

/** What a resource needs in view of the cluster's settings and of whether any pod is live. */
export function togetherFeatures(
  resource: Resource,
  settings: ClusterSettings,
  hasLivePods: boolean,
): readonly FeatureUse[] {
  switch (resource.kind) {
    case 'FelixConfiguration':
      return felixFeatures(resource, settings, hasLivePods);
    case 'Installation':
      return hasLivePods ? dataplaneFeatures(resource) : [];
    default:
      return [];
  }
}

function felixFeatures(
  { ref: object, metadata, spec }: FelixConfiguration,
  { felix, isEbpf, isMixed }: ClusterSettings,
  hasLivePods: boolean,
): readonly FeatureUse[] {
  const uses: FeatureUse[] = [];
  for (const field of ['wireguardEnabled', 'wireguardEnabledV6'] as const) {
    // Off is what it is without a setting. Another than the rest of the cluster is never on for all of it from the start.
    const isOn = spec[field] === true && hasLivePods;
    const isChange = isOn || isUnlikeCluster(metadata.name, spec[field], felix[field] ?? false);
    if (isChange) uses.push({ feature: 'wireguardToggle', object, field: `spec.${field}` });
  }
  if (hasLivePods && spec.bpfEnabled !== undefined) uses.push(...switchFeatures(object, 'spec.bpfEnabled'));
  if (isMixed && isUnlikeCluster(metadata.name, spec.bpfEnabled, isEbpf)) {
    uses.push({ feature: 'hybridCluster', object, field: 'spec.bpfEnabled' });
  }
  return uses;
}

/** Whether a node's own configuration says otherwise than the cluster's. */
function isUnlikeCluster(name: string, own: boolean | undefined, cluster: boolean): boolean {
  return isOfNode(name) && own !== undefined && own !== cluster;
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
