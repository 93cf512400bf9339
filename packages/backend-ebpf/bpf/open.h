/* A flow that is not known: pre-DNAT policy, service, target, and then whose policy is to be asked. */
#pragma once

#include "balance.h"
#include "policy.h"

/* Neither a workload's policy nor a host endpoint's lets a packet of no flow through, and none is passed on. */
INLINE bool is_policed(const struct pp_scratch *s, const struct pp_endpoint *endpoint)
{
	if (s->hook == PP_FROM_WORKLOAD) return true;
	if (s->hook == PP_TO_WORKLOAD) return !s->is_from_host;
	if (s->target != PP_TARGET_HOST && !s->is_from_host) return true;
	return endpoint && (endpoint->flags & PP_ENDPOINT_HOST);
}

FUNCTION bool is_closed_to_workloads(const struct pp_scratch *s)
{
	struct pp_config *settings = config();
	if (!settings) return true;
	for (int i = 0; i < PP_CLOSED_TO_WORKLOADS; i++) {
		const struct pp_closed *closed = &settings->closed[i];
		if (closed->protocol == 0) break;
		if (closed->protocol == s->packet.protocol && (closed->port == 0 || closed->port == s->packet.dport))
			return true;
	}
	return false;
}

/* It is the host's own, or the host forwards. */
INLINE bool may_pass_on(const struct pp_scratch *s)
{
	struct pp_config *settings = config();
	if (s->is_from_host || (settings && (settings->flags & PP_CONFIG_FORWARDING))) return true;
	return is_loopback(&s->wire_daddr) || (route_flags(&s->wire_daddr) & PP_ROUTE_HOST);
}

/* After a new flow's ends are known: 0, or an action. */
INLINE int balance(struct __sk_buff *skb, struct pp_scratch *s)
{
	struct pp_client client = {.address = s->wire_saddr,
				   .dialed = s->wire_daddr,
				   .port = s->wire_dport,
				   .protocol = s->packet.protocol,
				   .family = s->packet.family,
				   .is_workload = s->hook == PP_FROM_WORKLOAD,
				   .is_host = s->is_from_host,
				   .is_from_tunnel = s->is_from_tunnel};
	struct pp_chosen chosen = {};
	int choice = choose_backend(&client, &chosen);
	if (choice == PP_CHOICE_NONE) return 0;
	/* Where the host passes nothing on, it refuses nothing that it would have had to pass on. */
	if (choice == PP_CHOICE_REFUSE && !may_pass_on(s)) return drop(PP_COUNT_NOT_FORWARDING);
	if (choice == PP_CHOICE_REFUSE) return refuse(skb, s, chosen.refusal);
	if (choice == PP_CHOICE_DROP) return drop(chosen.refusal);
	s->is_translated = 1;
	s->service = chosen.service;
	s->is_from_inside = chosen.is_from_inside;
	s->is_external = chosen.is_external;
	s->packet.daddr = chosen.address;
	s->packet.dport = chosen.port;
	/* What comes from the network to itself is passed on as to anybody else. */
	s->is_hairpin = s->hook != PP_FROM_NETWORK && is_same_address(&s->packet.saddr, &s->packet.daddr);
	return 0;
}

SECTION("tc")
int pp_balance(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	struct pp_config *settings = config();
	if (!s || !settings) return PP_ACTION_DROP;
	if (s->packet.verdict == PP_VERDICT_DENY) return deny(s, PP_COUNT_DENIED);
	s->is_accepted = s->packet.verdict == PP_VERDICT_ALLOW;
	bool is_seen = skb->mark & PP_MARK_SEEN;
	if (s->flow == PP_FLOW_NEW && !is_seen && !s->is_over_loopback && (s->packet.flags & PP_HAS_PORTS)) {
		int action = balance(skb, s);
		if (action) return action;
	}
	find_target(s);
	__u32 ifindex = interface_of(skb);
	struct pp_endpoint *endpoint = bpf_map_lookup_elem(&pp_endpoints, &ifindex);
	bool is_forwarded = s->target != PP_TARGET_HOST && !s->is_from_host;
	if (is_forwarded && !(settings->flags & PP_CONFIG_FORWARDING)) return drop(PP_COUNT_NOT_FORWARDING);
	bool is_judged = is_policed(s, endpoint);
	if (s->flow == PP_FLOW_INVALID && is_judged) return drop(PP_COUNT_INVALID);
	/* A later fragment that came first: nobody can say which flow it is of. */
	if ((s->packet.flags & PP_PORTS_UNKNOWN) && is_judged) return drop(PP_COUNT_FRAGMENT);
	if (s->hook == PP_FROM_WORKLOAD) {
		if (s->target == PP_TARGET_HOST && is_neighbour_discovery(s)) return PP_ACTION_NEXT;
		if (is_closed_to_workloads(s)) return deny(s, PP_COUNT_TUNNEL_CLOSED);
	}
	if (!is_leaving(s->hook) && !s->is_over_loopback && is_loopback(&s->packet.daddr))
		return drop(PP_COUNT_LOOPBACK);
	s->stages = endpoint ? stages_of(s, endpoint) : 0;
	return ask_next(skb, s);
}

/* Pre-DNAT policy is not for what the host sends. */
SECTION("tc")
int pp_open(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	if (!s) return PP_ACTION_DROP;
	__u32 ifindex = interface_of(skb);
	struct pp_endpoint *endpoint = bpf_map_lookup_elem(&pp_endpoints, &ifindex);
	if (endpoint && endpoint->pre_dnat && !is_leaving(s->hook))
		return ask_policy(skb, s, endpoint->pre_dnat, PP_PROGRAM_BALANCE);
	return go_to(skb, PP_PROGRAM_BALANCE);
}

SECTION("tc")
int pp_judged(struct __sk_buff *skb)
{
	struct pp_scratch *s = scratch();
	if (!s) return PP_ACTION_DROP;
	if (s->packet.verdict != PP_VERDICT_ALLOW) return deny(s, PP_COUNT_DENIED);
	return ask_next(skb, s);
}
