/**
 * The fields of Kubernetes' own kinds (core/v1, discovery.k8s.io/v1), in every version so far. Of pods and nodes only what a
 * dataplane reads is known by name: a field that is lost elsewhere in them opens nothing.
 */
import { fieldsOf, type KnownFields, type KnownStructure } from './known-fields';

/** `metadata` of every kind: a label or a namespace under a misspelt name is none, so that policies miss the object. */
const METADATA = fieldsOf([
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'initializers',
  'finalizers',
  'clusterName',
  'managedFields',
]);

/** A whole object. `status` is the system's word on an object, which policies are not read from. */
export function objectFields(nested: Readonly<Record<string, KnownFields>>): KnownStructure {
  return fieldsOf(['apiVersion', 'kind', 'status'], { metadata: METADATA, ...nested });
}

const CONTAINER_PORT = fieldsOf(['name', 'hostPort', 'containerPort', 'protocol', 'hostIP']);

const CONTAINER = fieldsOf(
  [
    'name',
    'image',
    'command',
    'args',
    'workingDir',
    'envFrom',
    'env',
    'resources',
    'resizePolicy',
    'restartPolicy',
    'restartPolicyRules',
    'volumeMounts',
    'volumeDevices',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'imagePullPolicy',
    'securityContext',
    'stdin',
    'stdinOnce',
    'tty',
  ],
  { ports: CONTAINER_PORT },
);

const POD_SPEC = fieldsOf(
  [
    'volumes',
    'ephemeralContainers',
    'restartPolicy',
    'terminationGracePeriodSeconds',
    'activeDeadlineSeconds',
    'dnsPolicy',
    'nodeSelector',
    'serviceAccountName',
    'serviceAccount',
    'automountServiceAccountToken',
    'nodeName',
    'hostNetwork',
    'hostPID',
    'hostIPC',
    'shareProcessNamespace',
    'securityContext',
    'imagePullSecrets',
    'hostname',
    'subdomain',
    'affinity',
    'schedulerName',
    'tolerations',
    'hostAliases',
    'priorityClassName',
    'priority',
    'dnsConfig',
    'readinessGates',
    'runtimeClassName',
    'enableServiceLinks',
    'preemptionPolicy',
    'overhead',
    'topologySpreadConstraints',
    'setHostnameAsFQDN',
    'os',
    'hostUsers',
    'schedulingGates',
    'resourceClaims',
    'resources',
    'hostnameOverride',
    'workloadRef',
    'schedulingGroup',
    'evictionResponders',
  ],
  { containers: CONTAINER, initContainers: CONTAINER },
);

const SERVICE_PORT = fieldsOf(['name', 'protocol', 'appProtocol', 'port', 'targetPort', 'nodePort']);

const SERVICE_SPEC = fieldsOf(
  [
    'selector',
    'clusterIP',
    'clusterIPs',
    'type',
    'externalIPs',
    'deprecatedPublicIPs',
    'portalIP',
    'sessionAffinity',
    'loadBalancerIP',
    'loadBalancerSourceRanges',
    'externalName',
    'externalTrafficPolicy',
    'healthCheckNodePort',
    'publishNotReadyAddresses',
    'topologyKeys',
    'ipFamily',
    'ipFamilies',
    'ipFamilyPolicy',
    'allocateLoadBalancerNodePorts',
    'loadBalancerClass',
    'internalTrafficPolicy',
    'trafficDistribution',
  ],
  { ports: SERVICE_PORT, sessionAffinityConfig: fieldsOf([], { clientIP: fieldsOf(['timeoutSeconds']) }) },
);

const ENDPOINT_PORT = fieldsOf(['name', 'port', 'protocol', 'appProtocol']);
const ENDPOINTS_ADDRESS = fieldsOf(['ip', 'hostname', 'nodeName', 'targetRef']);
const NAMED = fieldsOf(['name']);

const SLICE_ENDPOINT = fieldsOf(
  ['addresses', 'hostname', 'targetRef', 'deprecatedTopology', 'topology', 'nodeName', 'zone'],
  {
    conditions: fieldsOf(['ready', 'serving', 'terminating']),
    hints: fieldsOf([], { forZones: NAMED, forNodes: NAMED }),
  },
);

export const NODE = objectFields({
  spec: fieldsOf([
    'podCIDR',
    'podCIDRs',
    'providerID',
    'unschedulable',
    'taints',
    'configSource',
    'externalID',
    'podPreemptionPolicy',
  ]),
});
export const NAMESPACE = objectFields({ spec: fieldsOf(['finalizers']) });
export const SERVICE_ACCOUNT = objectFields({
  secrets: 'anything',
  imagePullSecrets: 'anything',
  automountServiceAccountToken: 'anything',
});
export const POD = objectFields({ spec: POD_SPEC });
export const SERVICE = objectFields({ spec: SERVICE_SPEC });
export const ENDPOINTS = objectFields({
  subsets: fieldsOf([], { addresses: ENDPOINTS_ADDRESS, notReadyAddresses: ENDPOINTS_ADDRESS, ports: ENDPOINT_PORT }),
});
export const ENDPOINT_SLICE = objectFields({
  addressType: 'anything',
  endpoints: SLICE_ENDPOINT,
  ports: ENDPOINT_PORT,
});
