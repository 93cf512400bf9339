/* Reads a packet's headers into the scratch: Ethernet, IPv4 with options, IPv6 with extension headers, and what lies above. */
#pragma once

#include "count.h"
#include "fragments.h"

#define ETHERNET_BYTES 14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IPV6 0x86dd

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58
#define PROTOCOL_SCTP 132
#define PROTOCOL_UDPLITE 136

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct ipv4_header {
	__u8 version_and_length;
	__u8 traffic_class;
	__u16 total_length;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 saddr;
	__u32 daddr;
};

struct ipv6_header {
	__u32 version_and_flow;
	__u16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	struct pp_address saddr;
	struct pp_address daddr;
};

#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_MORE_FRAGMENTS 0x2000

enum pp_parsed {
	PP_PARSED = 0,
	PP_NOT_IP = 1,
	PP_MALFORMED = 2,
};

INLINE void set_ipv4(struct pp_address *address, __u32 value)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = IPV4_MAPPED;
	address->word[3] = value;
}

INLINE bool has_ports(__u8 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
	       protocol == PROTOCOL_UDPLITE;
}

/* ICMP types that have answers: the identifier tells their flows apart. */
INLINE bool is_icmp_request(__u8 protocol, __u8 type)
{
	if (protocol == PROTOCOL_ICMPV6) return type == 128;
	return type == 8 || type == 13 || type == 15 || type == 17;
}

INLINE bool is_icmp_answer(__u8 protocol, __u8 type)
{
	if (protocol == PROTOCOL_ICMPV6) return type == 129;
	return type == 0 || type == 14 || type == 16 || type == 18;
}

