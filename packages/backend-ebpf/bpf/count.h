/* Counts by reason, and events of flows. Neither ever holds a packet up. */
#pragma once

#include "maps.h"

INLINE struct pp_scratch *scratch(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&pp_scratch, &zero);
}

INLINE struct pp_config *config(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&pp_config, &zero);
}

INLINE void count(__u32 reason)
{
	__u64 *value = bpf_map_lookup_elem(&pp_counters, &reason);
	if (value) *value += 1;
}

/* How many events this processor has told in which second. */
struct pp_event_budget {
	__u64 second;
	__u32 told;
	__u32 pad;
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_event_budget);
} MAP(pp_event_budget);

#define NANOSECONDS 1000000000ull

FUNCTION bool has_event_budget(const struct pp_config *settings)
{
	__u32 zero = 0;
	struct pp_event_budget *budget = bpf_map_lookup_elem(&pp_event_budget, &zero);
	if (!budget) return false;
	__u64 second = bpf_ktime_get_coarse_ns() / NANOSECONDS;
	if (budget->second != second) {
		budget->second = second;
		budget->told = 0;
	}
	budget->told += 1;
	return budget->told <= settings->events_per_second;
}

FUNCTION void describe_flow(struct pp_event *event, const struct pp_scratch *s)
{
	event->time = bpf_ktime_get_coarse_ns();
	event->saddr = s->packet.saddr;
	event->daddr = s->packet.daddr;
	event->sport = s->packet.sport;
	event->dport = s->packet.dport;
	event->protocol = s->packet.protocol;
	event->hook = s->hook;
	event->ifindex = s->packet.ifindex;
	event->rule = s->packet.rule;
}

/* Tells user space of a flow; where it is told too much already, it is counted only. */
FUNCTION void tell(const struct pp_scratch *s, __u8 kind, __u8 reason)
{
	struct pp_config *settings = config();
	if (!settings || !(settings->flags & PP_CONFIG_EVENTS)) return;
	struct pp_event *event =
		has_event_budget(settings) ? bpf_ringbuf_reserve(&pp_events, sizeof(*event), 0) : NULL;
	if (!event) {
		count(PP_COUNT_EVENT_LOST);
		return;
	}
	describe_flow(event, s);
	event->kind = kind;
	event->reason = reason;
	bpf_ringbuf_submit(event, 0);
}

/* Verdicts of a program: of TCX and of a classifier with direct action alike. */
enum pp_action {
	PP_ACTION_NEXT = -1, /* whoever comes next on the interface has its say, then the kernel */
	PP_ACTION_DROP = 2,
	PP_ACTION_TUNNEL = 100, /* no verdict: the packet is to go through the tunnel */
};

INLINE int drop(__u32 reason)
{
	count(reason);
	return PP_ACTION_DROP;
}
