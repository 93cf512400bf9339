/* A flow that all have let through: it is tracked, translated and sent on. */
#pragma once

#include "forward.h"
#include "policy.h"

/* How the connection's ends differ from those that its sender knows. */
INLINE __u32 source_flags(const struct pp_scratch *s, const struct pp_ends *ends, bool is_late)
{
	if (is_late) return PP_SOURCE_TRANSLATED_LATE;
	bool is_same = is_same_address(&s->packet.saddr, &ends->saddr) && s->wire_sport == ends->sport;
	return is_same ? 0 : PP_SOURCE_TRANSLATED;
}

#define PORT_TRIES 16
#define FIRST_FREE_PORT 32768
#define FREE_PORTS 28232

/* A connection of these ends would be another's: of another sender's, or of the same to another address that it dialed. */
INLINE bool is_taken(const struct pp_scratch *s, struct pp_conntrack_key *key)
{
	struct pp_conntrack *other = bpf_map_lookup_elem(&pp_conntrack, key);
	if (!other || is_over(other)) return false;
	/* What led elsewhere from the very ends of this packet is its own, and out of date. */
	if (other->kind != PP_CONNECTION) return s->is_translated;
	return !(is_same_address(&other->saddr, &s->packet.saddr) && is_same_address(&other->daddr, &s->packet.pre_daddr) &&
		 other->sport == to_network16(s->wire_sport) && other->dport == to_network16(s->wire_dport));
}

/* Finds a source port of which no other connection is; 0, or none is free. */
FUNCTION int find_free_port(struct pp_scratch *s, struct pp_ends *ends)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		make_key(&s->key, &ends->saddr, ends->sport, &ends->daddr, ends->dport, s->packet.protocol);
		if (!is_taken(s, &s->key)) return 0;
		ends->sport = FIRST_FREE_PORT + bpf_get_prandom_u32() % FREE_PORTS;
	}
	return -1;
}

/* Zeros where the node has none. */
INLINE void own_address(const struct pp_scratch *s, struct pp_address *address)
{
	struct pp_config *settings = config();
	__builtin_memset(address, 0, sizeof(*address));
	if (settings) *address = s->packet.family == 4 ? settings->node4 : settings->node6;
}

/* The ends of the connection: what the receiver sees. */
INLINE void choose_ends(const struct pp_scratch *s, struct pp_ends *ends, bool is_late)
{
	ends->saddr = s->packet.saddr;
	ends->daddr = s->packet.daddr;
	ends->sport = s->wire_sport;
	ends->dport = s->packet.flags & PP_HAS_PORTS ? s->packet.dport : s->wire_dport;
	/* To itself: the answer must come back here, and nobody else is known to it by the address that it dialed. */
	if (s->is_hairpin) ends->saddr = s->packet.pre_daddr;
	if (is_late) own_address(s, &ends->saddr);
}

INLINE int add_translation(const struct pp_scratch *s, const struct pp_address *saddr, __u16 sport,
			   const struct pp_address *daddr, __u16 dport, const struct pp_conntrack *connection)
{
	struct pp_conntrack_key key;
	struct pp_conntrack translation = {.kind = PP_TRANSLATION, .target = s->key};
	translation.last_seen = connection->last_seen;
	translation.created = connection->created;
	translation.service = connection->service;
	translation.initiator = make_key(&key, saddr, sport, daddr, dport, s->packet.protocol);
	return bpf_map_update_elem(&pp_conntrack, &key, &translation, BPF_ANY);
}

/* Writes the connection and what leads to it. 0, or the table is full. */
FUNCTION int track(struct pp_scratch *s, const struct pp_ends *ends, struct pp_conntrack *connection)
{
	connection->kind = PP_CONNECTION;
	connection->last_seen = bpf_ktime_get_coarse_ns();
	connection->created = connection->last_seen;
	connection->service = s->service;
	connection->saddr = s->packet.saddr;
	connection->daddr = s->packet.pre_daddr;
	connection->sport = to_network16(s->wire_sport);
	connection->dport = to_network16(s->wire_dport);
	connection->tcp = is_syn(s) ? PP_TCP_SYN : 0;
	connection->initiator =
		make_key(&s->key, &ends->saddr, ends->sport, &ends->daddr, ends->dport, s->packet.protocol);
	if (bpf_map_update_elem(&pp_conntrack, &s->key, connection, BPF_ANY)) return -1;
	const __u32 any = PP_DESTINATION_TRANSLATED | PP_SOURCE_TRANSLATED | PP_SOURCE_TRANSLATED_LATE;
	if (!(connection->flags & any)) return 0;
	if (add_translation(s, &s->packet.saddr, s->wire_sport, &s->packet.pre_daddr, s->wire_dport, connection))
		return -1;
	const __u32 both = PP_DESTINATION_TRANSLATED | PP_SOURCE_TRANSLATED_LATE;
	if ((connection->flags & both) != both) return 0;
	/* Between the programs where it enters and where it leaves only the destination is translated. */
	return add_translation(s, &s->packet.saddr, s->wire_sport, &ends->daddr, ends->dport, connection);
}

/* A service address that no service translated is not routed on: the network would send it back. Whoever denies it says so before. */
INLINE int stop_loop(struct __sk_buff *skb, struct pp_scratch *s, const struct pp_config *settings)
{
	if (!(settings->flags & (PP_CONFIG_LOOP_DROP | PP_CONFIG_LOOP_REFUSE))) return 0;
	if (s->hook != PP_TO_NETWORK || s->is_from_host || s->is_translated || s->target != PP_TARGET_NETWORK) return 0;
	if (!is_in_ranges(PP_RANGES_OF_SERVICES, &s->packet.daddr)) return 0;
	if (settings->flags & PP_CONFIG_LOOP_REFUSE) return refuse(skb, s, PP_COUNT_SERVICE_LOOP);
	return drop(PP_COUNT_SERVICE_LOOP);
}

