/* Packets of tracked flows: translated as the flow was, and judged again only where policy has changed. */
#pragma once

#include "admit.h"
#include "tunnel.h"

/* The packet with its ends as the receiver of this direction is to see them. */
INLINE void ends_of(const struct pp_scratch *s, const struct pp_conntrack *connection, bool is_reply,
		    struct pp_ends *ends)
{
	if (is_reply) {
		ends->saddr = connection->daddr;
		ends->sport = to_host16(connection->dport);
		ends->daddr = connection->saddr;
		ends->dport = to_host16(connection->sport);
		return;
	}
	__u8 sender = connection->initiator & 1;
	ends->saddr = s->key.address[sender];
	ends->sport = to_host16(s->key.port[sender]);
	ends->daddr = s->key.address[sender ^ 1];
	ends->dport = to_host16(s->key.port[sender ^ 1]);
	/* The source stays until the packet leaves. */
	if ((connection->flags & PP_SOURCE_TRANSLATED_LATE) && !is_leaving(s->hook)) {
		ends->saddr = connection->saddr;
		ends->sport = to_host16(connection->sport);
	}
}

/* The sender is the receiver. */
INLINE bool is_turned_back(const struct pp_conntrack *connection, __u32 ifindex)
{
	return (connection->flags & PP_SOURCE_TRANSLATED) && connection->to_ifindex == connection->from_ifindex &&
	       connection->from_ifindex == ifindex;
}

/* In the flow's own direction, where it enters the node. */
FUNCTION int pass_original(struct __sk_buff *skb, struct pp_scratch *s, struct pp_conntrack *connection)
{
	struct pp_ends ends = {};
	if (!is_no_address(&connection->tunnel) && !(connection->flags & PP_FROM_TUNNEL)) {
		s->tunnel = connection->tunnel;
		return PP_ACTION_TUNNEL;
	}
	ends_of(s, connection, false, &ends);
	if (translate(skb, s, &ends)) return drop(PP_COUNT_KERNEL);
	if (s->is_from_host) {
		s->packet.daddr = ends.daddr;
		find_target(s);
		return send_from_host(skb, s, &ends);
	}
	s->is_hairpin = is_turned_back(connection, interface_of(skb));
	return pass_on(skb, s, connection);
}

/*
 * An answer on its way through the node would bear one of the node's own addresses as its source, and the kernel routes no such
 * packets: it gets it where it leaves.
 */
INLINE bool is_answer_late(const struct pp_scratch *s, const struct pp_conntrack *connection)
{
	return (connection->flags & PP_DIALED_HOST) && !(connection->flags & PP_OF_HOST) && !is_leaving(s->hook);
}

/* The answer of a flow that was let through passes every policy. */
FUNCTION int pass_reply(struct __sk_buff *skb, struct pp_scratch *s, struct pp_conntrack *connection)
{
	struct pp_ends ends = {};
	bool is_hairpin = is_turned_back(connection, interface_of(skb)) && !is_leaving(s->hook);
	bool is_late = !is_hairpin && is_answer_late(s, connection);
	ends_of(s, connection, true, &ends);
	if (is_late) {
		ends.saddr = s->wire_saddr;
		ends.sport = s->wire_sport;
	}
	if (translate(skb, s, &ends)) return drop(PP_COUNT_KERNEL);
	if (is_hairpin) return send_back(skb);
	if (s->is_from_host) {
		s->packet.daddr = ends.daddr;
		find_target(s);
		return send_from_host(skb, s, &ends);
	}
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK | (is_late ? PP_MARK_LATE : 0));
	return PP_ACTION_NEXT;
}

/* Where the flow leaves the node and nobody need be asked again. */
FUNCTION int pass_out(struct __sk_buff *skb, struct pp_scratch *s, struct pp_conntrack *connection)
{
	struct pp_ends ends = {};
	ends_of(s, connection, false, &ends);
	if (translate(skb, s, &ends)) return drop(PP_COUNT_KERNEL);
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	return PP_ACTION_NEXT;
}

