/*
 * Connect-time balancing: a process of the host that connects to a service is connected to an endpoint at once, and none of its packets
 * need be translated. What finds no endpoint, or may not come, is left to the packets.
 */
#pragma once

#include "balance.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/* What a socket dialed, by its cookie and where it was sent instead: what getpeername is to say. */
struct pp_dialed_key {
	__u64 socket;
	struct pp_address address;
	__u32 port; /* network order */
	__u32 protocol;
};

struct pp_dialed {
	struct pp_address address;
	__u32 port; /* network order */
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, struct pp_dialed_key);
	MAP_TYPE(value, struct pp_dialed);
} MAP(pp_dialed);

/* Sockets of other network namespaces send their packets through interfaces: they are balanced there. */
INLINE bool is_of_host(struct bpf_sock_addr *ctx, const struct pp_config *settings)
{
	return settings->netns_cookie && bpf_get_netns_cookie(ctx) == settings->netns_cookie;
}

INLINE void read_address(struct bpf_sock_addr *ctx, struct pp_address *address, bool is_v6)
{
	if (!is_v6) {
		address->word[0] = 0;
		address->word[1] = 0;
		address->word[2] = IPV4_MAPPED;
		address->word[3] = ctx->user_ip4;
		return;
	}
	address->word[0] = ctx->user_ip6[0];
	address->word[1] = ctx->user_ip6[1];
	address->word[2] = ctx->user_ip6[2];
	address->word[3] = ctx->user_ip6[3];
}

INLINE void write_address(struct bpf_sock_addr *ctx, const struct pp_address *address, bool is_v6)
{
	if (!is_v6) {
		ctx->user_ip4 = address->word[3];
		return;
	}
	ctx->user_ip6[0] = address->word[0];
	ctx->user_ip6[1] = address->word[1];
	ctx->user_ip6[2] = address->word[2];
	ctx->user_ip6[3] = address->word[3];
}

/*
 * A datagram socket keeps to what it is connected to however long it lives, also when the endpoint is gone: it is left to its packets,
 * which follow the service. Packets to the host's own addresses meet no program of ours, so here it is done all the same.
 */
INLINE bool is_balanced_here(struct bpf_sock_addr *ctx, const struct pp_address *dialed)
{
	if (ctx->protocol == PROTOCOL_TCP) return true;
	return ctx->protocol == PROTOCOL_UDP && (is_loopback(dialed) || (route_flags(dialed) & PP_ROUTE_HOST));
}

#define EADDRNOTAVAIL 99

/* From a loopback address nobody but the host itself can be reached. */
INLINE bool is_bound_to_loopback(struct bpf_sock_addr *ctx)
{
	return ctx->sk && (to_host32(ctx->sk->src_ip4) >> 24) == 127;
}

/* As long as a flow of datagrams is remembered that no packet comes of. */
#define BOUND_SECONDS 120

INLINE bool recall_bound(const struct pp_bound_key *key, struct pp_chosen *chosen)
{
	struct pp_bound *bound = bpf_map_lookup_elem(&pp_bound, key);
	if (!bound) return false;
	__u64 now = bpf_ktime_get_coarse_ns();
	if (now - bound->last_used > BOUND_SECONDS * NANOSECONDS) return false;
	bound->last_used = now;
	chosen->address = bound->address;
	chosen->port = to_host16(bound->port);
	return true;
}

/* A datagram socket that has a port of its own goes on with the flow that another began from there. */
INLINE bool choose_for_socket(struct bpf_sock_addr *ctx, const struct pp_client *client, struct pp_chosen *chosen)
{
	__u16 source_port = ctx->protocol == PROTOCOL_UDP && ctx->sk ? ctx->sk->src_port : 0;
	struct pp_bound_key key = {
		.dialed = client->dialed, .port = to_network16(client->port), .source_port = source_port};
	if (source_port && recall_bound(&key, chosen)) return true;
	if (choose_backend(client, chosen) != PP_CHOICE_BACKEND) return false;
	if (!source_port) return true;
	struct pp_bound value = {
		.address = chosen->address, .port = to_network16(chosen->port), .last_used = bpf_ktime_get_coarse_ns()};
	bpf_map_update_elem(&pp_bound, &key, &value, BPF_ANY);
	return true;
}

INLINE int connect(struct bpf_sock_addr *ctx, bool is_v6)
{
	struct pp_config *settings = config();
	struct pp_address dialed;
	if (!settings || !is_of_host(ctx, settings)) return 1;
	read_address(ctx, &dialed, is_v6);
	if (!is_balanced_here(ctx, &dialed)) return 1;
	bool is_ipv4_dialed = is_ipv4(&dialed);
	struct pp_client client = {.address = is_ipv4_dialed ? settings->node4 : settings->node6,
				   .dialed = dialed,
				   .port = to_host16(ctx->user_port),
				   .protocol = ctx->protocol,
				   .family = is_ipv4_dialed ? 4 : 6,
				   .is_host = true};
	struct pp_chosen chosen = {};
	if (!choose_for_socket(ctx, &client, &chosen)) return 1;
	if (!is_v6 && is_bound_to_loopback(ctx) && !is_loopback(&chosen.address)) {
		bpf_set_retval(-EADDRNOTAVAIL);
		return 0;
	}
	struct pp_dialed_key key = {.socket = bpf_get_socket_cookie(ctx),
				    .address = chosen.address,
				    .port = to_network16(chosen.port),
				    .protocol = ctx->protocol};
	struct pp_dialed value = {.address = dialed, .port = ctx->user_port};
	bpf_map_update_elem(&pp_dialed, &key, &value, BPF_ANY);
	write_address(ctx, &chosen.address, is_v6);
	ctx->user_port = to_network16(chosen.port);
	return 1;
}

INLINE int name_peer(struct bpf_sock_addr *ctx, bool is_v6)
{
	struct pp_config *settings = config();
	if (!settings || !is_of_host(ctx, settings)) return 1;
	struct pp_dialed_key key = {
		.socket = bpf_get_socket_cookie(ctx), .port = ctx->user_port, .protocol = ctx->protocol};
	read_address(ctx, &key.address, is_v6);
	struct pp_dialed *dialed = bpf_map_lookup_elem(&pp_dialed, &key);
	if (!dialed) return 1;
	write_address(ctx, &dialed->address, is_v6);
	ctx->user_port = dialed->port;
	return 1;
}

SECTION("cgroup/connect4")
int pp_connect4(struct bpf_sock_addr *ctx)
{
	return connect(ctx, false);
}

SECTION("cgroup/connect6")
int pp_connect6(struct bpf_sock_addr *ctx)
{
	return connect(ctx, true);
}

SECTION("cgroup/getpeername4")
int pp_getpeername4(struct bpf_sock_addr *ctx)
{
	return name_peer(ctx, false);
}

SECTION("cgroup/getpeername6")
int pp_getpeername6(struct bpf_sock_addr *ctx)
{
	return name_peer(ctx, true);
}