/* The endpoint's generation; 0: no endpoint is there. */
INLINE __u32 generation_of(__u32 ifindex)
{
	struct pp_endpoint *endpoint = bpf_map_lookup_elem(&pp_endpoints, &ifindex);
	return endpoint ? endpoint->generation : 0;
}

/* The marks with which a packet of a connection leaves the program where it entered the node. */
INLINE __u32 marks_of(const struct pp_conntrack *connection)
{
	__u32 bits = PP_MARK_SEEN;
	if (connection->flags & PP_SOURCE_TRANSLATED_LATE) bits |= PP_MARK_LATE;
	if (!(connection->flags & PP_TO_APPROVED)) return bits;
	if (connection->to_generation != generation_of(connection->to_ifindex)) return bits;
	/* Nobody was there to be asked: a workload's interface always has somebody. */
	if (connection->to_generation == 0) return bits | PP_MARK_TO_NETWORK;
	return bits | PP_MARK_TO_NETWORK | PP_MARK_TO_WORKLOAD;
}

/* After translation, where the packet enters the node. */
INLINE int pass_on(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_conntrack *connection)
{
	if (s->is_hairpin) return send_back(skb);
	mark(skb, marks_of(connection));
	return PP_ACTION_NEXT;
}

/* What the host sends was routed for the address that it dialed. */
INLINE int send_from_host(struct __sk_buff *skb, struct pp_scratch *s, const struct pp_ends *ends)
{
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	if (is_same_address(&s->wire_daddr, &ends->daddr)) return PP_ACTION_NEXT;
	if (s->target == PP_TARGET_HOST) return send_to_host(skb);
	if (s->target == PP_TARGET_WORKLOAD) return bpf_redirect_neigh(s->target_ifindex, NULL, 0, 0);
	return send_by_route(skb, s, ends);
}

/* Nothing is tracked that nobody asks about later: the host's own packets where no policy judges them and no service translates. */
INLINE bool needs_tracking(const struct pp_scratch *s, const struct pp_config *settings, __u32 generation)
{
	if (s->is_translated || generation || !is_tracked_kind(s)) return is_tracked_kind(s);
	bool is_of_host = s->is_from_host || s->target == PP_TARGET_HOST;
	return !is_of_host || (settings->flags & PP_CONFIG_TRACK_HOST);
}

/* The flow's way out of the node is approved too: nobody is asked there, or this is there. */
INLINE bool is_last_to_ask(const struct pp_scratch *s)
{
	return is_leaving(s->hook) || s->target == PP_TARGET_HOST || s->is_hairpin;
}

/*
 * The answer must come back this way: it is translated back here. So it is with what comes from outside for a service and goes on to an
 * endpoint of another node, and with what a pool hides.
 */
INLINE bool must_return_here(const struct pp_scratch *s)
{
	if (s->is_from_host || is_leaving(s->hook) || s->is_hairpin) return false;
	bool is_to_itself = is_same_address(&s->packet.saddr, &s->packet.daddr);
	if (s->hook == PP_FROM_NETWORK && s->is_translated && s->target == PP_TARGET_NETWORK &&
	    ((s->is_external && !s->is_from_inside) || is_to_itself))
		return true;
	return wants_own_address(s);
}

FUNCTION int open_connection(struct __sk_buff *skb, struct pp_scratch *s, __u32 generation)
{
	struct pp_ends ends = {};
	struct pp_conntrack connection = {};
	bool is_tunnelled = !is_no_address(&s->tunnel) && !s->is_from_tunnel;
	bool is_late = !is_tunnelled && must_return_here(s);
	choose_ends(s, &ends, is_late);
	if (is_late && is_no_address(&ends.saddr)) {
		is_late = false;
		ends.saddr = s->packet.saddr;
	}
	if (find_free_port(s, &ends)) return drop(PP_COUNT_NO_PORT);
	connection.flags = PP_FROM_APPROVED | source_flags(s, &ends, is_late);
	if (s->is_translated) {
		connection.flags |= PP_DESTINATION_TRANSLATED;
		if (route_flags(&s->packet.pre_daddr) & PP_ROUTE_HOST) connection.flags |= PP_DIALED_HOST;
	}
	if (s->is_from_host) connection.flags |= PP_OF_HOST;
	else {
		connection.from_ifindex = s->packet.ifindex;
		connection.from_generation = generation;
	}
	if (is_last_to_ask(s)) {
		connection.flags |= PP_TO_APPROVED;
		if (is_leaving(s->hook) || s->is_hairpin) {
			connection.to_ifindex = s->packet.ifindex;
			connection.to_generation = generation;
		}
	}
	connection.tunnel = s->tunnel;
	/* What goes through the tunnel leaves by no program that would be asked. */
	if (is_tunnelled) connection.flags |= PP_TO_APPROVED;
	if (s->is_from_tunnel) connection.flags |= PP_FROM_TUNNEL;
	if (track(s, &ends, &connection)) return drop(PP_COUNT_CONNTRACK_FULL);
	if (is_tunnelled) return PP_ACTION_TUNNEL;
	if (is_late) ends.saddr = s->packet.saddr, ends.sport = s->wire_sport;
	if (translate(skb, s, &ends)) return drop(PP_COUNT_KERNEL);
	tell(s, PP_EVENT_ALLOWED, PP_COUNT_ALLOWED);
	return s->is_from_host ? send_from_host(skb, s, &ends) : pass_on(skb, s, &connection);
}
