/** The node itself and its peers: settings that hold for the whole dataplane, and the cluster's nodes. */
import type { Brand } from '../brand';
import type { Cidr, IpAddress, IpFamily } from './address';
import type { Origin } from './origin';
import type { Port, PortRange, Protocol } from './protocol';

/** Identifies the node's settings: there is one key. */
export type SettingsKey = Brand<'settings/node', 'SettingsKey'>;
/** Identifies a node of the cluster. */
export type NodeKey = Brand<`node/${string}`, 'NodeKey'>;

/** A port that host endpoint policy never closes, so that the node stays reachable. */
export interface FailsafePort {
  readonly protocol: Protocol;
  readonly ports: PortRange;
  /** Absent: any address. */
  readonly net?: Cidr;
}

/** How the dataplane tells traffic of this node's own pods from all other. */
export type LocalDetector =
  | { readonly kind: 'cidrs'; readonly cidrs: readonly Cidr[] }
  | { readonly kind: 'workloadInterfaces' }
  | { readonly kind: 'none' };

/** What holds for the node's whole dataplane. There is exactly one. */
export interface NodeSettings {
  readonly type: 'settings';
  readonly key: SettingsKey;
  readonly nodeName: string;
  /** Addresses of the node as its Node object gives them. */
  readonly nodeAddresses: readonly IpAddress[];
  /** Absent: every local address of the node. Else the local addresses in these ranges. */
  readonly nodePortAddresses?: readonly Cidr[];
  /** 127.0.0.0/8 answers on node ports (IPv4 only). */
  readonly localhostNodePorts: boolean;
  /** Source-NAT all traffic to cluster IPs. */
  readonly masqueradeAll: boolean;
  readonly localDetector: LocalDetector;
  /** Interfaces whose names begin so belong to workloads; one that no workload endpoint names is closed. */
  readonly workloadInterfacePrefixes: readonly string[];
  /** What happens to a packet from a workload to the host itself after its egress policy allowed it. */
  readonly endpointToHostAction: 'drop' | 'return' | 'accept';
  /**
   * What no workload may begin to send, whatever its policy says: packets of tunnels, within which it would reach what its policy
   * denies. Absent: nothing.
   */
  readonly closedToWorkloads?: readonly TunnelTraffic[];
  /**
   * What happens to a packet that is forwarded to one of these service addresses, which no service translated: absent, it
   * is routed on, and may come back for ever.
   */
  readonly serviceLoopPrevention?: { readonly action: 'drop' | 'reject'; readonly cidrs: readonly Cidr[] };
  /** The host passes packets on that are not its own. Absent: it does. */
  readonly isForwarding?: boolean;
  readonly failsafeInbound: readonly FailsafePort[];
  readonly failsafeOutbound: readonly FailsafePort[];
  /** IP families whose traffic between nodes Wireguard encrypts. Absent: nobody said. */
  readonly wireguardFamilies?: readonly IpFamily[];
  /** Nodes announce their routes by BGP. Absent: nobody said. */
  readonly isBgpEnabled?: boolean;
  /** IP families in which the node's address is found by a method. Absent: nobody said. */
  readonly autodetectedFamilies?: readonly IpFamily[];
}

/** The packets of a tunnel: of a protocol, to a port where the protocol has any. */
export interface TunnelTraffic {
  readonly protocol: Protocol;
  readonly port?: Port;
}

/** A node of the cluster, this one included. */
export interface ClusterNode {
  readonly type: 'node';
  readonly key: NodeKey;
  readonly origin: Origin;
  readonly name: string;
  readonly isLocal: boolean;
  readonly addresses: readonly IpAddress[];
  readonly podCidrs: readonly Cidr[];
}

/** The key of the node's settings. */
export const SETTINGS_KEY = 'settings/node' as SettingsKey;