/* Errors carry the head of the packet that they are about. */
INLINE bool is_icmp_error(__u8 protocol, __u8 type)
{
	if (protocol == PROTOCOL_ICMPV6) return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

FUNCTION int parse_ipv4(struct __sk_buff *skb, struct pp_scratch *s)
{
	struct ipv4_header ip;
	if (bpf_skb_load_bytes(skb, ETHERNET_BYTES, &ip, sizeof(ip))) return PP_MALFORMED;
	__u32 header_bytes = (ip.version_and_length & 0xf) * 4;
	__u32 total = to_host16(ip.total_length);
	if (ip.version_and_length >> 4 != 4 || header_bytes < sizeof(ip) || total < header_bytes) return PP_MALFORMED;
	if (ETHERNET_BYTES + total > skb->len) return PP_MALFORMED;
	set_ipv4(&s->wire_saddr, ip.saddr);
	set_ipv4(&s->wire_daddr, ip.daddr);
	s->packet.family = 4;
	s->packet.protocol = ip.protocol;
	s->l4_offset = ETHERNET_BYTES + header_bytes;
	__u16 fragment = to_host16(ip.fragment);
	s->is_fragment = (fragment & (IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS)) != 0;
	s->has_l4 = (fragment & IPV4_FRAGMENT_OFFSET) == 0;
	s->fragment_id = ip.id;
	return PP_PARSED;
}

#define IPV6_HOP_BY_HOP 0
#define IPV6_ROUTING 43
#define IPV6_FRAGMENT 44
#define IPV6_AUTHENTICATION 51
#define IPV6_NO_NEXT 59
#define IPV6_OPTIONS 60
#define IPV6_MOST_EXTENSIONS 8

FUNCTION int parse_ipv6(struct __sk_buff *skb, struct pp_scratch *s)
{
	struct ipv6_header ip;
	if (bpf_skb_load_bytes(skb, ETHERNET_BYTES, &ip, sizeof(ip))) return PP_MALFORMED;
	if ((to_host32(ip.version_and_flow) >> 28) != 6) return PP_MALFORMED;
	if (ETHERNET_BYTES + sizeof(ip) + to_host16(ip.payload_length) > skb->len) return PP_MALFORMED;
	/* An IPv4 address in IPv6 clothes would pass for the IPv4 address itself. */
	if (is_ipv4(&ip.saddr) || is_ipv4(&ip.daddr)) return PP_MALFORMED;
	s->wire_saddr = ip.saddr;
	s->wire_daddr = ip.daddr;
	s->packet.family = 6;
	s->has_l4 = 1;
	__u32 offset = ETHERNET_BYTES + sizeof(ip);
	__u8 next = ip.next_header;
	for (int i = 0; i < IPV6_MOST_EXTENSIONS; i++) {
		if (next != IPV6_HOP_BY_HOP && next != IPV6_ROUTING && next != IPV6_FRAGMENT &&
		    next != IPV6_AUTHENTICATION && next != IPV6_OPTIONS)
			break;
		__u8 head[8];
		if (bpf_skb_load_bytes(skb, offset, head, sizeof(head))) return PP_MALFORMED;
		if (next == IPV6_FRAGMENT) {
			__u16 fragment = (head[2] << 8) | head[3];
			s->is_fragment = (fragment & 0xfff9) != 0;
			__builtin_memcpy(&s->fragment_id, head + 4, 4);
			offset += 8;
			next = head[0];
			if (fragment & 0xfff8) {
				s->has_l4 = 0;
				break;
			}
			continue;
		}
		/* Source routing: the destination is not where the packet ends (RFC 5095). */
		if (next == IPV6_ROUTING && head[2] == 0 && head[3] != 0) return PP_MALFORMED;
		offset += next == IPV6_AUTHENTICATION ? (head[1] + 2) * 4 : (head[1] + 1) * 8;
		next = head[0];
	}
	s->packet.protocol = next;
	s->l4_offset = offset;
	return PP_PARSED;
}

FUNCTION int parse_l4(struct __sk_buff *skb, struct pp_scratch *s)
{
	__u8 protocol = s->packet.protocol;
	/* Loads reach no further than the smallest header that the protocol allows. */
	__u8 head[14] = {};
	if (protocol == PROTOCOL_TCP) {
		if (bpf_skb_load_bytes(skb, s->l4_offset + 6, head, sizeof(head))) return PP_MALFORMED;
		s->tcp_flags = head[7];
	}
	if (protocol != PROTOCOL_ICMP && protocol != PROTOCOL_ICMPV6 && !has_ports(protocol)) return PP_PARSED;
	if (bpf_skb_load_bytes(skb, s->l4_offset, head, 8)) return PP_MALFORMED;
	if (has_ports(protocol)) {
		s->wire_sport = (head[0] << 8) | head[1];
		s->wire_dport = (head[2] << 8) | head[3];
		return PP_PARSED;
	}
	s->packet.flags |= PP_IS_ICMP;
	s->packet.icmp_type = head[0];
	s->packet.icmp_code = head[1];
	s->is_error = is_icmp_error(protocol, head[0]);
	/* The identifier is the asking end's: who asks and who answers with one identifier have two flows. */
	if (is_icmp_request(protocol, head[0])) s->wire_sport = (head[4] << 8) | head[5];
	if (is_icmp_answer(protocol, head[0])) s->wire_dport = (head[4] << 8) | head[5];
	return PP_PARSED;
}

/* Fills in what the packet says of itself, as its sender wrote it. */
INLINE int parse(struct __sk_buff *skb, struct pp_scratch *s, __u8 hook)
{
	__builtin_memset(&s->packet, 0, sizeof(s->packet));
	__builtin_memset(&s->wire_saddr, 0, sizeof(*s) - offsetof(struct pp_scratch, wire_saddr));
	s->hook = hook;
	s->packet.length = skb->len;
	s->packet.ifindex = interface_of(skb);
	s->l3_offset = ETHERNET_BYTES;
	int parsed;
	if (skb->protocol == to_network16(ETHERTYPE_IPV4)) parsed = parse_ipv4(skb, s);
	else if (skb->protocol == to_network16(ETHERTYPE_IPV6)) parsed = parse_ipv6(skb, s);
	else return PP_NOT_IP;
	if (parsed != PP_PARSED) return parsed;
	if (s->has_l4 && parse_l4(skb, s) != PP_PARSED) return PP_MALFORMED;
	if (s->is_fragment) follow_fragment(s);
	if (has_ports(s->packet.protocol)) {
		s->packet.flags |= PP_HAS_PORTS;
		s->packet.sport = s->wire_sport;
		s->packet.dport = s->wire_dport;
		s->packet.pre_dport = s->wire_dport;
	}
	s->packet.saddr = s->wire_saddr;
	s->packet.daddr = s->wire_daddr;
	s->packet.pre_daddr = s->wire_daddr;
	return PP_PARSED;
}
