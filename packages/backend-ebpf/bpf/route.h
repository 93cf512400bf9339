/* Where a packet is going, and what the node knows of an address. */
#pragma once

#include "parse.h"

#define ADDRESS_BITS 128

INLINE struct pp_route *find_route(const struct pp_address *address)
{
	struct pp_route_key key = {.prefix_length = ADDRESS_BITS, .address = *address};
	return bpf_map_lookup_elem(&pp_routes, &key);
}

INLINE __u32 route_flags(const struct pp_address *address)
{
	struct pp_route *route = find_route(address);
	return route ? route->flags : 0;
}

INLINE bool is_in_ranges(__u32 group, const struct pp_address *address)
{
	struct pp_source_range_key key = {
		.prefix_length = 32 + ADDRESS_BITS, .group = to_network32(group), .address = *address};
	return bpf_map_lookup_elem(&pp_source_ranges, &key) != NULL;
}

#define ND_FIRST 130
#define ND_LAST 136
#define ND_ROUTER_ADVERTISEMENT 134

/* What a workload needs so that the node can be its IPv6 router; a workload is nobody's router itself. */
INLINE bool is_neighbour_discovery(const struct pp_scratch *s)
{
	__u8 type = s->packet.icmp_type;
	return s->packet.protocol == PROTOCOL_ICMPV6 && (s->packet.flags & PP_IS_ICMP) && type >= ND_FIRST &&
	       type <= ND_LAST && type != ND_ROUTER_ADVERTISEMENT;
}

/* The workload on the interface may use the source; link-local addresses are everybody's, and who looks for one has none yet. */
FUNCTION bool may_send(const struct pp_scratch *s)
{
	if (s->packet.family == 6 && is_link_local(&s->wire_saddr)) return true;
	if (is_no_address(&s->wire_saddr) && is_neighbour_discovery(s)) return true;
	struct pp_allowed_source_key key = {.prefix_length = 32 + ADDRESS_BITS,
					    .ifindex = to_network32(s->packet.ifindex),
					    .address = s->wire_saddr};
	return bpf_map_lookup_elem(&pp_allowed_sources, &key) != NULL;
}

/* By the packet's destination as it is after translation. What is for the link alone is asked of the host at its end. */
INLINE void find_target(struct pp_scratch *s)
{
	const struct pp_address *to = &s->packet.daddr;
	struct pp_route *route = find_route(to);
	s->target = PP_TARGET_NETWORK;
	s->target_ifindex = 0;
	if (route && (route->flags & PP_ROUTE_WORKLOAD)) {
		s->target = PP_TARGET_WORKLOAD;
		s->target_ifindex = route->ifindex;
	} else if ((route && (route->flags & PP_ROUTE_HOST)) || is_loopback(to) ||
		   (s->packet.family == 6 && !s->is_from_host && is_link_scope(to))) {
		s->target = PP_TARGET_HOST;
	}
	if (s->target == PP_TARGET_HOST) s->packet.flags |= PP_TO_HOST;
}

/* The pool of the source hides it from what is outside all pools. */
INLINE bool wants_own_address(const struct pp_scratch *s)
{
	const __u32 hidden = PP_ROUTE_POOL | PP_ROUTE_NAT_OUTGOING;
	return s->target == PP_TARGET_NETWORK && (route_flags(&s->packet.saddr) & hidden) == hidden &&
	       !(route_flags(&s->packet.daddr) & PP_ROUTE_POOL);
}
