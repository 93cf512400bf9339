/*
 * Polyplane's dataplane: four classifiers, one for each side of a workload's and of a host's interface, and the programs that
 * they go on with. README.md beside this file draws the way of a packet.
 */
#include "connect.h"
#include "open.h"
#include "refuse.h"
#include "related.h"

/* What the programs ask of the kernel is open to programs of a licence that it takes for compatible with its own. */
const char pp_license[] SECTION("license") = "Dual MIT/GPL";

/* Whoever judged it where it entered has settled that nobody need be asked here. */
INLINE bool is_settled(__u32 mark, __u8 hook)
{
	if (!(mark & PP_MARK_SEEN) || (mark & PP_MARK_LATE)) return false;
	return mark & (hook == PP_TO_WORKLOAD ? PP_MARK_TO_WORKLOAD : PP_MARK_TO_NETWORK);
}

/* Neighbours talk by ARP; nothing else but IP is a workload's to send or to get. */
INLINE int pass_no_ip(struct __sk_buff *skb, __u8 hook)
{
	bool is_of_workload = hook == PP_FROM_WORKLOAD || hook == PP_TO_WORKLOAD;
	if (!is_of_workload || skb->protocol == to_network16(ETHERTYPE_ARP)) return PP_ACTION_NEXT;
	return drop(PP_COUNT_MALFORMED);
}

/* The flow's known state no longer stands for this packet: it opens a flow of its own. */
INLINE bool opens_anew(const struct pp_scratch *s, const struct pp_conntrack *connection, bool is_reply)
{
	if (!may_open(s)) return false;
	if (s->packet.protocol == PROTOCOL_TCP) return is_reply || is_over(connection);
	/* The receiver of what was never let through speaks for itself. */
	return is_reply && !is_approved(connection);
}

INLINE int begin(struct __sk_buff *skb, struct pp_scratch *s)
{
	if (!is_tracked_kind(s)) s->flow = PP_FLOW_STATELESS;
	else s->flow = may_open(s) ? PP_FLOW_NEW : PP_FLOW_INVALID;
	return go_to(skb, PP_PROGRAM_OPEN);
}

#define PACKET_OTHERHOST 3
#define PACKET_HOST 0

/* In every network namespace. */
#define LOOPBACK_INTERFACE 1

INLINE int meet(struct __sk_buff *skb, __u8 hook)
{
	__u32 seen = skb->mark;
	if (is_leaving(hook) && is_settled(seen, hook)) return PP_ACTION_NEXT;
	bool is_over_loopback = interface_of(skb) == LOOPBACK_INTERFACE;
	/* Where it left it was judged as what the host sends, now it is what comes to the host. */
	if (!is_leaving(hook) && is_over_loopback) mark(skb, 0);
	else if (!is_leaving(hook) && (seen & PP_MARK_SEEN)) {
		/* One of ours sent it here for the host, whatever its Ethernet header says. */
		bpf_skb_change_type(skb, PACKET_HOST);
		return PP_ACTION_NEXT;
	}
	if (hook == PP_FROM_NETWORK && skb->pkt_type == PACKET_OTHERHOST) return PP_ACTION_NEXT;
	struct pp_scratch *s = scratch();
	if (!s) return PP_ACTION_DROP;
	int parsed = parse(skb, s, hook);
	if (parsed == PP_NOT_IP) return pass_no_ip(skb, hook);
	if (parsed == PP_MALFORMED) return drop(PP_COUNT_MALFORMED);
	struct pp_config *settings = config();
	if (hook == PP_FROM_NETWORK && settings && is_of_tunnel(skb, s, settings)) {
		struct pp_address node = s->wire_saddr;
		if (leave_tunnel(skb, s)) return drop(PP_COUNT_KERNEL);
		if (parse(skb, s, hook) != PP_PARSED) return drop(PP_COUNT_MALFORMED);
		s->is_from_tunnel = 1;
		s->tunnel = node;
	}
	s->is_over_loopback = is_over_loopback;
	__u32 ifindex = interface_of(skb);
	struct pp_endpoint *endpoint = bpf_map_lookup_elem(&pp_endpoints, &ifindex);
	bool is_of_workload = hook == PP_FROM_WORKLOAD || hook == PP_TO_WORKLOAD;
	if (is_of_workload && !endpoint) return drop(PP_COUNT_NO_ENDPOINT);
	__u32 generation = endpoint ? endpoint->generation : 0;
	s->is_from_host = is_leaving(hook) && !(seen & PP_MARK_SEEN);
	if (s->is_from_host) s->packet.flags |= PP_FROM_HOST;
	if (hook == PP_FROM_WORKLOAD && !may_send(s)) return drop(PP_COUNT_SPOOFED);
	if (hook == PP_FROM_NETWORK && !is_over_loopback && is_loopback(&s->wire_saddr)) return drop(PP_COUNT_LOOPBACK);
	if (s->is_error && s->has_l4) return go_to(skb, PP_PROGRAM_RELATED);
	if (!is_tracked_kind(s)) return begin(skb, s);
	bool is_reply = false;
	struct pp_conntrack *connection = find_connection(s, &is_reply);
	if (!connection || opens_anew(s, connection, is_reply)) return begin(skb, s);
	if (is_reply && !is_approved(connection)) return drop(PP_COUNT_INVALID);
	return follow_connection(skb, s, connection, is_reply, generation);
}

SECTION("tc")
int pp_from_workload(struct __sk_buff *skb)
{
	return meet(skb, PP_FROM_WORKLOAD);
}

SECTION("tc")
int pp_to_workload(struct __sk_buff *skb)
{
	return meet(skb, PP_TO_WORKLOAD);
}

SECTION("tc")
int pp_from_network(struct __sk_buff *skb)
{
	return meet(skb, PP_FROM_NETWORK);
}

SECTION("tc")
int pp_to_network(struct __sk_buff *skb)
{
	return meet(skb, PP_TO_NETWORK);
}
