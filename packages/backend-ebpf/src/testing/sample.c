/* A small BPF object for the specs of the loader: maps of several types, variables, functions that programs share, events. */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, number) int(*name)[number]
#define __type(name, type) typeof(type) *name

static void *(*map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*tail_call)(void *ctx, void *map, __u32 index) = (void *)12;
static long (*ringbuf_output)(void *ring, void *data, __u64 size, __u64 flags) = (void *)130;

struct sample_key {
	__u32 number;
	__u16 low;
	__u16 high;
};

struct sample_value {
	__u64 count;
	struct sample_key inner;
	__u8 address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct sample_key);
	__type(value, struct sample_value);
	__uint(max_entries, 1000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} sample_things SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 4);
} sample_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 4);
} sample_jumps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} sample_events SEC(".maps");

const volatile __u32 sample_limit = 7;
__u64 sample_total;

/* In .text, and called by a function that is in .text itself. */
static __attribute__((noinline)) int twice(int number)
{
	return number * 2 + sample_limit;
}

__attribute__((noinline)) int add_up(struct __sk_buff *skb, int number)
{
	sample_total += skb->len;
	return twice(number) + 1;
}

/* Twice the packet's length, sample_limit and 1; counts bytes. */
SEC("tc/sample")
int sample_length(struct __sk_buff *skb)
{
	__u32 index = 1;
	__u64 *count = map_lookup_elem(&sample_counts, &index);

	if (count)
		*count += skb->len;
	return add_up(skb, skb->len);
}

/* What the program in slot 2 returns; without one 5 where the key 1, 0, 0 is there, else 9. */
SEC("tc/sample")
int sample_jump(struct __sk_buff *skb)
{
	struct sample_key key = {.number = 1};

	tail_call(skb, &sample_jumps, 2);
	return map_lookup_elem(&sample_things, &key) ? 5 : 9;
}

/* Tells the packet's length as an event; returns 0 when there was room for it, else 1. */
SEC("tc/sample")
int sample_event(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	return ringbuf_output(&sample_events, &length, sizeof(length), 0) ? 1 : 0;
}

char sample_license[] SEC("license") = "Dual MIT/GPL";
