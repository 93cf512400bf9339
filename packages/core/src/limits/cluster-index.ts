/** A cluster's resources by what is asked of them: each kind, the endpoints of a service, the pod of an address. */
import { sourcesOfEndpoints } from '../compute/endpoints-object';
import type { EndpointSource } from '../compute/service-endpoints';
import type { EndpointSlice, Endpoints, Pod, Service, ServiceProtocol } from '../resources/kinds/kubernetes';
import type { Resource, ResourceKind, ResourceOf } from '../resources/resource';
import type { IpAddress, Port } from '../state';

/** One address and port behind a service. */
export interface BehindService {
  readonly portName: string;
  readonly protocol: ServiceProtocol;
  readonly address: IpAddress;
  readonly port: Port;
  readonly nodeName?: string;
}

export class ClusterIndex {
  private readonly byKind = new Map<ResourceKind, Resource[]>();
  private readonly slices = new Map<string, EndpointSlice[]>();
  private readonly endpoints = new Map<string, readonly EndpointSource[]>();
  private readonly podsByAddress = new Map<IpAddress, Pod>();
  private readonly podsByName = new Map<string, Pod>();

  constructor(readonly resources: readonly Resource[]) {
    for (const resource of resources) {
      const ofKind = this.byKind.get(resource.kind) ?? [];
      this.byKind.set(resource.kind, ofKind);
      ofKind.push(resource);
      if (resource.kind === 'EndpointSlice') this.addSlice(resource);
      if (resource.kind === 'Endpoints') this.addEndpoints(resource);
      if (resource.kind === 'Pod') this.addPod(resource);
    }
  }

  all<Kind extends ResourceKind>(kind: Kind): readonly ResourceOf<Kind>[] {
    // The map files every resource under its own kind.
    return (this.byKind.get(kind) ?? []) as readonly Resource[] as readonly ResourceOf<Kind>[];
  }

  /** The pod with a network of its own that has this address. */
  podAt(address: IpAddress): Pod | undefined {
    return this.podsByAddress.get(address);
  }

  podNamed(namespace: string | undefined, name: string): Pod | undefined {
    return this.podsByName.get(`${namespace}/${name}`);
  }

  /** Undefined: neither a slice nor, where there is none, the Endpoints object tells which endpoints the service has. */
  endpointsOf({ metadata }: Service): readonly BehindService[] | undefined {
    const service = `${metadata.namespace}/${metadata.name}`;
    const sources: readonly EndpointSource[] | undefined = this.slices.get(service) ?? this.endpoints.get(service);
    return sources?.flatMap(endpointsOfSource);
  }

  private addPod(pod: Pod): void {
    this.podsByName.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod);
    if (!isLive(pod)) return;
    for (const address of pod.status.podIPs) this.podsByAddress.set(address, pod);
  }

  private addEndpoints(endpoints: Endpoints): void {
    const { namespace, name } = endpoints.metadata;
    this.endpoints.set(`${namespace}/${name}`, sourcesOfEndpoints(endpoints));
  }

  private addSlice(slice: EndpointSlice): void {
    if (slice.serviceName === undefined) return;
    const service = `${slice.metadata.namespace}/${slice.serviceName}`;
    const known = this.slices.get(service) ?? [];
    this.slices.set(service, known);
    known.push(slice);
  }
}

/** A pod that runs in a network of its own: its connections are the dataplane's business. */
export function isLive(pod: Pod): boolean {
  return !pod.spec.hostNetwork && !isFinished(pod) && pod.status.podIPs.length > 0;
}

/** A pod that has ended has given its addresses back. */
export function isFinished({ status: { phase } }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function endpointsOfSource({ ports, endpoints }: EndpointSource): readonly BehindService[] {
  return ports.flatMap(({ name, protocol, port }) =>
    port === undefined
      ? []
      : endpoints.flatMap(({ addresses, nodeName }) =>
          addresses.slice(0, 1).map(
            (address): BehindService => ({
              portName: name,
              protocol,
              address,
              port,
              ...(nodeName !== undefined && { nodeName }),
            }),
          ),
        ),
  );
}
