/** A small cluster in which a resource is tried: what is wrong with one may come to light only beside others. */
import { parseResource } from '../resources/parse';
import type { Resource } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';

const NAME = 'polyplane-trial';
const DEFAULT_NAMESPACE = 'default';

/** Every kind of object that others select, and policies that select all. */
export function trialCluster(nodeName: string, namespace = DEFAULT_NAMESPACE): readonly ResourceChange[] {
  return [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, status: { addresses: [INTERNAL_IP] } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: LABELS } },
    trialPod(nodeName, namespace, NAME),
    inNamespace('v1', 'Service', namespace, { clusterIP: '192.0.2.2', ports: [{ port: 80 }] }),
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: NAME, namespace, labels: { 'kubernetes.io/service-name': NAME } },
      addressType: 'IPv4',
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ['192.0.2.3'], conditions: {}, nodeName }],
    },
    inNamespace('networking.k8s.io/v1', 'NetworkPolicy', namespace, {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ namespaceSelector: {}, podSelector: {} }] }],
    }),
    {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: NAME },
      spec: { selector: 'all()', types: ['Ingress'], ingress: [{ action: 'Allow', source: { selector: 'all()' } }] },
    },
  ].map(put);
}

/** What comes after the resource, and has to be held against it: one more pod, and the service that it is of. */
export function lateComers(nodeName: string, resource: Resource): readonly ResourceChange[] {
  const { kind, metadata } = resource;
  const { namespace = DEFAULT_NAMESPACE, name } = metadata;
  const service = kind === 'EndpointSlice' ? resource.serviceName : name;
  const pod = put(trialPod(nodeName, namespace, `${NAME}-late`));
  if (kind !== 'EndpointSlice' && kind !== 'Endpoints') return [pod];
  const spec = { clusterIP: '192.0.2.4', ports: [{ port: 80 }] };
  return [pod, put({ apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace }, spec })];
}

const LABELS = { trial: 'trial' };
const INTERNAL_IP = { type: 'InternalIP', address: '192.0.2.1' };

function trialPod(nodeName: string, namespace: string, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: LABELS },
    spec: { nodeName, containers: [] },
    status: { phase: 'Running', podIP: '192.0.2.3', podIPs: [{ ip: '192.0.2.3' }] },
  };
}

function inNamespace(apiVersion: string, kind: string, namespace: string, spec: object): object {
  return { apiVersion, kind, metadata: { name: NAME, namespace }, spec };
}

function put(raw: object): ResourceChange {
  return { op: 'put', resource: parseResource(raw) };
}
