// Generated from the API files of VPP 26.10-rc0~374 by `npm run vpp:definition`. Do not edit.

/* Names are VPP's own. Numbers of enumerations are those of the constants beside them. */
/** VPP's `acl_rule`. */
export interface AclRule {
  readonly is_permit: AclAction;
  readonly src_prefix: Prefix;
  readonly dst_prefix: Prefix;
  readonly proto: IpProto;
  readonly srcport_or_icmptype_first: number;
  readonly srcport_or_icmptype_last: number;
  readonly dstport_or_icmpcode_first: number;
  readonly dstport_or_icmpcode_last: number;
  readonly tcp_flags_mask: number;
  readonly tcp_flags_value: number;
}
/** VPP's `address`. */
export interface Address {
  readonly af: AddressFamily;
  readonly un: AddressUnion;
}
/** VPP's `cnat_5tuple`. */
export interface Cnat5tuple {
  readonly addr: readonly Address[];
  readonly port: readonly number[];
  readonly ip_proto: IpProto;
}
/** VPP's `cnat_endpoint`. */
export interface CnatEndpoint {
  readonly addr: Address;
  readonly sw_if_index: InterfaceIndex;
  readonly if_af: AddressFamily;
  readonly port: number;
}
/** VPP's `cnat_endpoint_tuple`. */
export interface CnatEndpointTuple {
  readonly dst_ep: CnatEndpoint;
  readonly src_ep: CnatEndpoint;
  readonly flags: number;
}
/** VPP's `cnat_session`. */
export interface CnatSession {
  readonly tuple: Cnat5tuple;
  readonly ts_index: number;
  readonly flags: number;
}
/** VPP's `cnat_translation`. */
export interface CnatTranslation {
  readonly vip: CnatEndpoint;
  readonly id: number;
  readonly ip_proto: IpProto;
  readonly is_real_ip: number;
  readonly flags: number;
  readonly lb_type: CnatLbType;
  readonly n_paths?: number;
  readonly flow_hash_config: IpFlowHashConfigV2;
  readonly paths: readonly CnatEndpointTuple[];
}
/** VPP's `fib_mpls_label`. */
export interface FibMplsLabel {
  readonly is_uniform: number;
  readonly label: number;
  readonly ttl: number;
  readonly exp: number;
}
/** VPP's `fib_path`. */
export interface FibPath {
  readonly sw_if_index: number;
  readonly table_id: number;
  readonly rpf_id: number;
  readonly weight: number;
  readonly preference: number;
  readonly type: FibPathType;
  readonly flags: FibPathFlags;
  readonly proto: FibPathNhProto;
  readonly nh: FibPathNh;
  readonly n_labels: number;
  readonly label_stack: readonly FibMplsLabel[];
}
/** VPP's `fib_path_nh`. */
export interface FibPathNh {
  readonly address: AddressUnion;
  readonly via_label: number;
  readonly obj_id: number;
  readonly classify_table_index: number;
}
/** VPP's `ip4_prefix`. */
export interface Ip4Prefix {
  readonly address: Ip4Address;
  readonly len: number;
}
/** VPP's `ip6_prefix`. */
export interface Ip6Prefix {
  readonly address: Ip6Address;
  readonly len: number;
}
/** VPP's `ip_neighbor`. */
export interface IpNeighbor {
  readonly sw_if_index: InterfaceIndex;
  readonly flags: IpNeighborFlags;
  readonly mac_address: MacAddress;
  readonly ip_address: Address;
}
/** VPP's `ip_route`. */
export interface IpRoute {
  readonly table_id: number;
  readonly stats_index: number;
  readonly prefix: Prefix;
  readonly n_paths?: number;
  readonly paths: readonly FibPath[];
}
/** VPP's `ip_table`. */
export interface IpTable {
  readonly table_id: number;
  readonly is_ip6: boolean;
  readonly name: string;
}
/** VPP's `ipip_tunnel`. */
export interface IpipTunnel {
  readonly instance: number;
  readonly src: Address;
  readonly dst: Address;
  readonly sw_if_index: InterfaceIndex;
  readonly table_id: number;
  readonly flags: TunnelEncapDecapFlags;
  readonly mode: TunnelMode;
  readonly dscp: IpDscp;
}
/** VPP's `message_table_entry`. */
export interface MessageTableEntry {
  readonly index: number;
  readonly name: string;
}
/** VPP's `npol_entry_set_id`. */
export interface NpolEntrySetId {
  readonly set_id: number;
}
/** VPP's `npol_ipset_member`. */
export interface NpolIpsetMember {
  readonly val: NpolIpsetMemberVal;
}
/** VPP's `npol_policy_item`. */
export interface NpolPolicyItem {
  readonly is_inbound: boolean;
  readonly rule_id: number;
}
/** VPP's `npol_port_range`. */
export interface NpolPortRange {
  readonly start: number;
  readonly end: number;
}
/** VPP's `npol_rule`. */
export interface NpolRule {
  readonly action: NpolRuleAction;
  readonly filters: readonly NpolRuleFilter[];
  readonly num_entries?: number;
  readonly matches: readonly NpolRuleEntry[];
}
/** VPP's `npol_rule_entry`. */
export interface NpolRuleEntry {
  readonly is_src: boolean;
  readonly is_not: boolean;
  readonly type: NpolEntryType;
  readonly data: NpolEntryData;
}
/** VPP's `npol_rule_filter`. */
export interface NpolRuleFilter {
  readonly value: number;
  readonly type: NpolRuleFilterType;
  readonly should_match: number;
}
/** VPP's `npol_three_tuple`. */
export interface NpolThreeTuple {
  readonly address: Address;
  readonly l4_proto: number;
  readonly port: number;
}
/** VPP's `prefix`. */
export interface Prefix {
  readonly address: Address;
  readonly len: number;
}
/** VPP's `wireguard_interface`. */
export interface WireguardInterface {
  readonly user_instance: number;
  readonly sw_if_index: InterfaceIndex;
  readonly private_key: Uint8Array;
  readonly public_key: Uint8Array;
  readonly port: number;
  readonly src_ip: Address;
}
/** VPP's `wireguard_peer`. */
export interface WireguardPeer {
  readonly peer_index: number;
  readonly public_key: Uint8Array;
  readonly port: number;
  readonly persistent_keepalive: number;
  readonly table_id: number;
  readonly endpoint: Address;
  readonly sw_if_index: InterfaceIndex;
  readonly flags: WireguardPeerFlags;
  readonly n_allowed_ips?: number;
  readonly allowed_ips: readonly Prefix[];
}
/** VPP's `address_union`. */
export type AddressUnion = { readonly ip4: Ip4Address } | { readonly ip6: Ip6Address } | { readonly raw: Uint8Array };
/** VPP's `npol_entry_data`. */
export type NpolEntryData =
  | { readonly cidr: Prefix }
  | { readonly port_range: NpolPortRange }
  | { readonly set_id: NpolEntrySetId }
  | { readonly raw: Uint8Array };
