/** Resources: the Kubernetes and Calico API objects that Polyplane reads, validated, with only the fields that it uses. */
import type { Brand } from '../brand';
import type { CalicoHostEndpoint, CalicoNetworkPolicy, GlobalNetworkPolicy, Tier } from './kinds/calico';
import type {
  BGPFilter,
  BlockAffinity,
  CalicoNode,
  IPReservation,
  KubeControllersConfiguration,
} from './kinds/calico-inert';
import type { CalicoProfile, GlobalNetworkSet, NetworkSet } from './kinds/calico-set';
import type {
  StagedGlobalNetworkPolicy,
  StagedKubernetesNetworkPolicy,
  StagedNetworkPolicy,
} from './kinds/calico-staged';
import type { CalicoWorkloadEndpoint } from './kinds/calico-workload';
import type { AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy } from './kinds/cluster-policy';
import type { EndpointSlice, Endpoints, Namespace, Node, Pod, Service, ServiceAccount } from './kinds/kubernetes';
import type { NetworkPolicy } from './kinds/network-policy';
import type { BGPConfiguration, BGPPeer, FelixConfiguration, Installation, IPPool } from './kinds/settings';

/**
 * Any resource. `kind` is Polyplane's own discriminator: the API's kind, but `CalicoNetworkPolicy` for Calico's
 * namespaced policy and `CalicoNode` for its node, whose kinds the API shares with Kubernetes' (`ref.kind` keeps the API's).
 */
export type Resource =
  | Node
  | Namespace
  | ServiceAccount
  | Pod
  | Service
  | Endpoints
  | EndpointSlice
  | NetworkPolicy
  | AdminNetworkPolicy
  | BaselineAdminNetworkPolicy
  | ClusterNetworkPolicy
  | CalicoNetworkPolicy
  | GlobalNetworkPolicy
  | StagedNetworkPolicy
  | StagedGlobalNetworkPolicy
  | StagedKubernetesNetworkPolicy
  | Tier
  | CalicoProfile
  | NetworkSet
  | GlobalNetworkSet
  | CalicoHostEndpoint
  | CalicoWorkloadEndpoint
  | IPPool
  | FelixConfiguration
  | BGPConfiguration
  | BGPPeer
  | BGPFilter
  | IPReservation
  | BlockAffinity
  | KubeControllersConfiguration
  | CalicoNode
  | Installation;

/** The kinds of resources that are read. */
export type ResourceKind = Resource['kind'];
/** The resource of a kind. */
export type ResourceOf<Kind extends ResourceKind> = Extract<Resource, { readonly kind: Kind }>;

/** `Kind/namespace/name`; the namespace part is empty for cluster-scoped kinds. */
export type ResourceKey = Brand<string, 'ResourceKey'>;

/** The key of the resource with this kind, namespace and name. */
export function resourceKey(kind: ResourceKind, namespace: string | undefined, name: string): ResourceKey {
  return `${kind}/${namespace ?? ''}/${name}` as ResourceKey;
}

/** The resource's key. */
export function keyOfResource(resource: Resource): ResourceKey {
  return resourceKey(resource.kind, resource.metadata.namespace, resource.metadata.name);
}

/** The parts of a key; `namespace` is empty for cluster-scoped kinds. */
export function splitResourceKey(key: ResourceKey): {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
} {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  // Every key is made by resourceKey, from a kind.
  return { kind: kind as ResourceKind, namespace, name };
}
