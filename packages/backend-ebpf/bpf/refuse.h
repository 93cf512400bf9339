/* Tells a sender that nobody serves what it dialed: ICMP port unreachable, or a reset for TCP, from the address that it dialed. */
#pragma once

#include "forward.h"
#include "policy.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TTL 64

struct icmp_error_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__u32 unused;
};

/* Of the packet's head, as much is quoted as any protocol needs that it be known by. */
#define QUOTED_L4_BYTES 8

INLINE __u16 fold(__s64 sum)
{
	__u32 folded = (sum & 0xffff) + ((sum >> 16) & 0xffff) + ((sum >> 32) & 0xffff);
	folded = (folded & 0xffff) + (folded >> 16);
	folded = (folded & 0xffff) + (folded >> 16);
	return ~folded;
}

/* A header of 20 bytes from the dialed address to the sender. */
INLINE int store_ipv4(struct __sk_buff *skb, const struct pp_scratch *s, __u8 protocol, __u16 payload_bytes)
{
	struct ipv4_header ip = {.version_and_length = 0x45,
				 .total_length = to_network16(IPV4_BYTES + payload_bytes),
				 .ttl = TTL,
				 .protocol = protocol,
				 .saddr = s->wire_daddr.word[3],
				 .daddr = s->wire_saddr.word[3]};
	ip.checksum = fold(bpf_csum_diff(NULL, 0, &ip, sizeof(ip), 0));
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES, &ip, sizeof(ip), 0);
}

INLINE int store_ipv6(struct __sk_buff *skb, const struct pp_scratch *s, __u8 protocol, __u16 payload_bytes)
{
	struct ipv6_header ip = {.version_and_flow = to_network32(6u << 28),
				 .payload_length = to_network16(payload_bytes),
				 .next_header = protocol,
				 .hop_limit = TTL,
				 .saddr = s->wire_daddr,
				 .daddr = s->wire_saddr};
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES, &ip, sizeof(ip), 0);
}

INLINE __s64 pseudo_header_sum(const struct pp_scratch *s, __u8 protocol, __u32 bytes)
{
	__u32 tail[2] = {to_network32(bytes), to_network32(protocol)};
	__s64 sum = bpf_csum_diff(NULL, 0, tail, sizeof(tail), 0);
	if (s->packet.family == 4) {
		__u32 ends[2] = {s->wire_saddr.word[3], s->wire_daddr.word[3]};
		return bpf_csum_diff(NULL, 0, ends, sizeof(ends), sum);
	}
	sum = bpf_csum_diff(NULL, 0, &s->wire_saddr, sizeof(s->wire_saddr), sum);
	return bpf_csum_diff(NULL, 0, &s->wire_daddr, sizeof(s->wire_daddr), sum);
}

FUNCTION int refuse_ipv4(struct __sk_buff *skb, const struct pp_scratch *s)
{
	__u8 quoted[IPV4_BYTES + QUOTED_L4_BYTES];
	__u32 header_bytes = s->l4_offset - ETHERNET_BYTES;
	/* Options would make the quoted part longer than what is read here: it is quoted without them. */
	if (bpf_skb_load_bytes(skb, ETHERNET_BYTES, quoted, IPV4_BYTES)) return -1;
	if (bpf_skb_load_bytes(skb, s->l4_offset, quoted + IPV4_BYTES, QUOTED_L4_BYTES)) return -1;
	if (header_bytes != IPV4_BYTES) {
		quoted[0] = 0x45;
		quoted[10] = quoted[11] = 0;
		__u16 sum = fold(bpf_csum_diff(NULL, 0, (__be32 *)quoted, IPV4_BYTES, 0));
		__builtin_memcpy(quoted + 10, &sum, 2);
	}
	struct icmp_error_header icmp = {
		.type = 3, .code = s->too_big_for ? 4 : 3, .unused = to_network32(s->too_big_for)};
	const __u32 bytes = sizeof(icmp) + sizeof(quoted);
	__s64 sum = bpf_csum_diff(NULL, 0, (__be32 *)&icmp, sizeof(icmp), 0);
	icmp.checksum = fold(bpf_csum_diff(NULL, 0, (__be32 *)quoted, sizeof(quoted), sum));
	if (bpf_skb_change_tail(skb, ETHERNET_BYTES + IPV4_BYTES + bytes, 0)) return -1;
	if (store_ipv4(skb, s, PROTOCOL_ICMP, bytes)) return -1;
	if (bpf_skb_store_bytes(skb, ETHERNET_BYTES + IPV4_BYTES, &icmp, sizeof(icmp), 0)) return -1;
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES + IPV4_BYTES + sizeof(icmp), quoted, sizeof(quoted), 0);
}