/** VPP's `npol_ipset_member_val`. */
export type NpolIpsetMemberVal =
  | { readonly address: Address }
  | { readonly prefix: Prefix }
  | { readonly tuple: NpolThreeTuple }
  | { readonly raw: Uint8Array };
/** VPP's `acl_action`. */
export type AclAction = number;
/** The values of {@link AclAction}. */
export const AclAction = {
  ACL_ACTION_API_DENY: 0,
  ACL_ACTION_API_PERMIT: 1,
  ACL_ACTION_API_PERMIT_REFLECT: 2,
} as const;
/** VPP's `address_family`. */
export type AddressFamily = number;
/** The values of {@link AddressFamily}. */
export const AddressFamily = {
  ADDRESS_IP4: 0,
  ADDRESS_IP6: 1,
} as const;
/** VPP's `af_packet_flags`. */
export type AfPacketFlags = number;
/** The values of {@link AfPacketFlags}. */
export const AfPacketFlags = {
  AF_PACKET_API_FLAG_QDISC_BYPASS: 1,
  AF_PACKET_API_FLAG_CKSUM_GSO: 2,
  AF_PACKET_API_FLAG_VERSION_2: 8,
} as const;
/** VPP's `af_packet_mode`. */
export type AfPacketMode = number;
/** The values of {@link AfPacketMode}. */
export const AfPacketMode = {
  AF_PACKET_API_MODE_ETHERNET: 1,
  AF_PACKET_API_MODE_IP: 2,
} as const;
/** VPP's `cnat_lb_type`. */
export type CnatLbType = number;
/** The values of {@link CnatLbType}. */
export const CnatLbType = {
  CNAT_LB_TYPE_DEFAULT: 0,
  CNAT_LB_TYPE_MAGLEV: 1,
} as const;
/** VPP's `cnat_snat_policies`. */
export type CnatSnatPolicies = number;
/** The values of {@link CnatSnatPolicies}. */
export const CnatSnatPolicies = {
  CNAT_POLICY_NONE: 0,
  CNAT_POLICY_IF_PFX: 1,
  CNAT_POLICY_K8S: 2,
  CNAT_POLICY_DNAT: 3,
} as const;
/** VPP's `cnat_snat_policy_flags`. */
export type CnatSnatPolicyFlags = number;
/** The values of {@link CnatSnatPolicyFlags}. */
export const CnatSnatPolicyFlags = {
  CNAT_SNAT_POLICY_F_NONE: 0,
  CNAT_SNAT_POLICY_F_BUFFER_NEXT: 1,
  CNAT_SNAT_POLICY_F_NO_CLIENT: 2,
  CNAT_SNAT_POLICY_F_USE_AS_DEFAULT: 4,
} as const;
/** VPP's `cnat_snat_policy_table`. */
export type CnatSnatPolicyTable = number;
/** The values of {@link CnatSnatPolicyTable}. */
export const CnatSnatPolicyTable = {
  CNAT_POLICY_INCLUDE_V4: 0,
  CNAT_POLICY_INCLUDE_V6: 1,
  CNAT_POLICY_POD: 2,
  CNAT_POLICY_HOST: 3,
} as const;
/** VPP's `fib_path_flags`. */
export type FibPathFlags = number;
/** The values of {@link FibPathFlags}. */
export const FibPathFlags = {
  FIB_API_PATH_FLAG_NONE: 0,
  FIB_API_PATH_FLAG_RESOLVE_VIA_ATTACHED: 1,
  FIB_API_PATH_FLAG_RESOLVE_VIA_HOST: 2,
  FIB_API_PATH_FLAG_POP_PW_CW: 4,
} as const;
/** VPP's `fib_path_nh_proto`. */
export type FibPathNhProto = number;
/** The values of {@link FibPathNhProto}. */
export const FibPathNhProto = {
  FIB_API_PATH_NH_PROTO_IP4: 0,
  FIB_API_PATH_NH_PROTO_IP6: 1,
  FIB_API_PATH_NH_PROTO_MPLS: 2,
  FIB_API_PATH_NH_PROTO_ETHERNET: 3,
  FIB_API_PATH_NH_PROTO_BIER: 4,
} as const;
/** VPP's `fib_path_type`. */
export type FibPathType = number;
/** The values of {@link FibPathType}. */
export const FibPathType = {
  FIB_API_PATH_TYPE_NORMAL: 0,
  FIB_API_PATH_TYPE_LOCAL: 1,
  FIB_API_PATH_TYPE_DROP: 2,
  FIB_API_PATH_TYPE_UDP_ENCAP: 3,
  FIB_API_PATH_TYPE_BIER_IMP: 4,
  FIB_API_PATH_TYPE_ICMP_UNREACH: 5,
  FIB_API_PATH_TYPE_ICMP_PROHIBIT: 6,
  FIB_API_PATH_TYPE_SOURCE_LOOKUP: 7,
  FIB_API_PATH_TYPE_DVR: 8,
  FIB_API_PATH_TYPE_INTERFACE_RX: 9,
  FIB_API_PATH_TYPE_CLASSIFY: 10,
} as const;
/** VPP's `if_status_flags`. */
export type IfStatusFlags = number;
/** The values of {@link IfStatusFlags}. */
export const IfStatusFlags = {
  IF_STATUS_API_FLAG_ADMIN_UP: 1,
  IF_STATUS_API_FLAG_LINK_UP: 2,
} as const;
/** VPP's `if_type`. */
export type IfType = number;
/** The values of {@link IfType}. */
export const IfType = {
  IF_API_TYPE_HARDWARE: 0,
  IF_API_TYPE_SUB: 1,
  IF_API_TYPE_P2P: 2,
  IF_API_TYPE_PIPE: 3,
} as const;
/** VPP's `ip_dscp`. */
export type IpDscp = number;
/** The values of {@link IpDscp}. */
export const IpDscp = {
  IP_API_DSCP_CS0: 0,
  IP_API_DSCP_CS1: 8,
  IP_API_DSCP_AF11: 10,
  IP_API_DSCP_AF12: 12,
  IP_API_DSCP_AF13: 14,
  IP_API_DSCP_CS2: 16,
  IP_API_DSCP_AF21: 18,
  IP_API_DSCP_AF22: 20,
  IP_API_DSCP_AF23: 22,
  IP_API_DSCP_CS3: 24,
  IP_API_DSCP_AF31: 26,
  IP_API_DSCP_AF32: 28,
  IP_API_DSCP_AF33: 30,
  IP_API_DSCP_CS4: 32,
  IP_API_DSCP_AF41: 34,
  IP_API_DSCP_AF42: 36,
  IP_API_DSCP_AF43: 38,
  IP_API_DSCP_CS5: 40,
  IP_API_DSCP_EF: 46,
  IP_API_DSCP_CS6: 48,
  IP_API_DSCP_CS7: 50,
} as const;
/** VPP's `ip_neighbor_flags`. */
export type IpNeighborFlags = number;
/** The values of {@link IpNeighborFlags}. */
export const IpNeighborFlags = {
  IP_API_NEIGHBOR_FLAG_NONE: 0,
  IP_API_NEIGHBOR_FLAG_STATIC: 1,
  IP_API_NEIGHBOR_FLAG_NO_FIB_ENTRY: 2,
} as const;
/** VPP's `ip_proto`. */
export type IpProto = number;
/** The values of {@link IpProto}. */
export const IpProto = {
  IP_API_PROTO_HOPOPT: 0,
  IP_API_PROTO_ICMP: 1,
  IP_API_PROTO_IGMP: 2,
  IP_API_PROTO_TCP: 6,
  IP_API_PROTO_UDP: 17,
  IP_API_PROTO_GRE: 47,
  IP_API_PROTO_ESP: 50,
  IP_API_PROTO_AH: 51,
  IP_API_PROTO_ICMP6: 58,
  IP_API_PROTO_EIGRP: 88,
  IP_API_PROTO_OSPF: 89,
  IP_API_PROTO_SCTP: 132,
  IP_API_PROTO_RESERVED: 255,
} as const;
/** VPP's `link_duplex`. */
export type LinkDuplex = number;
/** The values of {@link LinkDuplex}. */
export const LinkDuplex = {
  LINK_DUPLEX_API_UNKNOWN: 0,
  LINK_DUPLEX_API_HALF: 1,
  LINK_DUPLEX_API_FULL: 2,
} as const;
/** VPP's `memif_mode`. */
export type MemifMode = number;
/** The values of {@link MemifMode}. */
export const MemifMode = {
  MEMIF_MODE_API_ETHERNET: 0,
  MEMIF_MODE_API_IP: 1,
  MEMIF_MODE_API_PUNT_INJECT: 2,
} as const;
/** VPP's `memif_role`. */
export type MemifRole = number;
/** The values of {@link MemifRole}. */
export const MemifRole = {
  MEMIF_ROLE_API_MASTER: 0,
  MEMIF_ROLE_API_SLAVE: 1,
} as const;
/** VPP's `npol_entry_type`. */
export type NpolEntryType = number;
/** The values of {@link NpolEntryType}. */
export const NpolEntryType = {
  NPOL_CIDR: 0,
  NPOL_PORT_RANGE: 1,
  NPOL_PORT_IP_SET: 2,
  NPOL_IP_SET: 3,
} as const;
/** VPP's `npol_ipset_type`. */
export type NpolIpsetType = number;
/** The values of {@link NpolIpsetType}. */
export const NpolIpsetType = {
  NPOL_IP: 0,
  NPOL_IP_AND_PORT: 1,
  NPOL_NET: 2,
} as const;
/** VPP's `npol_policy_default`. */
export type NpolPolicyDefault = number;
/** The values of {@link NpolPolicyDefault}. */
export const NpolPolicyDefault = {
  NPOL_DEFAULT_ALLOW: 0,
  NPOL_DEFAULT_DENY: 1,
  NPOL_DEFAULT_PASS: 2,
} as const;
/** VPP's `npol_rule_action`. */
export type NpolRuleAction = number;
/** The values of {@link NpolRuleAction}. */
export const NpolRuleAction = {
  NPOL_ALLOW: 0,
  NPOL_DENY: 1,
  NPOL_LOG: 2,
  NPOL_PASS: 3,
} as const;
/** VPP's `npol_rule_filter_type`. */
export type NpolRuleFilterType = number;
/** The values of {@link NpolRuleFilterType}. */
export const NpolRuleFilterType = {
  NPOL_RULE_FILTER_NONE_TYPE: 0,
  NPOL_RULE_FILTER_ICMP_TYPE: 1,
  NPOL_RULE_FILTER_ICMP_CODE: 2,
  NPOL_RULE_FILTER_L4_PROTO: 3,
} as const;
/** VPP's `sub_if_flags`. */
export type SubIfFlags = number;
/** The values of {@link SubIfFlags}. */
export const SubIfFlags = {
  SUB_IF_API_FLAG_NO_TAGS: 1,
  SUB_IF_API_FLAG_ONE_TAG: 2,
  SUB_IF_API_FLAG_TWO_TAGS: 4,
  SUB_IF_API_FLAG_DOT1AD: 8,
  SUB_IF_API_FLAG_EXACT_MATCH: 16,
  SUB_IF_API_FLAG_DEFAULT: 32,
  SUB_IF_API_FLAG_OUTER_VLAN_ID_ANY: 64,
  SUB_IF_API_FLAG_INNER_VLAN_ID_ANY: 128,
  SUB_IF_API_FLAG_MASK_VNET: 254,
  SUB_IF_API_FLAG_DOT1AH: 256,
} as const;
/** VPP's `tap_flags`. */
export type TapFlags = number;
/** The values of {@link TapFlags}. */
export const TapFlags = {
  TAP_API_FLAG_GSO: 1,
  TAP_API_FLAG_CSUM_OFFLOAD: 2,
  TAP_API_FLAG_PERSIST: 4,
  TAP_API_FLAG_ATTACH: 8,
  TAP_API_FLAG_TUN: 16,
  TAP_API_FLAG_GRO_COALESCE: 32,
  TAP_API_FLAG_PACKED: 64,
  TAP_API_FLAG_IN_ORDER: 128,
  TAP_API_FLAG_CONSISTENT_QP: 256,
} as const;
/** VPP's `tunnel_encap_decap_flags`. */
export type TunnelEncapDecapFlags = number;
/** The values of {@link TunnelEncapDecapFlags}. */
export const TunnelEncapDecapFlags = {
  TUNNEL_API_ENCAP_DECAP_FLAG_NONE: 0,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DF: 1,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_SET_DF: 2,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DSCP: 4,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_ECN: 8,
  TUNNEL_API_ENCAP_DECAP_FLAG_DECAP_COPY_ECN: 16,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_INNER_HASH: 32,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_HOP_LIMIT: 64,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_FLOW_LABEL: 128,
} as const;
/** VPP's `tunnel_mode`. */
export type TunnelMode = number;
/** The values of {@link TunnelMode}. */
export const TunnelMode = {
  TUNNEL_API_MODE_P2P: 0,
  TUNNEL_API_MODE_MP: 1,
} as const;
/** VPP's `urpf_mode`. */
export type UrpfMode = number;
/** The values of {@link UrpfMode}. */
export const UrpfMode = {
  URPF_API_MODE_OFF: 0,
  URPF_API_MODE_LOOSE: 1,
  URPF_API_MODE_STRICT: 2,
} as const;
/** VPP's `wireguard_peer_flags`. */
export type WireguardPeerFlags = number;
/** The values of {@link WireguardPeerFlags}. */
export const WireguardPeerFlags = {
  WIREGUARD_PEER_STATUS_DEAD: 1,
  WIREGUARD_PEER_ESTABLISHED: 2,
} as const;
/** VPP's `ip_flow_hash_config_v2`. */
export type IpFlowHashConfigV2 = number;
/** The values of {@link IpFlowHashConfigV2}. */
export const IpFlowHashConfigV2 = {
  IP_API_V2_FLOW_HASH_SRC_IP: 1,
  IP_API_V2_FLOW_HASH_DST_IP: 2,
  IP_API_V2_FLOW_HASH_SRC_PORT: 4,
  IP_API_V2_FLOW_HASH_DST_PORT: 8,
  IP_API_V2_FLOW_HASH_PROTO: 16,
  IP_API_V2_FLOW_HASH_REVERSE: 32,
  IP_API_V2_FLOW_HASH_SYMETRIC: 64,
  IP_API_V2_FLOW_HASH_FLOW_LABEL: 128,
  IP_API_V2_FLOW_HASH_GTPV1_TEID: 256,
} as const;
/** VPP's `address_with_prefix`. */
export type AddressWithPrefix = Prefix;
/** VPP's `interface_index`. */
export type InterfaceIndex = number;
/** VPP's `ip4_address`. */
export type Ip4Address = Uint8Array;
/** VPP's `ip4_address_with_prefix`. */
export type Ip4AddressWithPrefix = Ip4Prefix;
/** VPP's `ip6_address`. */
export type Ip6Address = Uint8Array;
/** VPP's `ip6_address_with_prefix`. */
export type Ip6AddressWithPrefix = Ip6Prefix;
/** VPP's `mac_address`. */
export type MacAddress = Uint8Array;
/** The messages of the built-in definition. */
export interface BuiltInMessages {
  readonly requests: {
    readonly sockclnt_create: {
      readonly request: { readonly name: string };
      readonly reply: {
        readonly response: number;
        readonly index: number;
        readonly count: number;
        readonly message_table: readonly MessageTableEntry[];
      };
    };
    readonly control_ping: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: { readonly retval: number; readonly vpe_pid: number };
    };
    readonly memclnt_keepalive: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: { readonly retval: number };
    };
    readonly get_api_json: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: { readonly retval: number; readonly json: string };
    };
    readonly show_version: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: {
        readonly retval: number;
        readonly program: string;
        readonly version: string;
        readonly build_date: string;
        readonly build_directory: string;
      };
    };
    readonly cli_inband: {
      readonly request: { readonly cmd: string };
      readonly reply: { readonly retval: number; readonly reply: string };
    };
    readonly sw_interface_set_flags: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly flags: IfStatusFlags };
      readonly reply: { readonly retval: number };
    };
    readonly sw_interface_set_mtu: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly mtu: readonly number[] };
      readonly reply: { readonly retval: number };
    };
    readonly sw_interface_set_unnumbered: {
      readonly request: {
        readonly sw_if_index: InterfaceIndex;
        readonly unnumbered_sw_if_index: InterfaceIndex;
        readonly is_add: boolean;
      };
      readonly reply: { readonly retval: number };
    };
    readonly sw_interface_set_table: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly is_ipv6: boolean; readonly vrf_id: number };
      readonly reply: { readonly retval: number };
    };
    readonly sw_interface_get_table: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly is_ipv6: boolean };
      readonly reply: { readonly retval: number; readonly vrf_id: number };
    };
    readonly sw_interface_tag_add_del: {
      readonly request: { readonly is_add: boolean; readonly sw_if_index: InterfaceIndex; readonly tag: string };
      readonly reply: { readonly retval: number };
    };
    readonly sw_interface_add_del_address: {
      readonly request: {
        readonly sw_if_index: InterfaceIndex;
        readonly is_add: boolean;
        readonly del_all: boolean;
        readonly prefix: AddressWithPrefix;
      };
      readonly reply: { readonly retval: number };
    };
    readonly want_interface_events: {
      readonly request: { readonly enable_disable: number; readonly pid: number };
      readonly reply: { readonly retval: number };
    };
    readonly ip_table_add_del: {
      readonly request: { readonly is_add: boolean; readonly table: IpTable };
      readonly reply: { readonly retval: number };
    };
    readonly ip_table_allocate: {
      readonly request: { readonly table: IpTable };
      readonly reply: { readonly retval: number; readonly table: IpTable };
    };
    readonly ip_route_add_del: {
      readonly request: { readonly is_add: boolean; readonly is_multipath: boolean; readonly route: IpRoute };
      readonly reply: { readonly retval: number; readonly stats_index: number };
    };
    readonly ip_neighbor_add_del: {
      readonly request: { readonly is_add: boolean; readonly neighbor: IpNeighbor };
      readonly reply: { readonly retval: number; readonly stats_index: number };
    };
    readonly feature_is_enabled: {
      readonly request: {
        readonly arc_name: string;
        readonly feature_name: string;
        readonly sw_if_index: InterfaceIndex;
      };
      readonly reply: { readonly retval: number; readonly is_enabled: boolean };
    };
    readonly af_packet_create_v3: {
      readonly request: {
        readonly mode: AfPacketMode;
        readonly hw_addr: MacAddress;
        readonly use_random_hw_addr: boolean;
        readonly host_if_name: string;
        readonly rx_frame_size: number;
        readonly tx_frame_size: number;
        readonly rx_frames_per_block: number;
        readonly tx_frames_per_block: number;
        readonly flags: AfPacketFlags;
        readonly num_rx_queues: number;
        readonly num_tx_queues: number;
      };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly af_packet_delete: {
      readonly request: { readonly host_if_name: string };
      readonly reply: { readonly retval: number };
    };
    readonly tap_create_v3: {
      readonly request: {
        readonly id: number;
        readonly use_random_mac: boolean;
        readonly mac_address: MacAddress;
        readonly num_rx_queues: number;
        readonly num_tx_queues: number;
        readonly tx_ring_sz: number;
        readonly rx_ring_sz: number;
        readonly host_mtu_set: boolean;
        readonly host_mtu_size: number;
        readonly host_mac_addr_set: boolean;
        readonly host_mac_addr: MacAddress;
        readonly host_ip4_prefix_set: boolean;
        readonly host_ip4_prefix: Ip4AddressWithPrefix;
        readonly host_ip6_prefix_set: boolean;
        readonly host_ip6_prefix: Ip6AddressWithPrefix;
        readonly host_ip4_gw_set: boolean;
        readonly host_ip4_gw: Ip4Address;
        readonly host_ip6_gw_set: boolean;
        readonly host_ip6_gw: Ip6Address;
        readonly tap_flags: TapFlags;
        readonly host_namespace_set: boolean;
        readonly host_namespace: string;
        readonly host_if_name_set: boolean;
        readonly host_if_name: string;
        readonly host_bridge_set: boolean;
        readonly host_bridge: string;
        readonly tag: string;
      };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly tap_delete_v2: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly reply: { readonly retval: number };
    };
    readonly memif_socket_filename_add_del_v2: {
      readonly request: { readonly is_add: boolean; readonly socket_id: number; readonly socket_filename: string };
      readonly reply: { readonly retval: number; readonly socket_id: number };
    };
    readonly memif_create_v2: {
      readonly request: {
        readonly role: MemifRole;
        readonly mode: MemifMode;
        readonly rx_queues: number;
        readonly tx_queues: number;
        readonly id: number;
        readonly socket_id: number;
        readonly ring_size: number;
        readonly buffer_size: number;
        readonly no_zero_copy: boolean;
        readonly use_dma: boolean;
        readonly hw_addr: MacAddress;
        readonly secret: string;
      };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly memif_delete: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly reply: { readonly retval: number };
    };
    readonly ipip_add_tunnel: {
      readonly request: { readonly tunnel: IpipTunnel };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly ipip_del_tunnel: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly reply: { readonly retval: number };
    };
    readonly vxlan_add_del_tunnel_v3: {
      readonly request: {
        readonly is_add: boolean;
        readonly instance: number;
        readonly src_address: Address;
        readonly dst_address: Address;
        readonly src_port: number;
        readonly dst_port: number;
        readonly mcast_sw_if_index: InterfaceIndex;
        readonly encap_vrf_id: number;
        readonly decap_next_index: number;
        readonly vni: number;
        readonly is_l3: boolean;
      };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly add_node_next: {
      readonly request: { readonly node_name: string; readonly next_name: string };
      readonly reply: { readonly retval: number; readonly next_index: number };
    };
    readonly wireguard_interface_create: {
      readonly request: { readonly interface: WireguardInterface; readonly generate_key: boolean };
      readonly reply: { readonly retval: number; readonly sw_if_index: InterfaceIndex };
    };
    readonly wireguard_interface_delete: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly reply: { readonly retval: number };
    };
    readonly wireguard_peer_add: {
      readonly request: { readonly peer: WireguardPeer };
      readonly reply: { readonly retval: number; readonly peer_index: number };
    };
    readonly wireguard_peer_remove: {
      readonly request: { readonly peer_index: number };
      readonly reply: { readonly retval: number };
    };
    readonly urpf_update_v2: {
      readonly request: {
        readonly is_input: boolean;
        readonly mode: UrpfMode;
        readonly af: AddressFamily;
        readonly sw_if_index: InterfaceIndex;
        readonly table_id: number;
      };
      readonly reply: { readonly retval: number };
    };
    readonly cnat_translation_update: {
      readonly request: { readonly translation: CnatTranslation };
      readonly reply: { readonly retval: number; readonly id: number };
    };
    readonly cnat_translation_del: {
      readonly request: { readonly id: number };
      readonly reply: { readonly retval: number };
    };
    readonly cnat_set_snat_addresses_v2: {
      readonly request: {
        readonly fwd_fib_index: number;
        readonly ret_fib_index: number;
        readonly snat_ip4: Ip4Address;
        readonly snat_ip6: Ip6Address;
        readonly sw_if_index: InterfaceIndex;
        readonly flags: CnatSnatPolicyFlags;
      };
      readonly reply: { readonly retval: number };
    };
    readonly cnat_get_snat_addresses: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: {
        readonly retval: number;
        readonly id: number;
        readonly snat_ip4: Ip4Address;
        readonly snat_ip6: Ip6Address;
        readonly sw_if_index: InterfaceIndex;
      };
    };
    readonly cnat_snat_policy_add_del_exclude_pfx: {
      readonly request: { readonly is_add: number; readonly prefix: Prefix };
      readonly reply: { readonly retval: number };
    };
    readonly cnat_snat_policy_add_del_if: {
      readonly request: {
        readonly sw_if_index: InterfaceIndex;
        readonly is_add: number;
        readonly table: CnatSnatPolicyTable;
      };
      readonly reply: { readonly retval: number };
    };
    readonly cnat_set_snat_policy: {
      readonly request: { readonly policy: CnatSnatPolicies };
      readonly reply: { readonly retval: number };
    };
    readonly feature_cnat_enable_disable: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly enable_disable: boolean };
      readonly reply: { readonly retval: number };
    };
    readonly npol_get_version: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: { readonly major: number; readonly minor: number };
    };
    readonly npol_ipset_create: {
      readonly request: { readonly type: NpolIpsetType };
      readonly reply: { readonly retval: number; readonly set_id: number };
    };
    readonly npol_ipset_add_del_members: {
      readonly request: {
        readonly set_id: number;
        readonly is_add: boolean;
        readonly len?: number;
        readonly members: readonly NpolIpsetMember[];
      };
      readonly reply: { readonly retval: number };
    };
    readonly npol_ipset_delete: {
      readonly request: { readonly set_id: number };
      readonly reply: { readonly retval: number };
    };
    readonly npol_rule_create: {
      readonly request: { readonly rule: NpolRule };
      readonly reply: { readonly retval: number; readonly rule_id: number };
    };
    readonly npol_rule_update: {
      readonly request: { readonly rule_id: number; readonly rule: NpolRule };
      readonly reply: { readonly retval: number };
    };
    readonly npol_rule_delete: {
      readonly request: { readonly rule_id: number };
      readonly reply: { readonly retval: number };
    };
    readonly npol_policy_create: {
      readonly request: { readonly num_items?: number; readonly rules: readonly NpolPolicyItem[] };
      readonly reply: { readonly retval: number; readonly policy_id: number };
    };
    readonly npol_policy_update: {
      readonly request: {
        readonly policy_id: number;
        readonly num_items?: number;
        readonly rules: readonly NpolPolicyItem[];
      };
      readonly reply: { readonly retval: number };
    };
    readonly npol_policy_delete: {
      readonly request: { readonly policy_id: number };
      readonly reply: { readonly retval: number };
    };
    readonly npol_configure_policies: {
      readonly request: {
        readonly sw_if_index: number;
        readonly num_rx_policies: number;
        readonly num_tx_policies: number;
        readonly total_ids?: number;
        readonly invert_rx_tx: number;
        readonly policy_default_rx: NpolPolicyDefault;
        readonly policy_default_tx: NpolPolicyDefault;
        readonly profile_default_rx: NpolPolicyDefault;
        readonly profile_default_tx: NpolPolicyDefault;
        readonly policy_ids: readonly number[];
      };
      readonly reply: { readonly retval: number };
    };
    readonly acl_plugin_get_version: {
      readonly request: Readonly<Record<never, never>>;
      readonly reply: { readonly major: number; readonly minor: number };
    };
    readonly acl_add_replace: {
      readonly request: {
        readonly acl_index: number;
        readonly tag: string;
        readonly count?: number;
        readonly r: readonly AclRule[];
      };
      readonly reply: { readonly acl_index: number; readonly retval: number };
    };
    readonly acl_del: { readonly request: { readonly acl_index: number }; readonly reply: { readonly retval: number } };
    readonly acl_interface_set_acl_list: {
      readonly request: {
        readonly sw_if_index: InterfaceIndex;
        readonly count?: number;
        readonly n_input: number;
        readonly acls: readonly number[];
      };
      readonly reply: { readonly retval: number };
    };
  };
  readonly streams: {
    readonly sw_interface_dump: {
      readonly request: {
        readonly sw_if_index: InterfaceIndex;
        readonly name_filter_valid: boolean;
        readonly name_filter: string;
      };
      readonly details: {
        readonly sw_if_index: InterfaceIndex;
        readonly sup_sw_if_index: number;
        readonly l2_address: MacAddress;
        readonly flags: IfStatusFlags;
        readonly type: IfType;
        readonly link_duplex: LinkDuplex;
        readonly link_speed: number;
        readonly link_mtu: number;
        readonly mtu: readonly number[];
        readonly sub_id: number;
        readonly sub_number_of_tags: number;
        readonly sub_outer_vlan_id: number;
        readonly sub_inner_vlan_id: number;
        readonly sub_if_flags: SubIfFlags;
        readonly vtr_op: number;
        readonly vtr_push_dot1q: number;
        readonly vtr_tag1: number;
        readonly vtr_tag2: number;
        readonly outer_tag: number;
        readonly b_dmac: MacAddress;
        readonly b_smac: MacAddress;
        readonly b_vlanid: number;
        readonly i_sid: number;
        readonly interface_name: string;
        readonly interface_dev_type: string;
        readonly tag: string;
      };
    };
    readonly ip_address_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly is_ipv6: boolean };
      readonly details: { readonly sw_if_index: InterfaceIndex; readonly prefix: AddressWithPrefix };
    };
    readonly ip_unnumbered_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly details: { readonly sw_if_index: InterfaceIndex; readonly ip_sw_if_index: InterfaceIndex };
    };
    readonly ip_table_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: { readonly table: IpTable };
    };
    readonly ip_route_dump: {
      readonly request: { readonly table: IpTable };
      readonly details: { readonly route: IpRoute };
    };
    readonly ip_neighbor_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex; readonly af: AddressFamily };
      readonly details: { readonly age: number; readonly neighbor: IpNeighbor };
    };
    readonly af_packet_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: { readonly sw_if_index: InterfaceIndex; readonly host_if_name: string };
    };
    readonly sw_interface_tap_v2_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly details: {
        readonly sw_if_index: number;
        readonly id: number;
        readonly tx_ring_sz: number;
        readonly rx_ring_sz: number;
        readonly host_mtu_size: number;
        readonly host_mac_addr: MacAddress;
        readonly host_ip4_prefix: Ip4AddressWithPrefix;
        readonly host_ip6_prefix: Ip6AddressWithPrefix;
        readonly tap_flags: TapFlags;
        readonly dev_name: string;
        readonly host_if_name: string;
        readonly host_namespace: string;
        readonly host_bridge: string;
      };
    };
    readonly memif_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: {
        readonly sw_if_index: InterfaceIndex;
        readonly hw_addr: MacAddress;
        readonly id: number;
        readonly role: MemifRole;
        readonly mode: MemifMode;
        readonly zero_copy: boolean;
        readonly socket_id: number;
        readonly ring_size: number;
        readonly buffer_size: number;
        readonly flags: IfStatusFlags;
        readonly if_name: string;
      };
    };
    readonly ipip_tunnel_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly details: { readonly tunnel: IpipTunnel };
    };
    readonly vxlan_tunnel_v2_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly details: {
        readonly sw_if_index: InterfaceIndex;
        readonly instance: number;
        readonly src_address: Address;
        readonly dst_address: Address;
        readonly src_port: number;
        readonly dst_port: number;
        readonly mcast_sw_if_index: InterfaceIndex;
        readonly encap_vrf_id: number;
        readonly decap_next_index: number;
        readonly vni: number;
      };
    };
    readonly wireguard_interface_dump: {
      readonly request: { readonly show_private_key: boolean; readonly sw_if_index: InterfaceIndex };
      readonly details: { readonly interface: WireguardInterface };
    };
    readonly wireguard_peers_dump: {
      readonly request: { readonly peer_index: number };
      readonly details: { readonly peer: WireguardPeer };
    };
    readonly cnat_translation_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: { readonly translation: CnatTranslation };
    };
    readonly cnat_session_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: { readonly session: CnatSession };
    };
    readonly cnat_snat_addresses_dump: {
      readonly request: Readonly<Record<never, never>>;
      readonly details: {
        readonly retval: number;
        readonly fwd_table_id4: number;
        readonly fwd_table_id6: number;
        readonly ret_table_id4: number;
        readonly ret_table_id6: number;
        readonly snat_ip4: Ip4Address;
        readonly snat_ip6: Ip6Address;
        readonly sw_if_index: InterfaceIndex;
      };
    };
    readonly acl_dump: {
      readonly request: { readonly acl_index: number };
      readonly details: {
        readonly acl_index: number;
        readonly tag: string;
        readonly count: number;
        readonly r: readonly AclRule[];
      };
    };
    readonly acl_interface_list_dump: {
      readonly request: { readonly sw_if_index: InterfaceIndex };
      readonly details: {
        readonly sw_if_index: InterfaceIndex;
        readonly count: number;
        readonly n_input: number;
        readonly acls: readonly number[];
      };
    };
  };
  readonly events: {
    readonly sw_interface_event: {
      readonly pid: number;
      readonly sw_if_index: InterfaceIndex;
      readonly flags: IfStatusFlags;
      readonly deleted: boolean;
    };
  };
}
