/* Sends a packet that was let through on its way. */
#pragma once

#include "route.h"
#include "translate.h"

#define MAC_BYTES 6

INLINE void mark(struct __sk_buff *skb, __u32 bits)
{
	skb->mark = (skb->mark & ~PP_MARK_ALL) | bits;
}

/* What is sent back by the interface that it came in by goes to whom it came from. */
FUNCTION int swap_macs(struct __sk_buff *skb)
{
	__u8 macs[2 * MAC_BYTES], swapped[2 * MAC_BYTES];
	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs))) return -1;
	__builtin_memcpy(swapped, macs + MAC_BYTES, MAC_BYTES);
	__builtin_memcpy(swapped + MAC_BYTES, macs, MAC_BYTES);
	return bpf_skb_store_bytes(skb, 0, swapped, sizeof(swapped), 0);
}

INLINE int send_back(struct __sk_buff *skb)
{
	if (swap_macs(skb)) return drop(PP_COUNT_KERNEL);
	mark(skb, PP_MARK_SEEN | PP_MARK_TO_WORKLOAD | PP_MARK_TO_NETWORK);
	return bpf_redirect(interface_of(skb), 0);
}

/* To a process of the host, as if it had come in by this interface. */
INLINE int send_to_host(struct __sk_buff *skb)
{
	mark(skb, PP_MARK_SEEN);
	return bpf_redirect(interface_of(skb), BPF_F_INGRESS);
}

/* By the routing table, once more: the destination is another than the one that the packet was routed for. */
FUNCTION int send_by_route(struct __sk_buff *skb, const struct pp_scratch *s, const struct pp_ends *ends)
{
	struct bpf_fib_lookup fib = {};
	fib.family = s->packet.family == 4 ? 2 : 10;
	fib.ifindex = interface_of(skb);
	fib.l4_protocol = s->packet.protocol;
	if (s->packet.family == 4) {
		fib.ipv4_src = ends->saddr.word[3];
		fib.ipv4_dst = ends->daddr.word[3];
	} else {
		__builtin_memcpy(fib.ipv6_src, &ends->saddr, sizeof(ends->saddr));
		__builtin_memcpy(fib.ipv6_dst, &ends->daddr, sizeof(ends->daddr));
	}
	long result = bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
	/* A host that does not forward is asked for what it sends itself, which leaves by this interface. */
	if (result == BPF_FIB_LKUP_RET_FWD_DISABLED) result = bpf_fib_lookup(skb, &fib, sizeof(fib), BPF_FIB_LOOKUP_OUTPUT);
	if (result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH) return drop(PP_COUNT_KERNEL);
	return bpf_redirect_neigh(fib.ifindex, NULL, 0, 0);
}
