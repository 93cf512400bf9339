/** What one resource by itself needs of a dataplane: every feature it uses that some backend may lack, field by field. */
import type { Resource } from '../resources/resource';
import { clusterPolicyFeatures } from './cluster-policy-features';
import { hostEndpointFeatures, nodeFeatures, podFeatures, workloadEndpointFeatures } from './endpoint-features';
import type { FeatureUse } from './feature-use';
import {
  calicoPolicyFeatures,
  type FieldFeature,
  familyFeatures,
  networkPolicyFeatures,
  profileFeatures,
} from './policy-features';
import { endpointSliceFeatures, serviceFeatures } from './service-features';
import {
  bgpConfigurationFeatures,
  felixConfigurationFeatures,
  installationFeatures,
  ipPoolFeatures,
} from './settings-features';

/** In the order of the object's fields. What nobody wrote is not guessed: no field, no use. */
export function featuresOf(resource: Resource): readonly FeatureUse[] {
  return Array.from(fieldFeatures(resource), ([feature, field]) => ({ feature, object: resource.ref, field }));
}

function fieldFeatures(resource: Resource): Iterable<FieldFeature> {
  switch (resource.kind) {
    case 'NetworkPolicy':
      return networkPolicyFeatures(resource);
    case 'CalicoNetworkPolicy':
    case 'GlobalNetworkPolicy':
      return calicoPolicyFeatures(resource);
    case 'AdminNetworkPolicy':
    case 'BaselineAdminNetworkPolicy':
    case 'ClusterNetworkPolicy':
      return clusterPolicyFeatures(resource);
    case 'Profile':
      return profileFeatures(resource);
    case 'NetworkSet':
    case 'GlobalNetworkSet':
      return familyFeatures(resource.spec.nets, 'spec.nets');
    case 'WorkloadEndpoint':
      return workloadEndpointFeatures(resource);
    case 'Service':
      return serviceFeatures(resource);
    case 'EndpointSlice':
      return endpointSliceFeatures(resource);
    case 'Pod':
      return podFeatures(resource);
    case 'Node':
      return nodeFeatures(resource);
    case 'HostEndpoint':
      return hostEndpointFeatures(resource);
    case 'Installation':
      return installationFeatures(resource);
    case 'FelixConfiguration':
      return felixConfigurationFeatures(resource);
    case 'BGPConfiguration':
      return bgpConfigurationFeatures(resource);
    case 'IPPool':
      return ipPoolFeatures(resource);
    // Staged policies are not put into force; the others ask for nothing that a backend may lack.
    default:
      return [];
  }
}
