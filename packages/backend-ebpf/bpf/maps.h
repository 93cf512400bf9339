/* The maps. Their names are what user space knows them by. */
#pragma once

#include "layout.h"

#define MAP(name) name SECTION(".maps")

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_scratch);
} MAP(pp_scratch);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_NUMBER(max_entries, 32);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u32);
} MAP(pp_programs);

/* Policy programs and their parts; slot 0 is never used. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u32);
} MAP(pp_policies);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 1 << 20);
	MAP_TYPE(key, struct pp_ip_set_key);
	MAP_TYPE(value, __u32);
} MAP(pp_ip_sets);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 131072);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_rule_counter);
} MAP(pp_rule_counters);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_endpoint);
} MAP(pp_endpoints);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct pp_allowed_source_key);
	MAP_TYPE(value, __u32);
} MAP(pp_allowed_sources);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 1 << 18);
	MAP_TYPE(key, struct pp_frontend_key);
	MAP_TYPE(value, struct pp_frontend);
} MAP(pp_frontends);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 1 << 20);
	MAP_TYPE(key, struct pp_backend_key);
	MAP_TYPE(value, struct pp_backend);
} MAP(pp_backends);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct pp_source_range_key);
	MAP_TYPE(value, __u32);
} MAP(pp_source_ranges);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct pp_affinity_key);
	MAP_TYPE(value, struct pp_affinity);
} MAP(pp_affinity);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_TYPE(key, struct pp_bound_key);
	MAP_TYPE(value, struct pp_bound);
} MAP(pp_bound);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 1 << 18);
	MAP_TYPE(key, struct pp_route_key);
	MAP_TYPE(value, struct pp_route);
} MAP(pp_routes);

/* No LRU: what is tracked stays until user space finds it idle. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_NUMBER(max_entries, 1 << 19);
	MAP_TYPE(key, struct pp_conntrack_key);
	MAP_TYPE(value, struct pp_conntrack);
} MAP(pp_conntrack);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 8192);
	MAP_TYPE(key, struct pp_fragment_key);
	MAP_TYPE(value, struct pp_fragment);
} MAP(pp_fragments);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, PP_COUNTERS);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} MAP(pp_counters);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 1 << 20);
} MAP(pp_events);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct pp_config);
} MAP(pp_config);
