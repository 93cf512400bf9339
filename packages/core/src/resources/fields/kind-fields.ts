/** The fields of each kind that is read, whether a dataplane reads them or not. */
import type { ResourceKind } from '../resource';
import * as policy from './calico-policy-fields';
import * as settings from './calico-settings-fields';
import { FELIX_CONFIGURATION } from './felix-fields';
import type { KnownStructure } from './known-fields';
import * as kubernetes from './kubernetes-fields';
import {
  ADMIN_NETWORK_POLICY,
  BASELINE_ADMIN_NETWORK_POLICY,
  CLUSTER_NETWORK_POLICY,
  NETWORK_POLICY,
} from './policy-fields';

export const KIND_FIELDS: Readonly<Record<ResourceKind, KnownStructure>> = {
  Node: kubernetes.NODE,
  Namespace: kubernetes.NAMESPACE,
  ServiceAccount: kubernetes.SERVICE_ACCOUNT,
  Pod: kubernetes.POD,
  Service: kubernetes.SERVICE,
  Endpoints: kubernetes.ENDPOINTS,
  EndpointSlice: kubernetes.ENDPOINT_SLICE,
  NetworkPolicy: NETWORK_POLICY,
  AdminNetworkPolicy: ADMIN_NETWORK_POLICY,
  BaselineAdminNetworkPolicy: BASELINE_ADMIN_NETWORK_POLICY,
  ClusterNetworkPolicy: CLUSTER_NETWORK_POLICY,
  CalicoNetworkPolicy: policy.CALICO_NETWORK_POLICY,
  GlobalNetworkPolicy: policy.GLOBAL_NETWORK_POLICY,
  StagedNetworkPolicy: policy.STAGED_NETWORK_POLICY,
  StagedGlobalNetworkPolicy: policy.STAGED_GLOBAL_NETWORK_POLICY,
  StagedKubernetesNetworkPolicy: policy.STAGED_KUBERNETES_NETWORK_POLICY,
  Tier: policy.TIER,
  Profile: policy.PROFILE,
  NetworkSet: policy.NETWORK_SET,
  GlobalNetworkSet: policy.NETWORK_SET,
  HostEndpoint: policy.HOST_ENDPOINT,
  WorkloadEndpoint: policy.WORKLOAD_ENDPOINT,
  IPPool: settings.IP_POOL,
  FelixConfiguration: FELIX_CONFIGURATION,
  BGPConfiguration: settings.BGP_CONFIGURATION,
  BGPPeer: settings.BGP_PEER,
  BGPFilter: settings.BGP_FILTER,
  IPReservation: settings.IP_RESERVATION,
  BlockAffinity: settings.BLOCK_AFFINITY,
  KubeControllersConfiguration: settings.KUBE_CONTROLLERS_CONFIGURATION,
  CalicoNode: settings.CALICO_NODE,
  Installation: settings.INSTALLATION,
};
