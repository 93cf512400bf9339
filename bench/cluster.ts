/** Synthetic clusters for the benchmarks: the same sizes give the same resources. */
import {
  type CalicoEntityRule,
  type Cidr,
  type EndpointSlice,
  type IpAddress,
  keyOfResource,
  type NetworkPolicy,
  type Port,
  type Resource,
  type ResourceChange,
} from '@polyplane/core';

export interface ClusterSize {
  readonly services: number;
  readonly endpointsPerService: number;
  readonly policies: number;
  readonly localPods: number;
  readonly remotePods: number;
  readonly namespaces: number;
}

export const NODE_NAME = 'node-0';
const APPS = 50;

export function put(resource: Resource): ResourceChange {
  return { op: 'put', resource };
}

export function remove(resource: Resource): ResourceChange {
  return { op: 'remove', key: keyOfResource(resource) };
}

/** Every resource of a cluster of that size. */
export function clusterResources(size: ClusterSize): Resource[] {
  const resources: Resource[] = [node(0), node(1)];
  for (let index = 0; index < size.namespaces; index++) resources.push(namespace(index, 'blue'));
  for (let index = 0; index < size.localPods; index++) resources.push(pod(index, size, true));
  for (let index = 0; index < size.remotePods; index++) resources.push(pod(size.localPods + index, size, false));
  for (let index = 0; index < size.services; index++) {
    resources.push(service(index), slice(index, size.endpointsPerService, 0));
  }
  for (let index = 0; index < size.policies; index++) resources.push(policy(index, size));
  return resources;
}

/** An address in 10.0.0.0/8 (block 0) or 172.16.0.0/12 (block 1), by number. */
export function address(block: 0 | 1, index: number): IpAddress {
  const base = block === 0 ? 0x0a000001 : 0xac100001;
  const bits = base + index;
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.') as IpAddress;
}

export function namespace(index: number, team: string): Resource {
  const name = `ns-${index}`;
  return {
    kind: 'Namespace',
    ref: { apiVersion: 'v1', kind: 'Namespace', name },
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name, team }, annotations: {} },
  };
}

export function pod(
  index: number,
  size: ClusterSize,
  isLocal: boolean,
  extraLabels: Record<string, string> = {},
): Resource {
  const name = `pod-${index}`;
  const inNamespace = `ns-${index % size.namespaces}`;
  return {
    kind: 'Pod',
    ref: { apiVersion: 'v1', kind: 'Pod', namespace: inNamespace, name },
    metadata: { name, namespace: inNamespace, labels: { app: `app-${index % APPS}`, ...extraLabels }, annotations: {} },
    spec: {
      nodeName: isLocal ? NODE_NAME : 'node-1',
      hostNetwork: false,
      ports: [{ name: 'http', containerPort: 8080 as Port, protocol: 'TCP' }],
    },
    status: { podIPs: [address(0, index)], phase: 'Running' },
  };
}

export function service(index: number): Resource {
  const name = `service-${index}`;
  return {
    kind: 'Service',
    ref: { apiVersion: 'v1', kind: 'Service', namespace: 'ns-0', name },
    metadata: { name, namespace: 'ns-0', labels: {}, annotations: {} },
    spec: {
      type: 'ClusterIP',
      clusterIPs: [address(1, index)],
      isHeadless: false,
      ipFamilies: [4],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 as Port }],
      externalIPs: [],
      sessionAffinity: 'None',
      affinityTimeoutSeconds: 10800,
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      publishNotReadyAddresses: false,
    },
    status: { loadBalancer: [] },
  };
}

/** The slice of a service; another `shift` gives it other endpoints. */
export function slice(index: number, endpoints: number, shift: number): EndpointSlice {
  const name = `service-${index}-a`;
  return {
    kind: 'EndpointSlice',
    ref: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace: 'ns-0', name },
    metadata: { name, namespace: 'ns-0', labels: {}, annotations: {} },
    serviceName: `service-${index}`,
    addressType: 'IPv4',
    endpoints: Array.from({ length: endpoints }, (_, endpoint) => ({
      addresses: [address(0, index * endpoints + endpoint + shift)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
    })),
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 as Port }],
  };
}

/** A policy of one namespace: clients of one application, of one team's namespaces, and a range, to one port. */
export function policy(index: number, size: ClusterSize): NetworkPolicy {
  const name = `policy-${index}`;
  const inNamespace = `ns-${index % size.namespaces}`;
  const selectApp = (app: number) => ({ matchLabels: { app: `app-${app % APPS}` }, matchExpressions: [] });
  return {
    kind: 'NetworkPolicy',
    ref: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: inNamespace, name },
    metadata: { name, namespace: inNamespace, labels: {}, annotations: {} },
    spec: {
      podSelector: selectApp(index),
      policyTypes: ['Ingress'],
      ingress: [
        {
          peers: [
            { podSelector: selectApp(index + 1) },
            { namespaceSelector: { matchLabels: { team: `team-${index % 20}` }, matchExpressions: [] } },
            { ipBlock: { cidr: '192.168.0.0/16' as Cidr, except: [`192.168.${index % 256}.0/24` as Cidr] } },
          ],
          ports: [{ protocol: 'TCP', port: { first: 8080 as Port, last: 8080 as Port } }],
        },
      ],
      egress: [],
    },
  };
}

/** A tier; its order decides where its policy stands on every endpoint. */
export function tier(index: number, order: number): Resource {
  const name = `tier-${index}`;
  return {
    kind: 'Tier',
    ref: { apiVersion: 'projectcalico.org/v3', kind: 'Tier', name },
    metadata: { name, labels: {}, annotations: {} },
    spec: { order, defaultAction: 'Pass' },
  };
}

/** The policy of a tier: every pod lets in what the tier's network set holds. */
export function tierPolicy(index: number): Resource {
  const name = `tier-${index}.allow-set`;
  return {
    kind: 'GlobalNetworkPolicy',
    ref: { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', name },
    metadata: { name, labels: {}, annotations: {} },
    spec: {
      tier: `tier-${index}`,
      order: 10,
      selector: 'has(app)',
      types: ['Ingress'],
      ingress: [{ action: 'Allow', source: { ...ANY_ENTITY, selector: `set == "${index}"` }, destination: ANY_ENTITY }],
      egress: [],
      doNotTrack: false,
      preDNAT: false,
      applyOnForward: false,
    },
  };
}

/** A network set that the tier's policy lets in; another `shift` gives it one other range. */
export function networkSet(index: number, nets: number, shift: number): Resource {
  const name = `set-${index}`;
  const range = (number: number): Cidr => `${address(1, number)}/32` as Cidr;
  return {
    kind: 'GlobalNetworkSet',
    ref: { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkSet', name },
    metadata: { name, labels: { set: String(index) }, annotations: {} },
    spec: { nets: [...Array.from({ length: nets - 1 }, (_, number) => range(number)), range(nets + shift)] },
  };
}

const ANY_ENTITY: CalicoEntityRule = { nets: [], notNets: [], ports: [], notPorts: [] };

function node(index: number): Resource {
  const name = `node-${index}`;
  return {
    kind: 'Node',
    ref: { apiVersion: 'v1', kind: 'Node', name },
    metadata: { name, labels: { 'kubernetes.io/hostname': name }, annotations: {} },
    spec: { podCIDRs: [] },
    status: { addresses: [{ type: 'InternalIP', address: `192.0.2.${index + 1}` as IpAddress, index: 0 }] },
  };
}
