/* Changes a packet's ends in place, and every checksum that covers them. */
#pragma once

#include "parse.h"

/* The ends that a packet is to have; ports in host order, of an ICMP query its identifier in the place of one. */
struct pp_ends {
	struct pp_address saddr;
	struct pp_address daddr;
	__u16 sport;
	__u16 dport;
};

/* Where the layer-4 checksum lies; 0: it covers no address and no port that we change, or is not in this packet. */
INLINE __u32 checksum_offset(const struct pp_scratch *s)
{
	if (!s->has_l4) return 0;
	switch (s->packet.protocol) {
	case PROTOCOL_TCP:
		return s->l4_offset + 16;
	case PROTOCOL_UDP:
	case PROTOCOL_UDPLITE:
		return s->l4_offset + 6;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return s->l4_offset + 2;
	default:
		return 0;
	}
}

/* UDP without a checksum stays without. */
INLINE __u64 checksum_flags(const struct pp_scratch *s)
{
	return s->packet.protocol == PROTOCOL_UDP ? BPF_F_MARK_MANGLED_0 : 0;
}

FUNCTION int set_address(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_address *from,
			 const struct pp_address *to, bool is_source)
{
	__u32 checksum = checksum_offset(s);
	bool is_v4 = s->packet.family == 4;
	__s64 difference = bpf_csum_diff(from, sizeof(*from), to, sizeof(*to), 0);
	/* The checksum of ICMP for IPv4 alone does not cover the addresses. */
	if (checksum && s->packet.protocol != PROTOCOL_ICMP &&
	    bpf_l4_csum_replace(skb, checksum, 0, difference, BPF_F_PSEUDO_HDR | checksum_flags(s)))
		return -1;
	if (!is_v4) return bpf_skb_store_bytes(skb, ETHERNET_BYTES + (is_source ? 8 : 24), to, sizeof(*to), 0);
	if (bpf_l3_csum_replace(skb, ETHERNET_BYTES + 10, 0, difference, 0)) return -1;
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES + (is_source ? 12 : 16), &to->word[3], 4, 0);
}

FUNCTION int set_port(struct __sk_buff *skb, const struct pp_scratch *s, __u16 from, __u16 to, bool is_source)
{
	__u32 checksum = checksum_offset(s);
	if (!s->has_l4 || !checksum) return 0;
	bool is_icmp = s->packet.flags & PP_IS_ICMP;
	__u16 old = to_network16(from), new = to_network16(to);
	if (bpf_l4_csum_replace(skb, checksum, old, new, 2 | checksum_flags(s))) return -1;
	return bpf_skb_store_bytes(skb, s->l4_offset + (is_icmp ? 4 : is_source ? 0 : 2), &new, 2, 0);
}

/* Gives the packet these ends; those that it has are left. 0, or the kernel could not. */
FUNCTION int translate(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_ends *ends)
{
	if (!is_same_address(&s->wire_saddr, &ends->saddr) &&
	    set_address(skb, s, &s->wire_saddr, &ends->saddr, true))
		return -1;
	if (!is_same_address(&s->wire_daddr, &ends->daddr) &&
	    set_address(skb, s, &s->wire_daddr, &ends->daddr, false))
		return -1;
	if (s->wire_sport != ends->sport && set_port(skb, s, s->wire_sport, ends->sport, true)) return -1;
	if (s->wire_dport != ends->dport && set_port(skb, s, s->wire_dport, ends->dport, false)) return -1;
	return 0;
}
