/** Kinds that carry settings of the whole cluster or of a node's dataplane. What nobody wrote stays absent: its default is the reader's business. */
import type { Cidr, IpAddress, Port, PortRange, Protocol } from '../../state';
import type { ResourceBase } from '../metadata';

/** How Calico finds a node's address; no method at all: it does not. */
export interface AddressAutodetection {
  readonly firstFound?: boolean;
  readonly kubernetes?: 'NodeInternalIP';
  readonly interface?: string;
  readonly skipInterface?: string;
  readonly canReach?: string;
  readonly cidrs: readonly Cidr[];
}

/** A pool that the operator makes. */
export interface InstallationIPPool {
  readonly cidr: Cidr;
  readonly ipipMode: EncapsulationMode;
  readonly vxlanMode: EncapsulationMode;
  /** Default true. */
  readonly natOutgoing: boolean;
  /** Default `all()`. */
  readonly nodeSelector: string;
}

/** operator.tigera.io/v1 Installation. */
export interface Installation extends ResourceBase<'Installation'> {
  readonly spec: {
    readonly calicoNetwork: {
      readonly bgp?: 'Enabled' | 'Disabled';
      /** `Iptables`, `Nftables`, `BPF`, `VPP`, and what later operators know. */
      readonly linuxDataplane?: string;
      readonly nodeAddressAutodetectionV4?: AddressAutodetection;
      readonly nodeAddressAutodetectionV6?: AddressAutodetection;
      readonly ipPools: readonly InstallationIPPool[];
      readonly hostPorts?: 'Enabled' | 'Disabled';
    };
  };
}

/** When packets between nodes are encapsulated. */
export type EncapsulationMode = 'Never' | 'Always' | 'CrossSubnet';

/** projectcalico.org/v3 IPPool. */
export interface IPPool extends ResourceBase<'IPPool'> {
  readonly spec: {
    readonly cidr: Cidr;
    readonly ipipMode: EncapsulationMode;
    readonly vxlanMode: EncapsulationMode;
    readonly natOutgoing: boolean;
    readonly disabled: boolean;
    readonly disableBGPExport: boolean;
    /** Prefix length of the blocks that nodes get; default 26 (IPv4), 122 (IPv6). */
    readonly blockSize: number;
    /** Default `all()`. */
    readonly nodeSelector: string;
    readonly namespaceSelector?: string;
    /** Default Workload and Tunnel. */
    readonly allowedUses: readonly ('Workload' | 'Tunnel' | 'LoadBalancer')[];
    readonly assignmentMode: 'Automatic' | 'Manual';
  };
}

/** A protocol with one port, from or to `net` (absent: any address). */
export interface ProtoPort {
  readonly protocol: Protocol;
  readonly port: Port;
  readonly net?: Cidr;
}

/**
 * projectcalico.org/v3 FelixConfiguration: settings of every node (`default`) or of one (`node.NAME`, which wins field by field). An absent field is not set by this object;
 * the default that holds then is Calico's, as its reference gives it.
 */
export interface FelixConfiguration extends ResourceBase<'FelixConfiguration'> {
  readonly spec: {
    /** Empty: no port is safe. */
    readonly failsafeInboundHostPorts?: readonly ProtoPort[];
    readonly failsafeOutboundHostPorts?: readonly ProtoPort[];
    /** Default Drop. */
    readonly defaultEndpointToHostAction?: 'Drop' | 'Return' | 'Accept';
    /** Default Drop. */
    readonly iptablesFilterDenyAction?: 'Drop' | 'Reject';
    /** Default Accept. */
    readonly iptablesFilterAllowAction?: 'Accept' | 'Return';
    /** Default Accept. */
    readonly iptablesMangleAllowAction?: 'Accept' | 'Return';
    /** Default Insert. */
    readonly chainInsertMode?: 'Insert' | 'Append';
    /** Default Drop. */
    readonly serviceLoopPrevention?: 'Drop' | 'Reject' | 'Disabled';
    /** Whether hosts forward packets; default Enabled. */
    readonly ipForwarding?: 'Enabled' | 'Disabled';
    /** Default Disabled. */
    readonly workloadSourceSpoofing?: 'Disabled' | 'Any';
    /** Default Disabled. */
    readonly floatingIPs?: 'Enabled' | 'Disabled';
    /** Default true. */
    readonly ipv6Support?: boolean;
    /** Prefixes of the host side of workload interfaces; default `cali`. */
    readonly interfacePrefix?: readonly string[];
    /** Default false, as all flags below. */
    readonly wireguardEnabled?: boolean;
    readonly wireguardEnabledV6?: boolean;
    readonly wireguardHostEncryptionEnabled?: boolean;
    readonly bpfEnabled?: boolean;
    /** Default Tunnel. */
    readonly bpfExternalServiceMode?: 'Tunnel' | 'DSR';
    readonly allowVXLANPacketsFromWorkloads?: boolean;
    readonly allowIPIPPacketsFromWorkloads?: boolean;
    readonly ipipEnabled?: boolean;
    readonly vxlanEnabled?: boolean;
    /** Default 4789. */
    readonly vxlanPort?: Port;
    /** Default 4096. */
    readonly vxlanVNI?: number;
    /** Source address of outgoing NAT; absent: the address of the interface that the packet leaves by. */
    readonly natOutgoingAddress?: IpAddress;
    readonly natPortRange?: PortRange;
    /** Default IPPoolsOnly. */
    readonly natOutgoingExclusions?: 'IPPoolsOnly' | 'IPPoolsAndHostIPs';
    readonly externalNodesList?: readonly Cidr[];
    /** Default 30000-32767. */
    readonly kubeNodePortRanges?: readonly PortRange[];
  };
}

/** projectcalico.org/v3 BGPConfiguration. */
export interface BGPConfiguration extends ResourceBase<'BGPConfiguration'> {
  readonly spec: {
    /** Default true. */
    readonly nodeToNodeMeshEnabled?: boolean;
    /** 1-4294967295. */
    readonly asNumber?: number;
    readonly listenPort?: Port;
    /** Ranges of service addresses that nodes announce. */
    readonly serviceClusterIPs: readonly Cidr[];
    readonly serviceExternalIPs: readonly Cidr[];
    readonly serviceLoadBalancerIPs: readonly Cidr[];
  };
}

/** projectcalico.org/v3 BGPPeer. */
export interface BGPPeer extends ResourceBase<'BGPPeer'> {
  readonly spec: {
    /** One node; absent, as is `nodeSelector`: every node. */
    readonly node?: string;
    readonly nodeSelector?: string;
    /** One of peerIP, peerSelector and localWorkloadSelector. */
    readonly peerIP?: IpAddress;
    readonly peerPort?: Port;
    readonly peerSelector?: string;
    readonly localWorkloadSelector?: string;
    readonly asNumber?: number;
  };
}
