/* What the programs ask of the kernel: helpers by their numbers (linux/bpf.h), and how a map is described in BTF. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/* A function that the verifier walks on its own for each call, so that programs stay small. */
#define FUNCTION static __attribute__((noinline))
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define barrier() asm volatile("" ::: "memory")

/* A map's attributes are the sizes of arrays that a pointer in its BTF leads to. */
#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

#define to_network16(value) __builtin_bswap16(value)
#define to_host16(value) __builtin_bswap16(value)
#define to_network32(value) __builtin_bswap32(value)
#define to_host32(value) __builtin_bswap32(value)

/* Written out: the compiler would keep the field's address at hand, and the verifier takes no such address. */
INLINE __u32 interface_of(const struct __sk_buff *skb)
{
	__u32 index;
	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(index) : "r"(skb), "i"(offsetof(struct __sk_buff, ifindex)));
	return index;
}

#define HELPER(number) (void *)(number)

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = HELPER(BPF_FUNC_map_lookup_elem);
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value,
				   __u64 flags) = HELPER(BPF_FUNC_map_update_elem);
static long (*bpf_map_delete_elem)(void *map, const void *key) = HELPER(BPF_FUNC_map_delete_elem);
static __u64 (*bpf_ktime_get_coarse_ns)(void) = HELPER(BPF_FUNC_ktime_get_coarse_ns);
static __u32 (*bpf_get_prandom_u32)(void) = HELPER(BPF_FUNC_get_prandom_u32);
static long (*bpf_tail_call)(void *context, void *map, __u32 index) = HELPER(BPF_FUNC_tail_call);
static long (*bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 length) = HELPER(
	BPF_FUNC_skb_load_bytes);
static long (*bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 length,
				   __u64 flags) = HELPER(BPF_FUNC_skb_store_bytes);
static long (*bpf_skb_pull_data)(struct __sk_buff *skb, __u32 length) = HELPER(BPF_FUNC_skb_pull_data);
static long (*bpf_skb_change_tail)(struct __sk_buff *skb, __u32 length, __u64 flags) = HELPER(
	BPF_FUNC_skb_change_tail);
static long (*bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = HELPER(BPF_FUNC_skb_change_type);
static long (*bpf_skb_adjust_room)(struct __sk_buff *skb, __s32 difference, __u32 mode, __u64 flags) = HELPER(
	BPF_FUNC_skb_adjust_room);
static long (*bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 size) = HELPER(
	BPF_FUNC_l3_csum_replace);
static long (*bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = HELPER(
	BPF_FUNC_l4_csum_replace);
static __s64 (*bpf_csum_diff)(const void *from, __u32 from_size, const void *to, __u32 to_size,
			      __u32 seed) = HELPER(BPF_FUNC_csum_diff);
static long (*bpf_redirect)(__u32 ifindex, __u64 flags) = HELPER(BPF_FUNC_redirect);
static long (*bpf_redirect_neigh)(__u32 ifindex, void *parameters, int length, __u64 flags) = HELPER(
	BPF_FUNC_redirect_neigh);
static long (*bpf_fib_lookup)(void *context, struct bpf_fib_lookup *parameters, int length, __u32 flags) = HELPER(
	BPF_FUNC_fib_lookup);
static void *(*bpf_ringbuf_reserve)(void *map, __u64 size, __u64 flags) = HELPER(BPF_FUNC_ringbuf_reserve);
static void (*bpf_ringbuf_submit)(void *data, __u64 flags) = HELPER(BPF_FUNC_ringbuf_submit);
static __u64 (*bpf_get_netns_cookie)(void *context) = HELPER(BPF_FUNC_get_netns_cookie);
static __u64 (*bpf_get_socket_cookie)(void *context) = HELPER(BPF_FUNC_get_socket_cookie);
static int (*bpf_set_retval)(int value) = HELPER(BPF_FUNC_set_retval);
