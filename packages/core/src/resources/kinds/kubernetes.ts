/** Core Kubernetes kinds: Node, Namespace, ServiceAccount, Pod, Service, Endpoints, EndpointSlice (Kubernetes API reference v1). */
import type { Cidr, IpAddress, IpFamily, Port } from '../../state';
import type { ResourceBase } from '../metadata';

/** The protocols that a Kubernetes service can have. */
export type ServiceProtocol = 'TCP' | 'UDP' | 'SCTP';

/** An address of a node. */
export interface NodeAddress {
  readonly type: 'InternalIP' | 'ExternalIP';
  readonly address: IpAddress;
  /** Its place in the object's list, which has host names, too. */
  readonly index: number;
}

export interface Node extends ResourceBase<'Node'> {
  readonly spec: { readonly podCIDRs: readonly Cidr[] };
  /** Every address of type InternalIP or ExternalIP, in the object's order, duplicates removed. */
  readonly status: {
    readonly addresses: readonly NodeAddress[];
    /** What the kubelet said of its machine, in Go's words (`amd64`, `windows`); absent: it has not. */
    readonly nodeInfo?: { readonly architecture?: string; readonly operatingSystem?: string };
  };
}

export interface Namespace extends ResourceBase<'Namespace'> {}

/** Policies select service accounts by name and by labels. */
export interface ServiceAccount extends ResourceBase<'ServiceAccount'> {}

/** A port that a container names. */
export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: Port;
  readonly protocol: ServiceProtocol;
}

export interface Pod extends ResourceBase<'Pod'> {
  readonly spec: {
    readonly nodeName?: string;
    readonly hostNetwork: boolean;
    readonly serviceAccountName?: string;
    /** Ports of all containers, sidecars (restartable init containers) included. */
    readonly ports: readonly ContainerPort[];
  };
  readonly status: {
    /** Empty until the pod has an address. At most one of each family. */
    readonly podIPs: readonly IpAddress[];
    /** Succeeded and Failed pods have given up their addresses. */
    readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  };
}

/** A port of a Kubernetes service, as users write it. */
export interface ServicePortSpec {
  readonly name: string;
  readonly protocol: ServiceProtocol;
  readonly port: Port;
  readonly nodePort?: Port;
}

export interface Service extends ResourceBase<'Service'> {
  readonly spec: {
    readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    /** Empty for headless services, and until the API server has allocated some. */
    readonly clusterIPs: readonly IpAddress[];
    /** `clusterIP: None`: clients ask for the pods' own addresses, and no dataplane translates any. */
    readonly isHeadless: boolean;
    readonly ipFamilies: readonly IpFamily[];
    readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    readonly ports: readonly ServicePortSpec[];
    readonly externalIPs: readonly IpAddress[];
    readonly sessionAffinity: 'None' | 'ClientIP';
    /** Default 10800. */
    readonly affinityTimeoutSeconds: number;
    readonly internalTrafficPolicy: 'Cluster' | 'Local';
    readonly externalTrafficPolicy: 'Cluster' | 'Local';
    readonly healthCheckNodePort?: Port;
    readonly loadBalancerSourceRanges: readonly Cidr[];
    readonly loadBalancerClass?: string;
    readonly trafficDistribution?: string;
    readonly publishNotReadyAddresses: boolean;
  };
  readonly status: {
    /** Every entry, in the object's order. Without `ip`: a load balancer that is known by a host name only. */
    readonly loadBalancer: readonly { readonly ip?: IpAddress; readonly ipMode: 'VIP' | 'Proxy' }[];
  };
}

/** An endpoint of an EndpointSlice. */
export interface EndpointSliceEndpoint {
  readonly addresses: readonly IpAddress[];
  /** Absent conditions have their API defaults: ready and serving true, terminating false. */
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
  /** Zones that should use the endpoint; absent: no hint. */
  readonly forZones?: readonly string[];
  readonly forNodes?: readonly string[];
}

export interface EndpointSlice extends ResourceBase<'EndpointSlice'> {
  /** Label kubernetes.io/service-name; a slice without it belongs to no service. */
  readonly serviceName?: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly EndpointSliceEndpoint[];
  /** A port without number means all ports and serves no service port. */
  readonly ports: readonly { readonly name: string; readonly protocol: ServiceProtocol; readonly port?: Port }[];
}

/** An address of an Endpoints object. */
export interface EndpointsAddress {
  readonly ip: IpAddress;
  readonly nodeName?: string;
}

/** The older form of a service's endpoints; of the service of its own namespace and name. */
export interface Endpoints extends ResourceBase<'Endpoints'> {
  /** Every address of a subset serves every port of it. */
  readonly subsets: readonly {
    readonly addresses: readonly EndpointsAddress[];
    readonly notReadyAddresses: readonly EndpointsAddress[];
    readonly ports: readonly { readonly name: string; readonly protocol: ServiceProtocol; readonly port: Port }[];
  }[];
}
