#!/usr/bin/env bash
# A BPF longest-prefix trie gives a key back with the bits behind its prefix as they were written last, not as zeros.
#
# Guess:   10.0.0.7/24 is stored as 10.0.0.0/24, as a route is, and is read back so.
# Seen:    BPF_MAP_GET_NEXT_KEY gives 10.0.0.7/24; after an update of 10.0.0.9/24, which is the same key, it gives 10.0.0.9/24. There is
#          one entry all the time.
# Version: Linux 6.18.
# Matters: an agent that reads the map back and compares keys by their bytes finds its own range "missing" and a foreign one in its
#          place; written with the host's bits, one range has as many names as addresses. Mask before writing and before comparing.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
compile <<'PROGRAM'
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct range {
	__u32 prefix_length;
	unsigned char address[4];
};

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static void show(const char *what, const struct range *range)
{
	const unsigned char *a = range->address;
	printf("%s %u.%u.%u.%u/%u\n", what, a[0], a[1], a[2], a[3], range->prefix_length);
}

int main(void)
{
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_LPM_TRIE, .key_size = sizeof(struct range), .value_size = 4,
				 .max_entries = 8, .map_flags = BPF_F_NO_PREALLOC};
	int map = bpf(BPF_MAP_CREATE, &create);
	if (map < 0)
		return perror("BPF_MAP_CREATE"), 1;

	struct range written[] = {{24, {10, 0, 0, 7}}, {24, {10, 0, 0, 9}}};
	__u32 value = 0;
	for (int i = 0; i < 2; i++) {
		union bpf_attr update = {.map_fd = map, .key = (__u64)&written[i], .value = (__u64)&value};
		if (bpf(BPF_MAP_UPDATE_ELEM, &update))
			return perror("BPF_MAP_UPDATE_ELEM"), 1;
		show("written", &written[i]);

		struct range first, second;
		union bpf_attr next = {.map_fd = map, .next_key = (__u64)&first};
		if (bpf(BPF_MAP_GET_NEXT_KEY, &next))
			return perror("BPF_MAP_GET_NEXT_KEY"), 1;
		show("read back", &first);
		union bpf_attr end = {.map_fd = map, .key = (__u64)&first, .next_key = (__u64)&second};
		printf("%s\n", bpf(BPF_MAP_GET_NEXT_KEY, &end) ? "no other key" : "another key");
	}
	return 0;
}
PROGRAM

expect_seen "$("$temp/program" 2>&1)" <<'END'
written 10.0.0.7/24
read back 10.0.0.7/24
no other key
written 10.0.0.9/24
read back 10.0.0.9/24
no other key
END
