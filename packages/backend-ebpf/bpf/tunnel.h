/*
 * Between nodes: a packet of a client outside for an endpoint of another node goes there as it came, in VXLAN (RFC 7348), so that the
 * endpoint sees the client's address. The other node chooses among its own endpoints, and its answers go straight to the client.
 */
#pragma once

#include "refuse.h"

struct tunnel_header {
	struct ipv4_header ip;
	__u16 sport;
	__u16 dport;
	__u16 length;
	__u16 checksum; /* none: it is optional for IPv4 */
	__u32 flags;
	__u32 id;
	__u8 inner_macs[2 * MAC_BYTES];
	__u16 inner_type;
} __attribute__((packed));

#define TUNNEL_BYTES 50
#define VXLAN_HAS_ID 0x08000000
#define DO_NOT_FRAGMENT 0x4000
#define FIRST_TUNNEL_PORT 49152
#define TUNNEL_PORTS 16383

/* An endpoint of another node, as far as tunnels lead. */
INLINE bool find_tunnel(struct pp_scratch *s, const struct pp_config *settings)
{
	if (!settings->tunnel_port || s->packet.family != 4 || s->hook != PP_FROM_NETWORK) return false;
	if (!s->is_translated || s->is_from_inside || s->is_from_tunnel || s->target != PP_TARGET_NETWORK) return false;
	struct pp_route *route = find_route(&s->packet.daddr);
	if (!route || !(route->flags & PP_ROUTE_REMOTE) || !is_ipv4(&route->node)) return false;
	s->tunnel = route->node;
	return true;
}

/* The bytes of the largest packet on the wire, whatever the kernel has put together. */
INLINE __u32 wire_bytes(const struct __sk_buff *skb, const struct pp_scratch *s)
{
	if (!skb->gso_size) return skb->len - ETHERNET_BYTES;
	return skb->gso_size + (s->l4_offset - ETHERNET_BYTES) + sizeof(struct tcp_header);
}

FUNCTION int enter_tunnel(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_config *settings)
{
	__u32 length = skb->len - ETHERNET_BYTES;
	const __u64 flags = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
			    BPF_F_ADJ_ROOM_ENCAP_L2(ETHERNET_BYTES);
	struct tunnel_header outer = {
		.ip = {.version_and_length = 0x45,
		       .total_length = to_network16(length + TUNNEL_BYTES),
		       .fragment = to_network16(DO_NOT_FRAGMENT),
		       .ttl = TTL,
		       .protocol = PROTOCOL_UDP,
		       .saddr = settings->node4.word[3],
		       .daddr = s->tunnel.word[3]},
		/* Flows take different ways and processors by it. */
		.sport = to_network16(FIRST_TUNNEL_PORT + (s->wire_sport ^ s->wire_saddr.word[3]) % TUNNEL_PORTS),
		.dport = to_network16(settings->tunnel_port),
		.length = to_network16(length + TUNNEL_BYTES - IPV4_BYTES),
		.flags = to_network32(VXLAN_HAS_ID),
		.id = to_network32(settings->tunnel_id << 8),
		.inner_macs = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2},
		.inner_type = to_network16(ETHERTYPE_IPV4)};
	outer.ip.checksum = fold(bpf_csum_diff(NULL, 0, &outer.ip, sizeof(outer.ip), 0));
	if (bpf_skb_adjust_room(skb, TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, flags)) return -1;
	return bpf_skb_store_bytes(skb, ETHERNET_BYTES, &outer, sizeof(outer), 0);
}

SECTION("tc")
int pp_tunnel(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	struct pp_config *settings = config();
	if (!s || !settings) return PP_ACTION_DROP;
	if (settings->tunnel_mtu && wire_bytes(skb, s) + TUNNEL_BYTES > settings->tunnel_mtu) {
		s->too_big_for = settings->tunnel_mtu - TUNNEL_BYTES;
		return refuse(skb, s, PP_COUNT_TOO_BIG);
	}
	if (enter_tunnel(skb, s, settings)) return drop(PP_COUNT_KERNEL);
	struct pp_ends ends = {.saddr = settings->node4, .daddr = s->tunnel};
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	return send_by_route(skb, s, &ends);
}

/* A packet that another node of the cluster sent through the tunnel. */
INLINE bool is_of_tunnel(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_config *settings)
{
	if (s->hook != PP_FROM_NETWORK || s->packet.protocol != PROTOCOL_UDP || !settings->tunnel_port) return false;
	if (s->wire_dport != settings->tunnel_port || s->is_fragment || s->packet.family != 4) return false;
	if (!(route_flags(&s->wire_saddr) & PP_ROUTE_NODE) || !(route_flags(&s->wire_daddr) & PP_ROUTE_HOST)) return false;
	__u32 head[2];
	if (bpf_skb_load_bytes(skb, s->l4_offset + 8, head, sizeof(head))) return false;
	return head[0] == to_network32(VXLAN_HAS_ID) && head[1] == to_network32(settings->tunnel_id << 8);
}

/* Takes the outer headers off; options in the outer header are none of ours. */
INLINE int leave_tunnel(struct __sk_buff *skb, const struct pp_scratch *s)
{
	if (s->l4_offset != ETHERNET_BYTES + IPV4_BYTES) return -1;
	return bpf_skb_adjust_room(skb, -TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
}
