/** The table of the API kinds that Polyplane reads. */

import type { ResourceKind } from '../resource';
import { bgpFilterBody } from './bgp-filter';
import { bgpConfigurationBody, bgpPeerBody } from './calico-bgp';
import { calicoName } from './calico-fields';
import { blockAffinityBody, calicoNodeBody, ipReservationBody } from './calico-inert';
import { calicoNetworkPolicyBody, globalNetworkPolicyBody, globalPolicyName, policyName } from './calico-policy';
import { globalNetworkSetBody, networkSetBody, profileBody } from './calico-set';
import {
  stagedGlobalNetworkPolicyBody,
  stagedKubernetesNetworkPolicyBody,
  stagedNetworkPolicyBody,
} from './calico-staged';
import { workloadEndpointBody } from './calico-workload';
import { adminNetworkPolicyBody, baselineAdminNetworkPolicyBody, clusterNetworkPolicyBody } from './cluster-policy';
import { endpointSliceBody } from './endpoint-slice';
import { endpointsBody } from './endpoints';
import { felixConfigurationBody } from './felix-configuration';
import { hostEndpointBody } from './host-endpoint';
import { installationBody } from './installation';
import { ipPoolBody } from './ip-pool';
import type { KindSchema } from './kind-schema';
import { kubeControllersConfigurationBody } from './kube-controllers';
import { labelName, subdomainName } from './metadata';
import { networkPolicyBody } from './network-policy';
import { namespaceBody, nodeBody, serviceAccountBody } from './node';
import { podBody } from './pod';
import { serviceBody } from './service';
import { tierBody } from './tier';

const CORE = ['v1'];
const ADMIN = ['policy.networking.k8s.io/v1alpha1'];
const CALICO = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'];

