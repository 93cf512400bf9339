/** Service ports: one port of one service in one IP family, with every address that it answers on. */
import type { Brand } from '../brand';
import type { Cidr, IpAddress, IpFamily } from './address';
import type { Origin } from './origin';
import type { Port, Protocol } from './protocol';

/** Identifies a port of a service in one IP family. */
export type ServicePortKey = Brand<`service/${string}`, 'ServicePortKey'>;

/** An endpoint that a service port may send to. */
export interface ServiceEndpoint {
  readonly address: IpAddress;
  readonly port: Port;
  /** On this node. */
  readonly isLocal: boolean;
}

/** An address and port that clients dial. */
export interface Frontend {
  readonly kind: 'clusterIp' | 'externalIp' | 'loadBalancerIp' | 'nodePort';
  /** Absent exactly for `nodePort`: every address in the node's `nodePortAddresses`. */
  readonly address?: IpAddress;
  readonly port: Port;
  /**
   * `local`: only endpoints of this node serve it, and an external client's address is kept. Traffic of the cluster's
   * own pods to an external or load-balancer address with `local` uses the cluster's endpoints all the same.
   */
  readonly trafficPolicy: 'cluster' | 'local';
  /** Absent: everyone may come. Present: packets of other sources are dropped (load-balancer addresses only). */
  readonly sourceRanges?: readonly Cidr[];
}

/**
 * Semantics of a packet to a frontend (Kubernetes Services; KEP-1669, KEP-2086, KEP-1672): sent to one of
 * `clusterEndpoints` or `localEndpoints` by the frontend's policy; if that list is empty: dropped when the policy is
 * `local` and the service has usable endpoints elsewhere (`hasEndpoints`), else rejected with ICMP port unreachable.
 */
export interface ServicePort {
  readonly type: 'service';
  readonly key: ServicePortKey;
  readonly origin: Origin;
  readonly namespace: string;
  readonly name: string;
  /** Empty for the single unnamed port. */
  readonly portName: string;
  readonly family: IpFamily;
  readonly protocol: Protocol;
  readonly frontends: readonly Frontend[];
  /** Usable under traffic policy Cluster: ready or, failing any, serving while terminating; narrowed by topology hints. */
  readonly clusterEndpoints: readonly ServiceEndpoint[];
  /** Usable under traffic policy Local. */
  readonly localEndpoints: readonly ServiceEndpoint[];
  /** Some endpoint in the cluster is usable. */
  readonly hasEndpoints: boolean;
  /**
   * UDP only: endpoints in neither list that serve all the same, ready or not. They terminate while others are ready, or hints or a traffic
   * policy leave them out: no new flow is sent to them, and those that lead there go on. Absent: none. In the order of the other lists.
   */
  readonly otherServingEndpoints?: readonly ServiceEndpoint[];
  /** Client-IP affinity, if wanted. */
  readonly affinityTimeoutSeconds?: number;
  /** Where the node tells load balancers how many local ready endpoints there are. */
  readonly healthCheckNodePort?: Port;
  /** Ready addresses on this node for the health check: the service's, whichever of its ports they serve. */
  readonly localReadyEndpoints: number;
}

/** Every endpoint to which a flow of the service may lead, whatever decides over new ones: each once, unordered. */
export function servingEndpoints(service: ServicePort): readonly ServiceEndpoint[] {
  const { clusterEndpoints, localEndpoints, otherServingEndpoints = [] } = service;
  const elsewhere = new Set(clusterEndpoints.map(endpointKey));
  return [
    ...clusterEndpoints,
    ...localEndpoints.filter((endpoint) => !elsewhere.has(endpointKey(endpoint))),
    ...otherServingEndpoints,
  ];
}

function endpointKey({ address, port }: ServiceEndpoint): string {
  return `${address} ${port}`;
}
