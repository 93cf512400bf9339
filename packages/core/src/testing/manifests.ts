/** Short ways to API objects as users write them, and to what is computed from them. */
import { ComputeGraph, type ComputeOptions } from '../compute/graph';
import { policyKey } from '../compute/keys';
import { parseResource } from '../resources/parse';
import { type ResourceKind, resourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { DesiredStateStore, type Policy, type Rule } from '../state';

/** An API object, of whatever kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** The namespace of every namespaced object that these functions make. */
export const NAMESPACE = 'ns';
/** The node that is computed for, and that pods run on unless they say otherwise. */
export const NODE = 'n1';

export function putManifest(manifest: Manifest): ResourceChange {
  return { op: 'put', resource: parseResource(manifest) };
}

export function removeManifest(
  kind: ResourceKind,
  name: string,
  namespace: string | undefined = NAMESPACE,
): ResourceChange {
  return { op: 'remove', key: resourceKey(kind, namespace, name) };
}

/** The desired state of {@link NODE} in a cluster of these objects. */
export function computeState(manifests: readonly Manifest[], options: Partial<ComputeOptions> = {}): DesiredStateStore {
  const store = new DesiredStateStore();
  const graph = new ComputeGraph({ nodeName: NODE, ...options });
  store.apply({ scope: 'full', changes: graph.apply(manifests.map(putManifest)) });
  return store;
}

export function policyOf(
  state: DesiredStateStore,
  kind: ResourceKind,
  name: string,
  namespace?: string,
): Policy | undefined {
  return state.policies.get(policyKey(resourceKey(kind, namespace, name)));
}

/** All members of all sets, sorted. */
export function allMembers(state: DesiredStateStore): readonly string[] {
  return [...state.ipSets.values()].flatMap((set) => [...set.members]).sort();
}

/** The members of the sets that a rule's end must be in, sorted. */
export function membersOf(state: DesiredStateStore, { ipSets, addressPortSets }: Rule['source']): readonly string[] {
  return [...ipSets, ...addressPortSets].flatMap((key) => [...(state.ipSets.get(key)?.members ?? [])]).sort();
}

export function pod(
  name: string,
  podIP: string | undefined,
  spec: object = {},
  status: object = {},
  labels: object = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: { nodeName: NODE, containers: [{ name: 'c', image: 'x' }], ...spec },
    status: { phase: 'Running', ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }), ...status },
  };
}

/** The spec of a pod that listens on port `http`. */
export function listening(containerPort: number): object {
  return { containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort }] }] };
}

export function inNamespace(namespace: string, manifest: Manifest): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

export function withAnnotations(annotations: object, manifest: Manifest): Manifest {
  const metadata = { ...manifest.metadata, annotations };
  return { ...manifest, metadata };
}

export function namespace(name: string, labels: object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...{ labels } } };
}

export function node(name: string, address: string, spec: object = {}, labels: object = {}): Manifest {
  const metadata = { name, ...{ labels } };
  const status = { addresses: [{ type: 'InternalIP', address }] };
  return { apiVersion: 'v1', kind: 'Node', metadata, spec, status };
}

export function networkPolicy(name: string, spec: object): Manifest {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: NAMESPACE }, spec };
}

/** An object of projectcalico.org/v3; cluster-wide unless `inNamespace` puts it into one. */
export function calico(kind: string, name: string, spec: object, labels: object = {}): Manifest {
  return { apiVersion: 'projectcalico.org/v3', kind, metadata: { name, ...{ labels } }, spec };
}

export function calicoPolicy(name: string, spec: object): Manifest {
  return inNamespace(NAMESPACE, calico('NetworkPolicy', name, { selector: 'all()', ...spec }));
}

export function globalPolicy(name: string, spec: object): Manifest {
  return calico('GlobalNetworkPolicy', name, { selector: 'all()', types: ['Ingress'], ...spec });
}

export function tier(name: string, order: number, defaultAction = 'Deny'): Manifest {
  return calico('Tier', name, { order, defaultAction });
}

/** Carries the label `host` with its name. */
export function hostEndpoint(name: string, spec: object): Manifest {
  return calico('HostEndpoint', name, spec, { host: name });
}
