/** The node's services by the addresses that they answer on, and which endpoints a packet to one may be sent to. */
import { ClaimIndex } from '../dataplane/claim-index';
import type {
  Frontend,
  IpAddress,
  IpFamily,
  Port,
  Protocol,
  ServiceEndpoint,
  ServicePort,
  ServicePortKey,
} from '../state';
import { addressValueOf, NetSet } from './address-value';
import type { Flow } from './flow';

/** A frontend that a packet is addressed to. */
export interface ServiceHit {
  readonly service: ServicePort;
  readonly frontend: Frontend;
  /** Absent: everyone may come. */
  readonly sourceRanges?: NetSet;
}

/** Who sent the packet, as far as services care. */
export interface SenderFacts {
  /** A pod, by the node's local detector. */
  readonly isLocalPod: boolean;
  /** The source is an address of this node. */
  readonly isNode: boolean;
  /** The node's own address in the packet's family. */
  readonly nodeAddress: IpAddress | undefined;
}

/** What a service does with a packet. `reject` and `drop` for want of an endpoint, `forbidden` by source range. */
export type ServiceChoice =
  | { readonly kind: 'endpoints'; readonly endpoints: readonly ServiceEndpoint[] }
  | { readonly kind: 'reject' | 'drop' | 'forbidden' };

interface Claim extends ServiceHit {
  readonly key: ServicePortKey;
}

export class ServiceTable {
  private readonly services = new Map<ServicePortKey, ServicePort>();
  private readonly byAddress = new ClaimIndex<string, ServicePortKey, Claim>();
  private readonly byNodePort = new ClaimIndex<string, ServicePortKey, Claim>();
  private readonly byHealthCheckPort = new ClaimIndex<Port, ServicePortKey, ServicePort>();

  put(service: ServicePort): void {
    this.remove(service.key);
    this.services.set(service.key, service);
    for (const frontend of service.frontends) this.addFrontend(service, frontend);
    if (service.healthCheckNodePort !== undefined) this.byHealthCheckPort.add(service.healthCheckNodePort, service);
  }

  remove(key: ServicePortKey): void {
    const service = this.services.get(key);
    if (service === undefined) return;
    this.services.delete(key);
    for (const { address, port } of service.frontends) {
      if (address === undefined) this.byNodePort.delete(nodePortPlace(service.family, service.protocol, port), key);
      else this.byAddress.delete(addressPlace(address, service.protocol, port), key);
    }
    if (service.healthCheckNodePort !== undefined) this.byHealthCheckPort.delete(service.healthCheckNodePort, key);
  }

  /** The frontend with this very address. */
  findByAddress({ protocol, destination: { address, port } }: Flow): ServiceHit | undefined {
    return port === undefined ? undefined : this.byAddress.get(addressPlace(address, protocol, port));
  }

  /** The node port with this number, should the packet's address be one that answers on node ports. */
  findByNodePort({ family, protocol, destination: { port } }: Flow): ServiceHit | undefined {
    return port === undefined ? undefined : this.byNodePort.get(nodePortPlace(family, protocol, port));
  }

  /** The service whose health check listens on this port of the node. */
  findByHealthCheckPort(port: Port): ServicePort | undefined {
    return this.byHealthCheckPort.get(port);
  }

  private addFrontend(service: ServicePort, frontend: Frontend): void {
    const { sourceRanges, address, port } = frontend;
    const claim: Claim = {
      key: service.key,
      service,
      frontend,
      ...(sourceRanges === undefined ? {} : { sourceRanges: NetSet.of(sourceRanges) }),
    };
    if (address === undefined) this.byNodePort.add(nodePortPlace(service.family, service.protocol, port), claim);
    else this.byAddress.add(addressPlace(address, service.protocol, port), claim);
  }
}

/**
 * The endpoints by the frontend's traffic policy. Under `local` the cluster's own pods and the node itself still reach
 * the whole cluster on external addresses and node ports: for them there is no client address to be kept.
 */
export function chooseEndpoints(hit: ServiceHit, flow: Flow, sender: SenderFacts): ServiceChoice {
  const { service, frontend, sourceRanges } = hit;
  if (sourceRanges !== undefined && !isInRanges(sourceRanges, service, flow, sender)) return { kind: 'forbidden' };
  const isFromInside = frontend.kind !== 'clusterIp' && (sender.isLocalPod || sender.isNode);
  const isLocal = frontend.trafficPolicy === 'local' && !isFromInside;
  const endpoints = isLocal ? service.localEndpoints : service.clusterEndpoints;
  if (endpoints.length > 0) return { kind: 'endpoints', endpoints };
  return { kind: isLocal && service.hasEndpoints ? 'drop' : 'reject' };
}

/**
 * Where the load balancer's address is one of the node's, the node's own packets to it carry that address as their source:
 * they may come when the node may.
 */
function isInRanges(
  ranges: NetSet,
  { frontends }: ServicePort,
  { source }: Flow,
  { nodeAddress }: SenderFacts,
): boolean {
  if (ranges.contains(source.value)) return true;
  const isLoadBalancer = frontends.some(({ kind, address }) => kind === 'loadBalancerIp' && address === source.address);
  return isLoadBalancer && nodeAddress !== undefined && ranges.contains(addressValueOf(nodeAddress));
}

function addressPlace(address: IpAddress, protocol: Protocol, port: Port): string {
  return `${address} ${protocol} ${port}`;
}

function nodePortPlace(family: IpFamily, protocol: Protocol, port: Port): string {
  return `${family} ${protocol} ${port}`;
}
