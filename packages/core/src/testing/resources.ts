/** Builders of resources for tests: the API objects as users write them, with only what matters to the test. */
import { parseResource } from '../resources/parse';
import type { Resource } from '../resources/resource';

/** Labels by name. */
export type LabelMap = Readonly<Record<string, string>>;

/** `namespace/name`. */
export type NamespacedName = `${string}/${string}`;

/** A namespace. */
export function namespaceResource(name: string, labels: LabelMap = {}): Resource {
  return parseResource({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}

/** A node with one internal address. */
export function nodeResource(name: string, address: string, labels: LabelMap = {}): Resource {
  return parseResource({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: { addresses: [{ type: 'InternalIP', address }] },
  });
}

/** A running pod with these addresses. */
export function podResource(
  name: NamespacedName,
  pod: { readonly node: string; readonly addresses: readonly string[]; readonly labels?: LabelMap },
): Resource {
  return parseResource({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadataOf(name), labels: pod.labels ?? {} },
    spec: { nodeName: pod.node, containers: [{ name: 'main', image: 'none' }] },
    status: { phase: 'Running', podIP: pod.addresses[0], podIPs: pod.addresses.map((ip) => ({ ip })) },
  });
}

/** A ClusterIP service of one TCP port; `spec` overrides and adds. */
export function serviceResource(
  name: NamespacedName,
  service: { readonly clusterIp: string; readonly port: number; readonly spec?: object },
): Resource {
  return parseResource({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(name),
    spec: {
      type: 'ClusterIP',
      clusterIP: service.clusterIp,
      clusterIPs: [service.clusterIp],
      ports: [{ protocol: 'TCP', port: service.port }],
      ...service.spec,
    },
  });
}

/** One slice of the service of that name: ready endpoints on one TCP port. */
export function endpointSliceResource(
  service: NamespacedName,
  slice: { readonly addresses: readonly string[]; readonly port: number; readonly node?: string },
): Resource {
  const { namespace, name } = metadataOf(service);
  return parseResource({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: slice.addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: slice.addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true },
      ...(slice.node === undefined ? {} : { nodeName: slice.node }),
    })),
    ports: [{ name: '', protocol: 'TCP', port: slice.port }],
  });
}

/** A Kubernetes NetworkPolicy with the given spec. */
export function networkPolicyResource(name: NamespacedName, spec: object): Resource {
  return parseResource({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(name),
    spec,
  });
}

/** A Calico GlobalNetworkPolicy with the given spec. */
export function globalNetworkPolicyResource(name: string, spec: object): Resource {
  return parseResource({ apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name }, spec });
}

function metadataOf(name: NamespacedName): { readonly namespace: string; readonly name: string } {
  const [namespace = '', ...rest] = name.split('/');
  return { namespace, name: rest.join('/') };
}
