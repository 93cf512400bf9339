/*
 * Connection tracking. A connection stands under its ends as they are after translation; where those before it differ, a
 * translation under them leads to it. State and approvals are the connection's alone.
 */
#pragma once

#include "parse.h"

/* The index of the sender's end in the key. */
INLINE __u8 make_key(struct pp_conntrack_key *key, const struct pp_address *saddr, __u16 sport,
		     const struct pp_address *daddr, __u16 dport, __u8 protocol)
{
	__u16 from = to_network16(sport), to = to_network16(dport);
	bool is_sender_first = is_same_address(saddr, daddr) ? from < to : is_address_before(saddr, daddr);
	key->protocol = protocol;
	key->pad[0] = key->pad[1] = key->pad[2] = 0;
	if (is_sender_first) {
		key->address[0] = *saddr;
		key->address[1] = *daddr;
		key->port[0] = from;
		key->port[1] = to;
		return 0;
	}
	key->address[0] = *daddr;
	key->address[1] = *saddr;
	key->port[0] = to;
	key->port[1] = from;
	return 1;
}

/* A tracked flow that a packet belongs to. */
struct pp_found {
	struct pp_conntrack *connection; /* NULL: none */
	bool is_reply;
};

FUNCTION struct pp_conntrack *find_connection(struct pp_scratch *s, bool *is_reply)
{
	__u8 sender = make_key(&s->key, &s->wire_saddr, s->wire_sport, &s->wire_daddr, s->wire_dport,
			       s->packet.protocol);
	struct pp_conntrack *entry = bpf_map_lookup_elem(&pp_conntrack, &s->key);
	if (!entry) return NULL;
	*is_reply = entry->initiator != sender;
	if (entry->kind != PP_TRANSLATION) return entry;
	__u64 now = bpf_ktime_get_coarse_ns();
	if (now - entry->last_seen > NANOSECONDS) entry->last_seen = now;
	s->key = entry->target;
	return bpf_map_lookup_elem(&pp_conntrack, &s->key);
}

INLINE bool is_syn(const struct pp_scratch *s)
{
	return s->packet.protocol == PROTOCOL_TCP && s->has_l4 && (s->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The packet may open a flow. */
INLINE bool may_open(const struct pp_scratch *s)
{
	__u8 protocol = s->packet.protocol;
	if (protocol == PROTOCOL_TCP) return is_syn(s) && !(s->tcp_flags & (TCP_RST | TCP_FIN));
	if (s->packet.flags & PP_IS_ICMP) return !s->is_error && !is_icmp_answer(protocol, s->packet.icmp_type);
	return true;
}

/* Flows are tracked by ports, by an identifier, or, without either, by their addresses. */
INLINE bool is_tracked_kind(const struct pp_scratch *s)
{
	if (!(s->packet.flags & PP_IS_ICMP)) return !(s->packet.flags & PP_PORTS_UNKNOWN);
	return is_icmp_request(s->packet.protocol, s->packet.icmp_type) ||
	       is_icmp_answer(s->packet.protocol, s->packet.icmp_type);
}

INLINE bool is_over(const struct pp_conntrack *connection)
{
	const __u8 both = PP_TCP_FIN_ORIGINAL | PP_TCP_FIN_REPLY;
	return (connection->tcp & PP_TCP_RESET) || (connection->tcp & both) == both;
}

INLINE void follow_tcp(struct pp_conntrack *connection, const struct pp_scratch *s, bool is_reply)
{
	__u8 state = connection->tcp, flags = s->tcp_flags;
	if (flags & TCP_RST) state |= PP_TCP_RESET;
	if (flags & TCP_FIN) state |= is_reply ? PP_TCP_FIN_REPLY : PP_TCP_FIN_ORIGINAL;
	if (is_reply && (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) state |= PP_TCP_SYN_ACK;
	if (!is_reply && (flags & (TCP_SYN | TCP_ACK)) == TCP_ACK && (state & PP_TCP_SYN_ACK)) state |= PP_TCP_ESTABLISHED;
	if (state != connection->tcp) connection->tcp = state;
}

/* The packet is one of the connection's. Its time is written once a second: to write is dear. */
INLINE void touch(struct pp_conntrack *connection, const struct pp_scratch *s, bool is_reply)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	if (now - connection->last_seen > NANOSECONDS) connection->last_seen = now;
	if (s->packet.protocol == PROTOCOL_TCP && s->has_l4) follow_tcp(connection, s, is_reply);
}

/* Both ends of the way through this node have let the flow through. */
INLINE bool is_approved(const struct pp_conntrack *connection)
{
	const __u32 both = PP_FROM_APPROVED | PP_TO_APPROVED;
	return (connection->flags & both) == both;
}

/* As the sender knows its peer, and it itself: what policy asks about. */
INLINE void recall_ends(struct pp_scratch *s, const struct pp_conntrack *connection)
{
	__u8 receiver = connection->initiator ? 0 : 1;
	s->packet.saddr = connection->saddr;
	s->packet.pre_daddr = connection->daddr;
	s->packet.daddr = s->key.address[receiver & 1];
	if (!(s->packet.flags & PP_HAS_PORTS)) return;
	s->packet.sport = to_host16(connection->sport);
	s->packet.pre_dport = to_host16(connection->dport);
	s->packet.dport = to_host16(s->key.port[receiver & 1]);
}