/** Every kind that is read; the pair of `apiKind` and API version is unique. */
export const KIND_SCHEMAS: { readonly [Kind in KindSchema['kind']]: KindSchema<Kind> } = {
  Node: { kind: 'Node', apiKind: 'Node', apiVersions: CORE, scope: 'Cluster', name: subdomainName, body: nodeBody },
  Namespace: {
    kind: 'Namespace',
    apiKind: 'Namespace',
    apiVersions: CORE,
    scope: 'Cluster',
    name: labelName,
    body: namespaceBody,
  },
  Pod: { kind: 'Pod', apiKind: 'Pod', apiVersions: CORE, scope: 'Namespaced', name: subdomainName, body: podBody },
  Service: {
    kind: 'Service',
    apiKind: 'Service',
    apiVersions: CORE,
    scope: 'Namespaced',
    name: labelName,
    body: serviceBody,
  },
  EndpointSlice: {
    kind: 'EndpointSlice',
    apiKind: 'EndpointSlice',
    apiVersions: ['discovery.k8s.io/v1'],
    scope: 'Namespaced',
    name: subdomainName,
    body: endpointSliceBody,
  },
  NetworkPolicy: {
    kind: 'NetworkPolicy',
    apiKind: 'NetworkPolicy',
    // The first API version of the kind has v1's structure and, since Kubernetes 1.7, its meaning.
    apiVersions: ['networking.k8s.io/v1', 'extensions/v1beta1'],
    scope: 'Namespaced',
    name: subdomainName,
    body: networkPolicyBody,
  },
  CalicoNetworkPolicy: {
    kind: 'CalicoNetworkPolicy',
    apiKind: 'NetworkPolicy',
    apiVersions: CALICO,
    scope: 'Namespaced',
    name: policyName,
    body: calicoNetworkPolicyBody,
  },
  GlobalNetworkPolicy: {
    kind: 'GlobalNetworkPolicy',
    apiKind: 'GlobalNetworkPolicy',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: globalPolicyName,
    body: globalNetworkPolicyBody,
  },
  Tier: { kind: 'Tier', apiKind: 'Tier', apiVersions: CALICO, scope: 'Cluster', name: labelName, body: tierBody },
  HostEndpoint: {
    kind: 'HostEndpoint',
    apiKind: 'HostEndpoint',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: hostEndpointBody,
  },
  IPPool: {
    kind: 'IPPool',
    apiKind: 'IPPool',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: ipPoolBody,
  },
  FelixConfiguration: {
    kind: 'FelixConfiguration',
    apiKind: 'FelixConfiguration',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: felixConfigurationBody,
  },
  BGPConfiguration: {
    kind: 'BGPConfiguration',
    apiKind: 'BGPConfiguration',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: bgpConfigurationBody,
  },
  Installation: {
    kind: 'Installation',
    apiKind: 'Installation',
    apiVersions: ['operator.tigera.io/v1'],
    scope: 'Cluster',
    name: subdomainName,
    body: installationBody,
  },
  ServiceAccount: {
    kind: 'ServiceAccount',
    apiKind: 'ServiceAccount',
    apiVersions: CORE,
    scope: 'Namespaced',
    name: subdomainName,
    body: serviceAccountBody,
  },
  Endpoints: {
    kind: 'Endpoints',
    apiKind: 'Endpoints',
    apiVersions: CORE,
    scope: 'Namespaced',
    name: subdomainName,
    body: endpointsBody,
  },
  AdminNetworkPolicy: {
    kind: 'AdminNetworkPolicy',
    apiKind: 'AdminNetworkPolicy',
    apiVersions: ADMIN,
    scope: 'Cluster',
    name: subdomainName,
    body: adminNetworkPolicyBody,
  },
  BaselineAdminNetworkPolicy: {
    kind: 'BaselineAdminNetworkPolicy',
    apiKind: 'BaselineAdminNetworkPolicy',
    apiVersions: ADMIN,
    scope: 'Cluster',
    name: subdomainName,
    body: baselineAdminNetworkPolicyBody,
  },
  ClusterNetworkPolicy: {
    kind: 'ClusterNetworkPolicy',
    apiKind: 'ClusterNetworkPolicy',
    apiVersions: ['policy.networking.k8s.io/v1alpha2'],
    scope: 'Cluster',
    name: subdomainName,
    body: clusterNetworkPolicyBody,
  },
  StagedNetworkPolicy: {
    kind: 'StagedNetworkPolicy',
    apiKind: 'StagedNetworkPolicy',
    apiVersions: CALICO,
    scope: 'Namespaced',
    name: policyName,
    body: stagedNetworkPolicyBody,
  },
  StagedGlobalNetworkPolicy: {
    kind: 'StagedGlobalNetworkPolicy',
    apiKind: 'StagedGlobalNetworkPolicy',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: globalPolicyName,
    body: stagedGlobalNetworkPolicyBody,
  },
  StagedKubernetesNetworkPolicy: {
    kind: 'StagedKubernetesNetworkPolicy',
    apiKind: 'StagedKubernetesNetworkPolicy',
    apiVersions: CALICO,
    scope: 'Namespaced',
    name: calicoName,
    body: stagedKubernetesNetworkPolicyBody,
  },
  Profile: {
    kind: 'Profile',
    apiKind: 'Profile',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: profileBody,
  },
  NetworkSet: {
    kind: 'NetworkSet',
    apiKind: 'NetworkSet',
    apiVersions: CALICO,
    scope: 'Namespaced',
    name: calicoName,
    body: networkSetBody,
  },
  GlobalNetworkSet: {
    kind: 'GlobalNetworkSet',
    apiKind: 'GlobalNetworkSet',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: globalNetworkSetBody,
  },
  WorkloadEndpoint: {
    kind: 'WorkloadEndpoint',
    apiKind: 'WorkloadEndpoint',
    apiVersions: CALICO,
    scope: 'Namespaced',
    name: calicoName,
    body: workloadEndpointBody,
  },
  BGPPeer: {
    kind: 'BGPPeer',
    apiKind: 'BGPPeer',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: bgpPeerBody,
  },
  BGPFilter: {
    kind: 'BGPFilter',
    apiKind: 'BGPFilter',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: bgpFilterBody,
  },
  IPReservation: {
    kind: 'IPReservation',
    apiKind: 'IPReservation',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: ipReservationBody,
  },
  BlockAffinity: {
    kind: 'BlockAffinity',
    apiKind: 'BlockAffinity',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: blockAffinityBody,
  },
  KubeControllersConfiguration: {
    kind: 'KubeControllersConfiguration',
    apiKind: 'KubeControllersConfiguration',
    apiVersions: CALICO,
    scope: 'Cluster',
    name: calicoName,
    body: kubeControllersConfigurationBody,
  },
  CalicoNode: {
    kind: 'CalicoNode',
    apiKind: 'Node',
    apiVersions: ['projectcalico.org/v3'],
    scope: 'Cluster',
    name: calicoName,
    body: calicoNodeBody,
  },
};

/** Every kind that is read. */
export const RESOURCE_KINDS: readonly ResourceKind[] = Object.values(KIND_SCHEMAS).map(({ kind }) => kind);

/** Validated where a file holds them; nobody acts on them, so that nobody has to watch them. */
const INERT_KINDS: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'BGPFilter',
  'IPReservation',
  'BlockAffinity',
  'KubeControllersConfiguration',
  'CalicoNode',
]);

/** The kinds that a cluster is asked for. */
export const WATCHED_KINDS: readonly ResourceKind[] = RESOURCE_KINDS.filter((kind) => !INERT_KINDS.has(kind));
