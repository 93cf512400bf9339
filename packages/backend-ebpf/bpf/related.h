/* ICMP errors: the packet that one is about tells which flow it is of, and how it is translated back. */
#pragma once

#include "known.h"

#define ICMP_HEADER_BYTES 8

/* Reads the head of the packet that the error is about as if it were a packet of its own. */
FUNCTION int parse_quoted(struct __sk_buff *skb, const struct pp_scratch *s, struct pp_scratch *quoted)
{
	__u32 offset = s->l4_offset + ICMP_HEADER_BYTES;
	quoted->l3_offset = offset;
	quoted->packet.family = s->packet.family;
	if (s->packet.family == 4) {
		struct ipv4_header ip;
		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip))) return -1;
		set_ipv4(&quoted->wire_saddr, ip.saddr);
		set_ipv4(&quoted->wire_daddr, ip.daddr);
		quoted->packet.protocol = ip.protocol;
		/* A later fragment has no ports to be known by. */
		if (to_host16(ip.fragment) & IPV4_FRAGMENT_OFFSET) return -1;
		offset += (ip.version_and_length & 0xf) * 4;
	} else {
		struct ipv6_header ip;
		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip))) return -1;
		quoted->wire_saddr = ip.saddr;
		quoted->wire_daddr = ip.daddr;
		quoted->packet.protocol = ip.next_header;
		offset += sizeof(ip);
	}
	quoted->l4_offset = offset;
	__u8 head[8];
	__u8 protocol = quoted->packet.protocol;
	if (protocol != PROTOCOL_ICMP && protocol != PROTOCOL_ICMPV6 && !has_ports(protocol)) return 0;
	if (bpf_skb_load_bytes(skb, offset, head, sizeof(head))) return -1;
	if (has_ports(protocol)) {
		quoted->wire_sport = (head[0] << 8) | head[1];
		quoted->wire_dport = (head[2] << 8) | head[3];
		return 0;
	}
	/* An error is never sent about an error. */
	if (is_icmp_request(protocol, head[0])) quoted->wire_sport = (head[4] << 8) | head[5];
	else if (is_icmp_answer(protocol, head[0])) quoted->wire_dport = (head[4] << 8) | head[5];
	else return -1;
	return 0;
}

/* Changes bytes that the error's own checksum covers; of two or of sixteen bytes. */
INLINE int set_quoted(struct __sk_buff *skb, const struct pp_scratch *s, __u32 offset, __s64 difference, const void *to,
		      __u32 length)
{
	if (bpf_l4_csum_replace(skb, s->l4_offset + 2, 0, difference, 0)) return -1;
	return bpf_skb_store_bytes(skb, offset, to, length, 0);
}

FUNCTION int set_quoted_address(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_address *from,
				const struct pp_address *to, bool is_source)
{
	if (is_same_address(from, to)) return 0;
	__u32 offset = s->l4_offset + ICMP_HEADER_BYTES;
	__s64 difference = bpf_csum_diff(from, sizeof(*from), to, sizeof(*to), 0);
	if (s->packet.family == 6)
		return set_quoted(skb, s, offset + (is_source ? 8 : 24), difference, to, sizeof(*to));
	/* The quoted header's checksum takes back what the address changes: the error's own stays as it is. */
	if (bpf_l3_csum_replace(skb, offset + 10, 0, difference, 0)) return -1;
	return bpf_skb_store_bytes(skb, offset + (is_source ? 12 : 16), &to->word[3], 4, 0);
}

FUNCTION int set_quoted_port(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_scratch *quoted,
			     __u16 to, bool is_source)
{
	__u16 from = is_source ? quoted->wire_sport : quoted->wire_dport;
	if (from == to) return 0;
	__u32 padded_from = to_network16(from), padded_to = to_network16(to);
	__s64 difference = bpf_csum_diff(&padded_from, 4, &padded_to, 4, 0);
	bool is_query = !has_ports(quoted->packet.protocol);
	__u16 port = to_network16(to);
	return set_quoted(skb, s, quoted->l4_offset + (is_query ? 4 : is_source ? 0 : 2), difference, &port, 2);
}

/* Gives the quoted packet these ends, and the error itself the destination that goes with them. */
FUNCTION int translate_error(struct __sk_buff *skb, struct pp_scratch *s, const struct pp_scratch *quoted,
			     const struct pp_ends *ends)
{
	if (set_quoted_address(skb, s, &quoted->wire_saddr, &ends->saddr, true)) return -1;
	if (set_quoted_address(skb, s, &quoted->wire_daddr, &ends->daddr, false)) return -1;
	if (set_quoted_port(skb, s, quoted, ends->sport, true)) return -1;
	if (set_quoted_port(skb, s, quoted, ends->dport, false)) return -1;
	/* It goes to whom the quoted packet came from. Who sent it keeps its address, unless it is the end that is hidden. */
	if (!is_same_address(&s->wire_daddr, &ends->saddr) && set_address(skb, s, &s->wire_daddr, &ends->saddr, false))
		return -1;
	if (!s->is_source_kept && is_same_address(&s->wire_saddr, &quoted->wire_daddr) &&
	    !is_same_address(&s->wire_saddr, &ends->daddr) && set_address(skb, s, &s->wire_saddr, &ends->daddr, true))
		return -1;
	return 0;
}

/* The other scratch: of the packet that is quoted. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_scratch);
} MAP(pp_quoted);

SECTION("tc")
int pp_related(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	__u32 zero = 0;
	struct pp_scratch *quoted = bpf_map_lookup_elem(&pp_quoted, &zero);
	if (!s || !quoted) return PP_ACTION_DROP;
	__builtin_memset(quoted, 0, sizeof(*quoted));
	s->flow = PP_FLOW_INVALID;
	if (parse_quoted(skb, s, quoted)) return go_to(skb, PP_PROGRAM_OPEN);
	bool is_reply = false;
	struct pp_conntrack *connection = find_connection(quoted, &is_reply);
	if (!connection || !is_approved(connection)) return go_to(skb, PP_PROGRAM_OPEN);
	/* The kernel routes nothing that comes from one of the node's own addresses. */
	s->is_source_kept = (connection->flags & PP_DIALED_HOST) != 0;
	/* The quoted packet went one way, the error goes the other: it is shown as its sender sent it. */
	struct pp_ends ends = {};
	if (is_reply) {
		/* An answer, as the flow's sender saw it: the receiver sent it as itself, to whom it took for the sender. */
		__u8 sender = connection->initiator & 1;
		ends.saddr = quoted->key.address[sender ^ 1];
		ends.sport = to_host16(quoted->key.port[sender ^ 1]);
		ends.daddr = quoted->key.address[sender];
		ends.dport = to_host16(quoted->key.port[sender]);
	} else {
		ends.saddr = connection->saddr;
		ends.sport = to_host16(connection->sport);
		ends.daddr = connection->daddr;
		ends.dport = to_host16(connection->dport);
	}
	if (!(skb->mark & PP_MARK_SEEN) && translate_error(skb, s, quoted, &ends)) return drop(PP_COUNT_KERNEL);
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	return PP_ACTION_NEXT;
}
