/* What user space reads and writes: the keys and values of the maps. Its TypeScript is src/layout/, held against this by BTF. */
#pragma once

#include "packet.h"

enum pp_endpoint_flag {
	PP_ENDPOINT_WORKLOAD = 1 << 0,
	PP_ENDPOINT_HOST = 1 << 1, /* a host endpoint holds on the interface */
};

/* Policy of an interface by slots of pp_policies; 0: none. "ingress" is to the endpoint, "egress" from it. */
struct pp_endpoint {
	__u32 id;
	__u32 flags; /* enum pp_endpoint_flag */
	__u32 egress; /* of the workload, or of the host's own packets */
	__u32 ingress;
	__u32 forward_out; /* the host endpoint's say on what is passed on */
	__u32 forward_in;
	__u32 pre_dnat;
	__u32 generation; /* of no two writes the same: flows approved under another are judged again */
};

struct pp_allowed_source_key {
	__u32 prefix_length;
	__u32 ifindex; /* network order */
	struct pp_address address;
};

enum pp_frontend_kind {
	PP_FRONTEND_ADDRESS = 0,
	PP_FRONTEND_NODE_PORT4 = 1, /* address is zeros */
	PP_FRONTEND_NODE_PORT6 = 2,
};

struct pp_frontend_key {
	struct pp_address address;
	__u16 port; /* network order */
	__u8 protocol;
	__u8 kind; /* enum pp_frontend_kind */
};

enum pp_frontend_flag {
	PP_FRONTEND_LOCAL = 1 << 0, /* traffic policy Local */
	PP_FRONTEND_ELSEWHERE = 1 << 1, /* other nodes have endpoints: what finds none here is dropped, not refused */
	PP_FRONTEND_RANGES = 1 << 2, /* only sources in the ranges of source_group may come */
	PP_FRONTEND_EXTERNAL = 1 << 3, /* no cluster IP */
	PP_FRONTEND_MAGLEV = 1 << 4,
};

struct pp_frontend {
	__u32 service;
	__u32 cluster_count;
	__u32 local_count;
	__u32 flags; /* enum pp_frontend_flag */
	__u32 affinity_seconds; /* 0: none */
	__u32 source_group;
};

/* Index of the first endpoint of this node. */
#define PP_LOCAL_BACKENDS 0x80000000u

struct pp_backend_key {
	__u32 service;
	__u32 index;
};

enum pp_backend_flag {
	PP_BACKEND_LOCAL = 1 << 0,
};

struct pp_backend {
	struct pp_address address;
	__u16 port; /* network order */
	__u8 flags; /* enum pp_backend_flag */
	__u8 pad;
};

/* Groups of ranges that mean something else than sources of a frontend. */
enum pp_range_group {
	PP_RANGES_OF_PODS = 0, /* how the node tells pods */
	PP_RANGES_OF_SERVICES = 0xffffffff, /* service addresses that must not be routed on */
};

struct pp_source_range_key {
	__u32 prefix_length;
	__u32 group; /* network order */
	struct pp_address address;
};

struct pp_affinity_key {
	struct pp_address client;
	__u32 service;
};

/* A datagram socket of the host with a port of its own, connected to a service on one of the host's own addresses. */
struct pp_bound_key {
	struct pp_address dialed;
	__u16 port; /* dialed, network order */
	__u16 source_port; /* host order */
};

/* What it was connected to: whoever comes again from that port so soon is of the same flow. */
struct pp_bound {
	struct pp_address address;
	__u16 port; /* network order */
	__u8 pad[6];
	__u64 last_used; /* ns */
};

struct pp_affinity {
	struct pp_address address;
	__u16 port; /* network order */
	__u16 pad;
	__u32 index; /* where it stood among the service's endpoints */
	__u64 last_used; /* ns */
};