/* Who judges the flow here has let it through, and has not changed its mind since. */
INLINE bool is_approved_here(const struct pp_scratch *s, const struct pp_conntrack *connection, __u32 generation)
{
	if (s->is_from_host) {
		return (connection->flags & PP_TO_APPROVED) && connection->to_generation == generation;
	}
	if (is_leaving(s->hook)) return (connection->flags & PP_TO_APPROVED) && connection->to_generation == generation;
	if (!(connection->flags & PP_FROM_APPROVED)) return false;
	return connection->from_generation == generation;
}

INLINE int judge_again(struct __sk_buff *skb, struct pp_scratch *s, const struct pp_conntrack *connection)
{
	s->flow = PP_FLOW_KNOWN;
	s->is_translated = (connection->flags & PP_DESTINATION_TRANSLATED) != 0;
	recall_ends(s, connection);
	s->is_hairpin = s->is_translated && s->hook != PP_FROM_NETWORK && is_same_address(&s->packet.saddr, &s->packet.daddr);
	/* What left by the loopback interface comes in for the first time. */
	return go_to(skb, s->is_over_loopback && !is_leaving(s->hook) ? PP_PROGRAM_OPEN : PP_PROGRAM_BALANCE);
}

/* Functions that are called cannot go on in another program: who called them does. */
INLINE int take_tunnel(struct __sk_buff *skb, int action)
{
	return action == PP_ACTION_TUNNEL ? go_to(skb, PP_PROGRAM_TUNNEL) : action;
}

/* A packet of a connection. */
INLINE int follow_connection(struct __sk_buff *skb, struct pp_scratch *s, struct pp_conntrack *connection,
			     bool is_reply, __u32 generation)
{
	touch(connection, s, is_reply);
	if (is_reply) return pass_reply(skb, s, connection);
	if (!is_approved_here(s, connection, generation)) return judge_again(skb, s, connection);
	if (is_leaving(s->hook) && !s->is_from_host) return pass_out(skb, s, connection);
	return take_tunnel(skb, pass_original(skb, s, connection));
}

/* After policy let a packet of a known flow through: the approval is remembered, and holds for those that follow. */
FUNCTION int approve(struct __sk_buff *skb, struct pp_scratch *s, __u32 generation)
{
	struct pp_conntrack *connection = bpf_map_lookup_elem(&pp_conntrack, &s->key);
	if (!connection) return drop(PP_COUNT_INVALID);
	if (is_leaving(s->hook)) {
		connection->to_ifindex = s->packet.ifindex;
		connection->to_generation = generation;
		connection->flags |= PP_TO_APPROVED;
		return s->is_from_host ? pass_original(skb, s, connection) : pass_out(skb, s, connection);
	}
	connection->from_generation = generation;
	connection->from_ifindex = s->packet.ifindex;
	connection->flags |= PP_FROM_APPROVED;
	if (s->target == PP_TARGET_HOST || s->is_hairpin) connection->flags |= PP_TO_APPROVED;
	if (s->is_hairpin) connection->to_generation = generation;
	return pass_original(skb, s, connection);
}

/* All have let the packet through. */
SECTION("tc")
int pp_admit(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	struct pp_config *settings = config();
	if (!s || !settings) return PP_ACTION_DROP;
	__u32 generation = generation_of(interface_of(skb));
	if (s->hook == PP_FROM_WORKLOAD && s->target == PP_TARGET_HOST && settings->endpoint_to_host == PP_TO_HOST_DROP)
		return deny(s, PP_COUNT_TO_HOST);
	int stopped = stop_loop(skb, s, settings);
	if (stopped) return stopped;
	if (s->flow == PP_FLOW_KNOWN) return take_tunnel(skb, approve(skb, s, generation));
	if (s->flow == PP_FLOW_NEW && !(skb->mark & PP_MARK_SEEN) && needs_tracking(s, settings, generation)) {
		find_tunnel(s, settings);
		return take_tunnel(skb, open_connection(skb, s, generation));
	}
	/* Nothing is remembered of it: each of its packets is judged. */
	mark(skb, (skb->mark & PP_MARK_ALL) | PP_MARK_SEEN);
	return PP_ACTION_NEXT;
}
