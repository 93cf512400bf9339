/** The keys and values of the maps, as `bpf/layout.h` declares them. The spec beside this holds each against the object's BTF. */
import { ADDRESS } from './address';
import { arrayOf, NETWORK_U16, NETWORK_U32, structOf, U8, U16, U32, U64, type ValueOf } from './field';

/** Changes when what is pinned can no longer be read: `PP_LAYOUT`. */
export const LAYOUT_VERSION = 1;

/** Bits of {@link ENDPOINT}'s flags. */
export const ENDPOINT_FLAG = { workload: 1, host: 2 } as const;

export const ENDPOINT = structOf('pp_endpoint', {
  id: U32,
  flags: U32,
  egress: U32,
  ingress: U32,
  forward_out: U32,
  forward_in: U32,
  pre_dnat: U32,
  generation: U32,
});

export const ALLOWED_SOURCE_KEY = structOf('pp_allowed_source_key', {
  prefix_length: U32,
  ifindex: NETWORK_U32,
  address: ADDRESS,
});

/** Values of {@link FRONTEND_KEY}'s kind. */
export const FRONTEND_KIND = { address: 0, nodePort4: 1, nodePort6: 2 } as const;

export const FRONTEND_KEY = structOf('pp_frontend_key', {
  address: ADDRESS,
  port: NETWORK_U16,
  protocol: U8,
  kind: U8,
});

/** Bits of {@link FRONTEND}'s flags. */
export const FRONTEND_FLAG = { local: 1, elsewhere: 2, ranges: 4, external: 8, maglev: 16 } as const;

export const FRONTEND = structOf('pp_frontend', {
  service: U32,
  cluster_count: U32,
  local_count: U32,
  flags: U32,
  affinity_seconds: U32,
  source_group: U32,
});

/** Index of the first endpoint of this node. */
export const LOCAL_BACKENDS = 0x8000_0000;

export const BACKEND_KEY = structOf('pp_backend_key', { service: U32, index: U32 });

/** Bits of {@link BACKEND}'s flags. */
export const BACKEND_FLAG = { local: 1 } as const;

export const BACKEND = structOf('pp_backend', { address: ADDRESS, port: NETWORK_U16, flags: U8, pad: U8 });

/** Groups of {@link SOURCE_RANGE_KEY} that are no frontend's. */
export const RANGE_GROUP = { pods: 0, services: 0xffff_ffff } as const;

export const SOURCE_RANGE_KEY = structOf('pp_source_range_key', {
  prefix_length: U32,
  group: NETWORK_U32,
  address: ADDRESS,
});

/** Bits of {@link ROUTE}'s flags. */
export const ROUTE_FLAG = {
  host: 1,
  workload: 2,
  remote: 4,
  pool: 8,
  natOutgoing: 16,
  node: 32,
  nodePorts: 64,
} as const;

export const ROUTE_KEY = structOf('pp_route_key', { prefix_length: U32, address: ADDRESS });

export const ROUTE = structOf('pp_route', { flags: U32, ifindex: U32, node: ADDRESS });

export const IP_SET_KEY = structOf('pp_ip_set_key', {
  prefix_length: U32,
  set_id: NETWORK_U32,
  address: ADDRESS,
  protocol: U8,
  pad: U8,
  port: NETWORK_U16,
});

export const RULE_COUNTER = structOf('pp_rule_counter', { packets: U64, bytes: U64 });

/** Bits of {@link CONFIG}'s flags. */
export const CONFIG_FLAG = {
  forwarding: 1,
  directServerReturn: 2,
  podsByInterface: 4,
  podsByRange: 8,
  localhostNodePorts: 16,
  loopDrop: 32,
  loopRefuse: 64,
  trackHost: 128,
  events: 256,
} as const;

/** Values of {@link CONFIG}'s endpoint_to_host. */
export const ENDPOINT_TO_HOST = { drop: 0, return: 1, accept: 2 } as const;

export const CLOSED = structOf('pp_closed', { port: U16, protocol: U8, pad: U8 });

/** How many kinds of tunnel traffic can be closed to workloads. */
export const CLOSED_TO_WORKLOADS = 8;

export const CONFIG = structOf('pp_config', {
  layout: U32,
  flags: U32,
  node4: ADDRESS,
  node6: ADDRESS,
  endpoint_to_host: U32,
  tunnel_port: U16,
  tunnel_mtu: U16,
  tunnel_id: U32,
  events_per_second: U32,
  netns_cookie: U64,
  closed: arrayOf(CLOSED, CLOSED_TO_WORKLOADS),
});

/** What the programs are told of the node. */
export type ConfigValue = ValueOf<typeof CONFIG>;

/** Two ends and a protocol, the smaller end first. Of an ICMP query the identifier stands for a port. */
export const CONNTRACK_KEY = structOf('pp_conntrack_key', {
  address: arrayOf(ADDRESS, 2),
  port: arrayOf(NETWORK_U16, 2),
  protocol: U8,
  pad: arrayOf(U8, 3),
});

/** Values of {@link CONNTRACK}'s kind. */
export const CONNTRACK_KIND = { connection: 1, translation: 2 } as const;

/** Bits of {@link CONNTRACK}'s flags. */
export const CONNTRACK_FLAG = {
  fromApproved: 1,
  toApproved: 2,
  destinationTranslated: 4,
  sourceTranslated: 8,
  sourceTranslatedLate: 16,
  ofHost: 32,
  oldPath: 64,
  fromTunnel: 128,
  dialedHost: 256,
} as const;

/** Bits of {@link CONNTRACK}'s TCP state. */
export const TCP_STATE = { syn: 1, synAck: 2, established: 4, finOriginal: 8, finReply: 16, reset: 32 } as const;

export const CONNTRACK = structOf('pp_conntrack', {
  last_seen: U64,
  created: U64,
  kind: U8,
  initiator: U8,
  tcp: U8,
  pad: U8,
  flags: U32,
  from_ifindex: U32,
  to_ifindex: U32,
  from_generation: U32,
  to_generation: U32,
  service: U32,
  saddr: ADDRESS,
  daddr: ADDRESS,
  sport: NETWORK_U16,
  dport: NETWORK_U16,
  tunnel: ADDRESS,
  target: CONNTRACK_KEY,
});

/** A datagram socket of the host with a port of its own, connected to a service on one of the host's own addresses. */
export const BOUND_KEY = structOf('pp_bound_key', { dialed: ADDRESS, port: NETWORK_U16, source_port: U16 });

/** What it was connected to. */
export const BOUND = structOf('pp_bound', {
  address: ADDRESS,
  port: NETWORK_U16,
  pad: arrayOf(U8, 6),
  last_used: U64,
});

export const AFFINITY_KEY = structOf('pp_affinity_key', { client: ADDRESS, service: U32 });

/** Values of {@link EVENT}'s kind. */
export const EVENT_KIND = { allowed: 1, denied: 2, log: 3 } as const;

export const EVENT = structOf('pp_event', {
  time: U64,
  saddr: ADDRESS,
  daddr: ADDRESS,
  sport: U16,
  dport: U16,
  protocol: U8,
  kind: U8,
  hook: U8,
  reason: U8,
  ifindex: U32,
  rule: U32,
});
