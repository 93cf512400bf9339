/* The packet that is being judged: what policy programs read of it, and what goes from one program to the next. */
#pragma once

#include "address.h"

enum pp_packet_flag {
	PP_HAS_PORTS = 1 << 0,
	PP_IS_ICMP = 1 << 1,
	PP_FROM_HOST = 1 << 2,
	PP_TO_HOST = 1 << 3,
	PP_PORTS_UNKNOWN = 1 << 4, /* a fragment that came before the first */
};

enum pp_verdict {
	PP_VERDICT_NONE = 0,
	PP_VERDICT_ALLOW = 1,
	PP_VERDICT_DENY = 2,
	PP_VERDICT_NEXT = 3, /* nothing decided: of pre-DNAT policy alone */
};

/* What policy programs know; they address it by offset, so it changes in both places or in none. Ports in host order. */
struct pp_packet {
	struct pp_address saddr;
	struct pp_address daddr; /* after translation */
	struct pp_address pre_daddr; /* before it */
	__u16 sport;
	__u16 dport;
	__u16 pre_dport;
	__u8 protocol;
	__u8 family;
	__u8 icmp_type;
	__u8 icmp_code;
	__u16 flags;
	__u32 ifindex;
	__u32 verdict;
	__u32 resume;
	__u32 rule;
	__u32 policy_slot;
	__u32 length;
};

/* Where a packet is met. */
enum pp_hook {
	PP_FROM_WORKLOAD = 0,
	PP_TO_WORKLOAD = 1,
	PP_FROM_NETWORK = 2,
	PP_TO_NETWORK = 3,
};

INLINE bool is_leaving(__u8 hook)
{
	return hook == PP_TO_WORKLOAD || hook == PP_TO_NETWORK;
}

/* Where a packet is going. */
enum pp_target {
	PP_TARGET_NETWORK = 0,
	PP_TARGET_HOST = 1,
	PP_TARGET_WORKLOAD = 2,
};

/* Policy that is still to be asked, in this order. */
enum pp_stage {
	PP_STAGE_HOST_IN = 1 << 0, /* the host endpoint where the packet came in */
	PP_STAGE_EGRESS = 1 << 1, /* the workload that sends */
	PP_STAGE_INGRESS = 1 << 2, /* the workload that receives */
	PP_STAGE_HOST_OUT = 1 << 3, /* the host endpoint where it leaves */
};

/* Two ends and a protocol, the smaller end first, so that both directions have one key. Network order. */
struct pp_conntrack_key {
	struct pp_address address[2];
	__u16 port[2]; /* of an ICMP query: its identifier, at the end that asks */
	__u8 protocol;
	__u8 pad[3];
};

/* What a packet's flow is to the programs. */
enum pp_flow_kind {
	PP_FLOW_NEW = 0,
	PP_FLOW_KNOWN = 1, /* of a tracked flow, in its own direction */
	PP_FLOW_STATELESS = 2, /* of a kind that is not tracked */
	PP_FLOW_INVALID = 3, /* of no known flow, and opens none */
};

/* Goes from program to program on one processor: nothing else runs between. */
struct pp_scratch {
	struct pp_packet packet; /* stands first: policy programs know no other place */
	__u64 policy_keys[16]; /* memory of the policy programs: keys that they look up */
	/* The packet as it came. */
	struct pp_address wire_saddr;
	struct pp_address wire_daddr;
	__u16 wire_sport; /* of an ICMP request its identifier, which is wire_dport of an answer */
	__u16 wire_dport;
	__u16 l3_offset;
	__u16 l4_offset;
	__u8 has_l4; /* the layer-4 header is in this packet: not so in later fragments */
	__u8 tcp_flags;
	__u8 hook; /* enum pp_hook */
	__u8 flow; /* enum pp_flow_kind */
	__u8 target; /* enum pp_target */
	__u8 stages; /* enum pp_stage, what is left */
	__u8 is_error; /* an ICMP error */
	__u8 is_accepted; /* pre-DNAT policy let it in */
	__u8 is_translated; /* a service did */
	__u8 is_hairpin; /* the receiver is the sender */
	__u8 is_from_host;
	__u8 is_fragment;
	__u8 refusal; /* enum pp_counter: why it is refused */
	__u8 is_from_tunnel;
	__u8 is_source_kept; /* of an ICMP error: it is not hidden behind the address that was dialed */
	__u8 is_from_inside; /* of a service's client: a pod of this node, or the node */
	__u8 is_over_loopback; /* the host speaks to itself: it leaves and comes in by one interface */
	__u8 is_external; /* by a service's external or load-balancer address, or its node port */
	__u16 too_big_for; /* the most bytes that the way to the endpoint takes; 0: it is not too big */
	__u32 fragment_id;
	__u32 target_ifindex; /* 0: not known */
	__u32 service; /* that translated it; 0: none */
	struct pp_address tunnel; /* the node at the other end of the tunnel; zeros: none */
	struct pp_conntrack_key key; /* of the connection, after translation */
};
