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

export function workloadKey(namespace: string, name: string): WorkloadKey {
  return `workload/${namespace}/${name}` as WorkloadKey;
}

export function hostEndpointKey(name: string): HostEndpointKey {
  return `hostEndpoint/${name}` as HostEndpointKey;
}

export function nodeKey(name: string): NodeKey {
  return `node/${name}` as NodeKey;
}

/** One policy a resource. */
export function policyKey(resource: ResourceKey): PolicyKey {
  return `policy/${resource}` as PolicyKey;
}

export function profileKey(name: string): ProfileKey {
  return `profile/${name}` as ProfileKey;
}

export function poolKey(name: string): PoolKey {
  return `pool/${name}` as PoolKey;
}

export function routeKey(destination: Cidr): RouteKey {
  return `route/${destination}` as RouteKey;
}

export function servicePortKey(
  service: { readonly namespace: string; readonly name: string },
  port: { readonly name: string; readonly protocol: Protocol },
  family: IpFamily,
): ServicePortKey {
  const text = `service/${service.namespace}/${service.name}/${port.name}/${formatProtocol(port.protocol)}/${family}`;
  return text as ServicePortKey;
}
