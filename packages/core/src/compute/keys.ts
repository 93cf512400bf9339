/** Keys of the desired state's objects, made from the names of the resources that they stand for. */
import type { ResourceKey } from '../resources/resource';
import type {
  Cidr,
  HostEndpointKey,
  IpFamily,
  NodeKey,
  PolicyKey,
  PoolKey,
  ProfileKey,
  Protocol,
  RouteKey,
  ServicePortKey,
  WorkloadKey,
} from '../state';
import { formatProtocol } from '../state';

/** The key of a workload endpoint. */
export function workloadKey(namespace: string, name: string): WorkloadKey {
  return `workload/${namespace}/${name}` as WorkloadKey;
}

/** The key of a host endpoint. */
export function hostEndpointKey(name: string): HostEndpointKey {
  return `hostEndpoint/${name}` as HostEndpointKey;
}

/** The key of a node. */
export function nodeKey(name: string): NodeKey {
  return `node/${name}` as NodeKey;
}

/** One policy a resource. */
export function policyKey(resource: ResourceKey): PolicyKey {
  return `policy/${resource}` as PolicyKey;
}

/** The key of a profile. */
export function profileKey(name: string): ProfileKey {
  return `profile/${name}` as ProfileKey;
}

/** The key of an IP pool. */
export function poolKey(name: string): PoolKey {
  return `pool/${name}` as PoolKey;
}

/** The key of a route. */
export function routeKey(destination: Cidr): RouteKey {
  return `route/${destination}` as RouteKey;
}

/** The key of a service port. */
export function servicePortKey(
  service: { readonly namespace: string; readonly name: string },
  port: { readonly name: string; readonly protocol: Protocol },
  family: IpFamily,
): ServicePortKey {
  const text = `service/${service.namespace}/${service.name}/${port.name}/${formatProtocol(port.protocol)}/${family}`;
  return text as ServicePortKey;
}