enum pp_route_flag {
	PP_ROUTE_HOST = 1 << 0,
	PP_ROUTE_WORKLOAD = 1 << 1,
	PP_ROUTE_REMOTE = 1 << 2, /* a workload of another node */
	PP_ROUTE_POOL = 1 << 3,
	PP_ROUTE_NAT_OUTGOING = 1 << 4,
	PP_ROUTE_NODE = 1 << 5, /* an address of a node of the cluster */
	PP_ROUTE_NODE_PORTS = 1 << 6, /* it answers on node ports */
};

struct pp_route_key {
	__u32 prefix_length;
	struct pp_address address;
};

struct pp_route {
	__u32 flags; /* enum pp_route_flag */
	__u32 ifindex; /* of a local workload */
	struct pp_address node; /* of a remote workload: its node's */
};

struct pp_ip_set_key {
	__u32 prefix_length;
	__u32 set_id; /* network order */
	struct pp_address address;
	__u8 protocol;
	__u8 pad;
	__u16 port; /* network order */
};

struct pp_rule_counter {
	__u64 packets;
	__u64 bytes;
};

enum pp_conntrack_kind {
	PP_CONNECTION = 1,
	PP_TRANSLATION = 2, /* leads from the ends before translation to the connection */
};

enum pp_conntrack_flag {
	PP_FROM_APPROVED = 1 << 0, /* where it enters the node */
	PP_TO_APPROVED = 1 << 1, /* where it leaves it, or at the host itself */
	PP_DESTINATION_TRANSLATED = 1 << 2,
	PP_SOURCE_TRANSLATED = 1 << 3, /* where it enters */
	PP_SOURCE_TRANSLATED_LATE = 1 << 4, /* where it leaves: the source becomes the node's own address */
	PP_OF_HOST = 1 << 5, /* a process of the host opened it */
	PP_OLD_PATH = 1 << 6, /* it was there before the programs: the kernel does all */
	PP_FROM_TUNNEL = 1 << 7,
	PP_DIALED_HOST = 1 << 8, /* its destination was one of the host's own addresses */
};

enum pp_tcp_state {
	PP_TCP_SYN = 1 << 0,
	PP_TCP_SYN_ACK = 1 << 1,
	PP_TCP_ESTABLISHED = 1 << 2,
	PP_TCP_FIN_ORIGINAL = 1 << 3,
	PP_TCP_FIN_REPLY = 1 << 4,
	PP_TCP_RESET = 1 << 5,
};

struct pp_conntrack {
	__u64 last_seen; /* ns, CLOCK_MONOTONIC */
	__u64 created;
	__u8 kind; /* enum pp_conntrack_kind */
	__u8 initiator; /* the end in the key that opened the flow */
	__u8 tcp; /* enum pp_tcp_state */
	__u8 pad;
	__u32 flags; /* enum pp_conntrack_flag */
	__u32 from_ifindex; /* where it enters; 0: the host itself */
	__u32 to_ifindex; /* where it leaves; 0: the host itself, or not known */
	__u32 from_generation; /* of the endpoints that approved it */
	__u32 to_generation;
	__u32 service; /* 0: none */
	/* Of a connection: its ends as the sender knows them. */
	struct pp_address saddr;
	struct pp_address daddr;
	__u16 sport; /* network order */
	__u16 dport;
	struct pp_address tunnel; /* the node that sent it through the tunnel, or that it is sent to */
	/* Of a translation: the connection's key. */
	struct pp_conntrack_key target;
};

struct pp_fragment_key {
	struct pp_address saddr;
	struct pp_address daddr;
	__u32 id;
	__u32 protocol;
};

struct pp_fragment {
	__u16 sport; /* host order */
	__u16 dport;
};

