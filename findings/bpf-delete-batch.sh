#!/usr/bin/env bash
# BPF_MAP_DELETE_BATCH stops at the first key that is not there, with what came before it deleted.
#
# Guess:   a key that is not there is passed over, for its absence is what the caller wants; or nothing at all is deleted.
# Seen:    ENOENT; the keys before the missing one are gone, those behind it still there. The count that is handed back says how far
#          it came.
# Version: Linux 6.18 (hash map).
# Matters: an agent that takes connections or policy entries out in batches leaves stale entries behind when one of them has gone by
#          itself in the meantime. It has to go on behind the key at `count`.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
compile <<'PROGRAM'
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

int main(void)
{
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 8};
	int map = bpf(BPF_MAP_CREATE, &create);
	if (map < 0)
		return perror("BPF_MAP_CREATE"), 1;

	__u32 value = 0;
	for (__u32 key = 1; key <= 4; key++) {
		union bpf_attr update = {.map_fd = map, .key = (__u64)&key, .value = (__u64)&value};
		if (bpf(BPF_MAP_UPDATE_ELEM, &update))
			return perror("BPF_MAP_UPDATE_ELEM"), 1;
	}

	__u32 keys[] = {1, 2, 99, 3, 4};
	union bpf_attr delete = {.batch = {.map_fd = map, .keys = (__u64)keys, .count = 5}};
	int result = bpf(BPF_MAP_DELETE_BATCH, &delete);
	printf("in the map: 1 2 3 4; to delete: 1 2 99 3 4\n");
	printf("result %d (%s), count %u, left:", result, result ? strerror(errno) : "no error", delete.batch.count);
	for (__u32 key = 1; key <= 4; key++) {
		union bpf_attr lookup = {.map_fd = map, .key = (__u64)&key, .value = (__u64)&value};
		if (!bpf(BPF_MAP_LOOKUP_ELEM, &lookup))
			printf(" %u", key);
	}
	printf("\n");
	return 0;
}
PROGRAM

expect_seen "$("$temp/program" 2>&1)" <<'END'
in the map: 1 2 3 4; to delete: 1 2 99 3 4
result -1 (No such file or directory), count 2, left: 3 4
END