FUNCTION int refuse_ipv6(struct __sk_buff *skb, const struct pp_scratch *s)
{
	__u8 quoted[IPV6_BYTES + QUOTED_L4_BYTES];
	if (bpf_skb_load_bytes(skb, ETHERNET_BYTES, quoted, IPV6_BYTES)) return -1;
	if (bpf_skb_load_bytes(skb, s->l4_offset, quoted + IPV6_BYTES, QUOTED_L4_BYTES)) return -1;
	/* Extension headers are not quoted. */
	quoted[6] = s->packet.protocol;
	struct icmp_error_header icmp = {.type = 1, .code = 4};
	const __u32 bytes = sizeof(icmp) + sizeof(quoted);
	__s64 sum = pseudo_header_sum(s, PROTOCOL_ICMPV6, bytes);
	sum = bpf_csum_diff(NULL, 0, (__be32 *)&icmp, sizeof(icmp), sum);
	icmp.checksum = fold(bpf_csum_diff(NULL, 0, (__be32 *)quoted, sizeof(quoted), sum));
	if (bpf_skb_change_tail(skb, ETHERNET_BYTES + IPV6_BYTES + bytes, 0)) return -1;
	if (store_ipv6(skb, s, PROTOCOL_ICMPV6, bytes)) return -1;
	if (bpf_skb_store_bytes(skb, ETHERNET_BYTES + IPV6_BYTES, &icmp, sizeof(icmp), 0)) return -1;
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES + IPV6_BYTES + sizeof(icmp), quoted, sizeof(quoted), 0);
}

struct tcp_header {
	__u16 sport;
	__u16 dport;
	__u32 sequence;
	__u32 acknowledgement;
	__u8 offset;
	__u8 flags;
	__u16 window;
	__u16 checksum;
	__u16 urgent;
};

/* A reset that answers the packet (RFC 9293, 3.10.7.1); false for one that is a reset itself. */
INLINE int make_reset(struct __sk_buff *skb, const struct pp_scratch *s, struct tcp_header *reset)
{
	struct tcp_header tcp;
	if (bpf_skb_load_bytes(skb, s->l4_offset, &tcp, sizeof(tcp)) || (tcp.flags & TCP_RST)) return -1;
	reset->sport = tcp.dport;
	reset->dport = tcp.sport;
	reset->offset = 5 << 4;
	if (tcp.flags & TCP_ACK) {
		reset->flags = TCP_RST;
		reset->sequence = tcp.acknowledgement;
	} else {
		__u32 data = s->packet.length - s->l4_offset - (tcp.offset >> 4) * 4;
		__u32 taken = data + !!(tcp.flags & TCP_SYN) + !!(tcp.flags & TCP_FIN);
		reset->flags = TCP_RST | TCP_ACK;
		reset->acknowledgement = to_network32(to_host32(tcp.sequence) + taken);
	}
	__s64 sum = pseudo_header_sum(s, PROTOCOL_TCP, sizeof(*reset));
	reset->checksum = fold(bpf_csum_diff(NULL, 0, (__be32 *)reset, sizeof(*reset), sum));
	return 0;
}

FUNCTION int reset_tcp(struct __sk_buff *skb, const struct pp_scratch *s)
{
	struct tcp_header reset = {};
	__u32 offset = ETHERNET_BYTES + (s->packet.family == 4 ? IPV4_BYTES : IPV6_BYTES);
	if (make_reset(skb, s, &reset)) return -1;
	if (bpf_skb_change_tail(skb, offset + sizeof(reset), 0)) return -1;
	if (s->packet.family == 4 ? store_ipv4(skb, s, PROTOCOL_TCP, sizeof(reset))
				  : store_ipv6(skb, s, PROTOCOL_TCP, sizeof(reset)))
		return -1;
	return bpf_skb_store_bytes(skb, offset, &reset, sizeof(reset), 0);
}

/* The sender is the host itself, or whoever is at the other end of the interface. */
SECTION("tc")
int pp_refuse(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	if (!s || !s->has_l4 || s->is_error) return PP_ACTION_DROP;
	int failed;
	if (s->packet.protocol == PROTOCOL_TCP && !s->too_big_for) failed = reset_tcp(skb, s);
	else failed = s->packet.family == 4 ? refuse_ipv4(skb, s) : refuse_ipv6(skb, s);
	if (failed) return drop(PP_COUNT_KERNEL);
	if (s->is_from_host) return send_to_host(skb);
	if (!is_leaving(s->hook)) return send_back(skb);
	/* It came in by another interface than the one that it would have left by. */
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	return bpf_redirect_neigh(skb->ingress_ifindex, NULL, 0, 0);
}