/* Why packets were dropped or refused; an index of pp_counters. */
enum pp_counter {
	PP_COUNT_ALLOWED = 0,
	PP_COUNT_MALFORMED = 1,
	PP_COUNT_SPOOFED = 2,
	PP_COUNT_NO_ENDPOINT = 3,
	PP_COUNT_NO_POLICY = 4, /* a slot without a program */
	PP_COUNT_DENIED = 5,
	PP_COUNT_INVALID = 6, /* of no known flow */
	PP_COUNT_NO_BACKEND = 7,
	PP_COUNT_NO_LOCAL_BACKEND = 8,
	PP_COUNT_SOURCE_RANGE = 9,
	PP_COUNT_NOT_FORWARDING = 10,
	PP_COUNT_TO_HOST = 11,
	PP_COUNT_SERVICE_LOOP = 12,
	PP_COUNT_TUNNEL_CLOSED = 13,
	PP_COUNT_CONNTRACK_FULL = 14,
	PP_COUNT_FRAGMENT = 15,
	PP_COUNT_NO_PROGRAM = 16,
	PP_COUNT_NO_PORT = 17, /* no source port is free */
	PP_COUNT_LOOPBACK = 18,
	PP_COUNT_TOO_BIG = 19,
	PP_COUNT_EVENT_LOST = 20,
	PP_COUNT_KERNEL = 21, /* the kernel could not change or send the packet */
	PP_COUNTERS = 32,
};

enum pp_event_kind {
	PP_EVENT_ALLOWED = 1,
	PP_EVENT_DENIED = 2,
	PP_EVENT_LOG = 3,
};

/* A flow that was let through or denied. */
struct pp_event {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	struct pp_address saddr;
	struct pp_address daddr;
	__u16 sport; /* host order */
	__u16 dport;
	__u8 protocol;
	__u8 kind; /* enum pp_event_kind */
	__u8 hook; /* enum pp_hook */
	__u8 reason; /* enum pp_counter */
	__u32 ifindex;
	__u32 rule;
};

enum pp_config_flag {
	PP_CONFIG_FORWARDING = 1 << 0,
	PP_CONFIG_DSR = 1 << 1, /* answers go straight to the client */
	PP_CONFIG_PODS_BY_INTERFACE = 1 << 2,
	PP_CONFIG_PODS_BY_RANGE = 1 << 3,
	PP_CONFIG_LOCALHOST_NODE_PORTS = 1 << 4,
	PP_CONFIG_LOOP_DROP = 1 << 5,
	PP_CONFIG_LOOP_REFUSE = 1 << 6,
	PP_CONFIG_TRACK_HOST = 1 << 7, /* packets of the host's own are tracked though nothing judges them */
	PP_CONFIG_EVENTS = 1 << 8,
};

enum pp_endpoint_to_host {
	PP_TO_HOST_DROP = 0,
	PP_TO_HOST_RETURN = 1,
	PP_TO_HOST_ACCEPT = 2,
};

#define PP_CLOSED_TO_WORKLOADS 8

/* Tunnel traffic that no workload may begin. */
struct pp_closed {
	__u16 port; /* host order; 0: any */
	__u8 protocol; /* 0: no more of these */
	__u8 pad;
};

struct pp_config {
	__u32 layout; /* PP_LAYOUT of the programs that wrote it */
	__u32 flags; /* enum pp_config_flag */
	struct pp_address node4; /* the node's own address; zeros: none */
	struct pp_address node6;
	__u32 endpoint_to_host; /* enum pp_endpoint_to_host */
	__u16 tunnel_port; /* host order; 0: no tunnels */
	__u16 tunnel_mtu;
	__u32 tunnel_id;
	__u32 events_per_second; /* on each processor */
	__u64 netns_cookie; /* sockets of this network namespace alone are translated when they connect; 0: none */
	struct pp_closed closed[PP_CLOSED_TO_WORKLOADS];
};

/* Of this file: changes when what is pinned can no longer be read. */
#define PP_LAYOUT 1

/* Bits of a packet's mark that are ours. */
enum pp_mark {
	PP_MARK_SEEN = 0x10000, /* a program where it entered the node has seen it */
	PP_MARK_TO_WORKLOAD = 0x20000, /* the workload that gets it has no say any more */
	PP_MARK_TO_NETWORK = 0x40000, /* the same of the host endpoint where it leaves */
	PP_MARK_LATE = 0x80000, /* its source is still to be translated: it becomes, or was, one of the node's own addresses */
	PP_MARK_ALL = 0xf0000,
};
