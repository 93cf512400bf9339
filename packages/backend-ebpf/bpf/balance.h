/* Services: which frontend a packet is addressed to, and which of its endpoints gets it. */
#pragma once

#include "route.h"

enum pp_choice {
	PP_CHOICE_NONE = 0, /* no service has the address */
	PP_CHOICE_BACKEND = 1,
	PP_CHOICE_REFUSE = 2, /* no endpoint: the sender is told */
	PP_CHOICE_DROP = 3, /* s->refusal says why */
};

/* Who asks, as far as services care. */
struct pp_client {
	struct pp_address address;
	struct pp_address dialed;
	__u16 port; /* dialed, host order */
	__u8 protocol;
	__u8 family;
	bool is_workload; /* it came from a workload's interface */
	bool is_host;
	bool is_from_tunnel; /* another node sent it to an endpoint of this one */
};

struct pp_chosen {
	struct pp_address address;
	__u16 port; /* host order */
	__u16 pad;
	__u32 service;
	__u32 refusal; /* enum pp_counter */
	__u16 is_from_inside; /* the client is a pod of this node, or the node */
	__u16 is_external; /* the frontend is no cluster IP */
};

INLINE bool answers_node_ports(const struct pp_client *client, const struct pp_config *settings)
{
	if (is_loopback(&client->dialed))
		return client->is_host && client->family == 4 && (settings->flags & PP_CONFIG_LOCALHOST_NODE_PORTS);
	return route_flags(&client->dialed) & PP_ROUTE_NODE_PORTS;
}

INLINE struct pp_frontend *find_frontend(const struct pp_client *client, const struct pp_config *settings)
{
	struct pp_frontend_key key = {.address = client->dialed,
				      .port = to_network16(client->port),
				      .protocol = client->protocol,
				      .kind = PP_FRONTEND_ADDRESS};
	struct pp_frontend *frontend = bpf_map_lookup_elem(&pp_frontends, &key);
	if (frontend) return frontend;
	__builtin_memset(&key.address, 0, sizeof(key.address));
	key.kind = client->family == 4 ? PP_FRONTEND_NODE_PORT4 : PP_FRONTEND_NODE_PORT6;
	frontend = bpf_map_lookup_elem(&pp_frontends, &key);
	return frontend && answers_node_ports(client, settings) ? frontend : NULL;
}

/* The cluster's own pods and the node itself: for them there is no client address to be kept. */
INLINE bool is_from_inside(const struct pp_client *client, const struct pp_config *settings)
{
	if (client->is_host || (route_flags(&client->address) & PP_ROUTE_HOST)) return true;
	if (settings->flags & PP_CONFIG_PODS_BY_INTERFACE) return client->is_workload;
	return (settings->flags & PP_CONFIG_PODS_BY_RANGE) && is_in_ranges(PP_RANGES_OF_PODS, &client->address);
}

INLINE struct pp_backend *find_backend(__u32 service, __u32 index)
{
	struct pp_backend_key key = {.service = service, .index = index};
	return bpf_map_lookup_elem(&pp_backends, &key);
}

INLINE bool is_backend(const struct pp_backend *backend, const struct pp_affinity *affinity)
{
	return backend && backend->port == affinity->port && is_same_address(&backend->address, &affinity->address);
}

/* An endpoint that stands so far behind in a service's list is not looked for: its clients are bound anew. */
#define MOST_SEARCHED 256

/* It is still one of the service's; it may stand elsewhere in the list by now. */
FUNCTION bool still_serves(struct pp_affinity *affinity, __u32 service, __u32 first, __u32 total)
{
	if (is_backend(find_backend(service, affinity->index), affinity) && affinity->index - first < total) return true;
	for (__u32 i = 0; i < MOST_SEARCHED; i++) {
		if (i >= total) break;
		if (!is_backend(find_backend(service, first + i), affinity)) continue;
		affinity->index = first + i;
		return true;
	}
	return false;
}

/* The endpoint that the client was sent to before, if its time is not over and it is still there. */
INLINE bool recall_affinity(const struct pp_client *client, const struct pp_frontend *frontend, __u32 first,
			    __u32 total, struct pp_chosen *chosen)
{
	struct pp_affinity_key key = {.client = client->address, .service = frontend->service};
	struct pp_affinity *affinity = bpf_map_lookup_elem(&pp_affinity, &key);
	if (!affinity) return false;
	__u64 now = bpf_ktime_get_coarse_ns();
	if (now - affinity->last_used > frontend->affinity_seconds * NANOSECONDS) return false;
	if (!still_serves(affinity, frontend->service, first, total)) return false;
	affinity->last_used = now;
	chosen->address = affinity->address;
	chosen->port = to_host16(affinity->port);
	return true;
}

INLINE void remember_affinity(const struct pp_client *client, const struct pp_frontend *frontend, __u32 index,
			      const struct pp_backend *backend)
{
	struct pp_affinity_key key = {.client = client->address, .service = frontend->service};
	struct pp_affinity value = {.address = backend->address,
				    .port = backend->port,
				    .index = index,
				    .last_used = bpf_ktime_get_coarse_ns()};
	bpf_map_update_elem(&pp_affinity, &key, &value, BPF_ANY);
}

/* Chooses an endpoint for a client that opens a flow. */
FUNCTION int choose_backend(const struct pp_client *client, struct pp_chosen *chosen)
{
	struct pp_config *settings = config();
	if (!settings) return PP_CHOICE_NONE;
	struct pp_frontend *frontend = find_frontend(client, settings);
	if (!frontend) return PP_CHOICE_NONE;
	if ((frontend->flags & PP_FRONTEND_RANGES) && !is_in_ranges(frontend->source_group, &client->address)) {
		chosen->refusal = PP_COUNT_SOURCE_RANGE;
		return PP_CHOICE_DROP;
	}
	bool is_local = frontend->flags & PP_FRONTEND_LOCAL;
	chosen->is_from_inside = is_from_inside(client, settings);
	chosen->is_external = (frontend->flags & PP_FRONTEND_EXTERNAL) != 0;
	if (is_local && (frontend->flags & PP_FRONTEND_EXTERNAL) && chosen->is_from_inside) is_local = false;
	if (client->is_from_tunnel) is_local = true;
	chosen->service = frontend->service;
	__u32 total = is_local ? frontend->local_count : frontend->cluster_count;
	if (total == 0) {
		bool is_elsewhere = is_local && (frontend->flags & PP_FRONTEND_ELSEWHERE);
		chosen->refusal = is_elsewhere ? PP_COUNT_NO_LOCAL_BACKEND : PP_COUNT_NO_BACKEND;
		return is_elsewhere ? PP_CHOICE_DROP : PP_CHOICE_REFUSE;
	}
	__u32 first = is_local ? PP_LOCAL_BACKENDS : 0;
	if (frontend->affinity_seconds && recall_affinity(client, frontend, first, total, chosen)) return PP_CHOICE_BACKEND;
	__u32 index = first + bpf_get_prandom_u32() % total;
	struct pp_backend *backend = find_backend(frontend->service, index);
	/* User space writes endpoints before it counts them: this one went at this very moment. */
	if (!backend) {
		chosen->refusal = PP_COUNT_NO_BACKEND;
		return PP_CHOICE_DROP;
	}
	if (frontend->affinity_seconds) remember_affinity(client, frontend, index, backend);
	chosen->address = backend->address;
	chosen->port = to_host16(backend->port);
	return PP_CHOICE_BACKEND;
}
