/** Endpoints of services whose pods are not there yet: from the pods that services select, else from the templates of workloads. */
import type { EndpointSlice, Pod, Service } from '../resources/kinds/kubernetes';
import type { Labels } from '../resources/metadata';
import type { Resource } from '../resources/resource';
import type { PodTemplate, ServiceTarget, StandIns } from '../resources/stand-ins';
import { familyOf, type IpAddress, type IpFamily, type Port, parseIpAddress, parsePort } from '../state';
import { ClusterIndex, isLive } from './cluster-index';

/** Pods that stand for a workload of unknown size: a choice between endpoints there may be. */
const UNKNOWN_REPLICAS = 2;

/** The last one of the dynamic ports (RFC 6335), which no container is known to listen on. */
const UNKNOWN_PORT = parsePort(65_535);

/**
 * The resources, and what stands in for the pods and slices that they do not have: only for services of which no slice tells the
 * endpoints. A stand-in has an address of a range that no cluster uses, no node, and a name that no object can have.
 */
export function withStandIns(resources: readonly Resource[], { templates, targets }: StandIns): readonly Resource[] {
  if (targets.length === 0) return resources;
  const cluster = new ClusterIndex(resources);
  const addresses = new UnusedAddresses();
  const podsOf = podsByNamespace(cluster, templates, addresses);
  const replaced = new Map<Service, Service>();
  const added = new Set<Resource>();
  const services = new Map(
    cluster.all('Service').map((service) => [`${service.metadata.namespace}/${service.metadata.name}`, service]),
  );
  for (const target of targets) {
    const service = services.get(`${target.service.namespace}/${target.service.name}`);
    if (service === undefined || service.spec.type === 'ExternalName') continue;
    if (isUnallocated(service, target)) replaced.set(service, allocated(service, addresses));
    if (cluster.endpointsOf(service) !== undefined) continue;
    const pods = podsOf.selected(target);
    for (const pod of pods) if (podsOf.isStandIn(pod)) added.add(pod);
    for (const slice of slicesOf(service, target, pods)) added.add(slice);
  }
  const kept = resources.map((resource) =>
    resource.kind === 'Service' ? (replaced.get(resource) ?? resource) : resource,
  );
  return [...kept, ...added];
}

/**
 * Pods that services may select: those that live, and for workloads none of whose pods is known, stand-ins. A selector that
 * meets none of both is answered by stand-ins with exactly its labels: their workload is written elsewhere.
 */
interface SelectablePods {
  selected(target: ServiceTarget): readonly Pod[];
  isStandIn(pod: Pod): boolean;
}

function podsByNamespace(
  cluster: ClusterIndex,
  templates: readonly PodTemplate[],
  addresses: UnusedAddresses,
): SelectablePods {
  const live = groupByNamespace(cluster.all('Pod').filter(isLive));
  const standIns = groupByNamespace(
    templates.filter(({ pod }) => !pod.spec.hostNetwork).flatMap((template) => standInPods(template, addresses)),
  );
  const all = new Set([...standIns.values()].flat());
  return {
    selected(target) {
      const { namespace = '' } = target.service;
      const isSelected = ({ metadata }: Pod): boolean => matches(target.selector, metadata.labels);
      for (const pods of [live, standIns]) {
        const there = pods.get(namespace)?.filter(isSelected) ?? [];
        if (there.length > 0) return there;
      }
      const made = standInPods(templateOf(target), addresses);
      for (const pod of made) all.add(pod);
      return made;
    },
    isStandIn: (pod) => all.has(pod),
  };
}

function standInPods({ workload, pod, replicas }: PodTemplate, addresses: UnusedAddresses): readonly Pod[] {
  const count = Math.min(replicas ?? UNKNOWN_REPLICAS, UNKNOWN_REPLICAS);
  return Array.from({ length: count }, (_, index) => {
    const name = `${workload.kind}:${workload.name}:${index}`;
    const { nodeName: _node, ...spec } = pod.spec;
    return {
      ...pod,
      ref: { ...pod.ref, name },
      metadata: { ...pod.metadata, name },
      spec,
      status: { podIPs: [addresses.next(4), addresses.next(6)], phase: 'Running' },
    };
  });
}

