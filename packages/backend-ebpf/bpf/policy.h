/* Calls policy: which programs are to be asked about a packet, and in which order. */
#pragma once

#include "conntrack.h"

/* Programs of this object by their place in pp_programs. */
enum pp_program {
	PP_PROGRAM_OPEN = 1, /* a flow that is not known */
	PP_PROGRAM_BALANCE = 2, /* after pre-DNAT policy */
	PP_PROGRAM_JUDGED = 3, /* after any other policy */
	PP_PROGRAM_ADMIT = 4, /* all have let it through */
	PP_PROGRAM_REFUSE = 5, /* the sender is told that nobody serves it */
	PP_PROGRAM_RELATED = 6, /* an ICMP error */
	PP_PROGRAM_TUNNEL = 7, /* into the tunnel to another node */
};

INLINE int go_to(struct __sk_buff *skb, __u32 program)
{
	bpf_tail_call(skb, &pp_programs, program);
	return drop(PP_COUNT_NO_PROGRAM);
}

/* Comes back only where the slot holds no program. */
INLINE int ask_policy(struct __sk_buff *skb, struct pp_scratch *s, __u32 slot, __u32 resume)
{
	s->packet.policy_slot = slot;
	s->packet.resume = resume;
	s->packet.verdict = PP_VERDICT_NONE;
	s->packet.rule = 0;
	bpf_tail_call(skb, &pp_policies, slot);
	return drop(PP_COUNT_NO_POLICY);
}

INLINE int refuse(struct __sk_buff *skb, struct pp_scratch *s, __u8 reason)
{
	s->refusal = reason;
	count(reason);
	return go_to(skb, PP_PROGRAM_REFUSE);
}

INLINE int deny(struct pp_scratch *s, __u8 reason)
{
	tell(s, PP_EVENT_DENIED, reason);
	return drop(reason);
}

/* What of the interface's endpoint is to be asked; a workload and a host endpoint without a slot of theirs deny. */
INLINE __u8 stages_of(const struct pp_scratch *s, const struct pp_endpoint *endpoint)
{
	bool is_forwarded = s->target != PP_TARGET_HOST && !s->is_from_host;
	switch (s->hook) {
	case PP_FROM_WORKLOAD: {
		__u8 stages = PP_STAGE_EGRESS;
		if (is_forwarded && endpoint->forward_in && !s->is_accepted) stages |= PP_STAGE_HOST_IN;
		/* It is turned back here, and meets no other program. */
		if (s->is_hairpin) stages |= PP_STAGE_INGRESS | (endpoint->forward_out ? PP_STAGE_HOST_OUT : 0);
		return stages;
	}
	case PP_TO_WORKLOAD:
		/* Who rules the host rules its rules: what it sends to its workloads is not judged. */
		if (s->is_from_host) return 0;
		return PP_STAGE_INGRESS | (endpoint->forward_out ? PP_STAGE_HOST_OUT : 0);
	case PP_FROM_NETWORK:
		if (s->is_accepted) return 0;
		if (is_forwarded) return endpoint->forward_in ? PP_STAGE_HOST_IN : 0;
		return endpoint->flags & PP_ENDPOINT_HOST ? PP_STAGE_HOST_IN : 0;
	default:
		if (s->is_from_host && s->target == PP_TARGET_WORKLOAD) return 0;
		if (s->is_from_host) return endpoint->flags & PP_ENDPOINT_HOST ? PP_STAGE_HOST_OUT : 0;
		return endpoint->forward_out ? PP_STAGE_HOST_OUT : 0;
	}
}

INLINE __u32 slot_of(const struct pp_scratch *s, const struct pp_endpoint *endpoint, __u8 stage)
{
	bool is_forwarded = s->target != PP_TARGET_HOST && !s->is_from_host;
	if (stage == PP_STAGE_EGRESS) return endpoint->egress;
	if (stage == PP_STAGE_INGRESS) return endpoint->ingress;
	if (stage == PP_STAGE_HOST_IN) return is_forwarded ? endpoint->forward_in : endpoint->ingress;
	return s->is_from_host ? endpoint->egress : endpoint->forward_out;
}

/* Asks whoever is next; when nobody is left the packet is admitted. */
INLINE int ask_next(struct __sk_buff *skb, struct pp_scratch *s)
{
	__u8 stages = s->stages;
	if (!stages) return go_to(skb, PP_PROGRAM_ADMIT);
	__u32 ifindex = interface_of(skb);
	struct pp_endpoint *endpoint = bpf_map_lookup_elem(&pp_endpoints, &ifindex);
	if (!endpoint) return drop(PP_COUNT_NO_ENDPOINT);
	__u8 stage = stages & -stages;
	s->stages = stages & ~stage;
	return ask_policy(skb, s, slot_of(s, endpoint, stage), PP_PROGRAM_JUDGED);
}