/** What a service's selector tells of the workload behind it. */
function templateOf({ service, selector, targetPorts }: ServiceTarget): PodTemplate {
  const { namespace, name } = service;
  const inNamespace = namespace === undefined ? {} : { namespace };
  const named = targetPorts.filter((port) => typeof port === 'string');
  return {
    workload: service,
    pod: {
      kind: 'Pod',
      ref: { apiVersion: 'v1', kind: 'Pod', ...inNamespace, name },
      metadata: { name, ...inNamespace, labels: selector, annotations: {} },
      spec: { hostNetwork: false, ports: named.flatMap(portsOfUnknownNumber) },
      status: { podIPs: [], phase: 'Pending' },
    },
  };
}

/** The number of a named port stands in the workload; of these, no policy speaks by number. */
function portsOfUnknownNumber(name: string): Pod['spec']['ports'] {
  return (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({ name, protocol, containerPort: UNKNOWN_PORT }));
}

/** A service that the API server has given no address yet, and will. */
function isUnallocated({ spec }: Service, { isHeadless }: ServiceTarget): boolean {
  return spec.clusterIPs.length === 0 && !isHeadless;
}

function allocated(service: Service, addresses: UnusedAddresses): Service {
  const clusterIPs = service.spec.ipFamilies.map((family) => addresses.next(family));
  return { ...service, spec: { ...service.spec, clusterIPs } };
}

/** One slice a pod, as each has its own numbers for the names of ports. */
function slicesOf(service: Service, target: ServiceTarget, pods: readonly Pod[]): readonly EndpointSlice[] {
  return pods.flatMap((pod) =>
    pod.status.podIPs
      .filter((address) => service.spec.ipFamilies.includes(familyOf(address)))
      .map((address) => sliceOf(service, target, pod, address)),
  );
}

function sliceOf(service: Service, target: ServiceTarget, pod: Pod, address: IpAddress): EndpointSlice {
  const { namespace, name } = service.metadata;
  const sliceName = `${name}:${pod.metadata.name}:${familyOf(address)}`;
  return {
    kind: 'EndpointSlice',
    ref: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...(namespace && { namespace }), name: sliceName },
    metadata: { name: sliceName, ...(namespace && { namespace }), labels: {}, annotations: {} },
    serviceName: name,
    addressType: familyOf(address) === 4 ? 'IPv4' : 'IPv6',
    endpoints: [
      {
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
      },
    ],
    ports: service.spec.ports.flatMap(({ name: portName, protocol, port: own }, index) => {
      const port = targetPort(target.targetPorts[index] ?? own, protocol, pod);
      return port === undefined ? [] : [{ name: portName, protocol, port }];
    }),
  };
}

/** Undefined: the pod has no port of that name. */
function targetPort(wanted: number | string, protocol: string, pod: Pod): Port | undefined {
  if (typeof wanted === 'number') return parsePort(wanted);
  return pod.spec.ports.find((port) => port.name === wanted && port.protocol === protocol)?.containerPort;
}

function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

function groupByNamespace(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const namespace = pod.metadata.namespace ?? '';
    const group = groups.get(namespace) ?? [];
    groups.set(namespace, group);
    group.push(pod);
  }
  return groups;
}

/** Of 240.0.0.0/4, reserved (RFC 1112), and of 100::/64, which discards (RFC 6666). */
class UnusedAddresses {
  #count = 0;

  next(family: IpFamily): IpAddress {
    const number = ++this.#count;
    if (family === 6) return parseIpAddress(`100::${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`);
    return parseIpAddress(`240.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`);
  }
}
