#!/usr/bin/env bash
# Two TC programs of one type cannot call each other by tail call when they were loaded with different expected attach types.
#
# Guess:   what counts is the type of program (BPF_PROG_TYPE_SCHED_CLS). The loader takes it with 0 and with
#          BPF_TCX_INGRESS (46).
# Seen:    the first program that uses or enters the array decides; one with the other attach type gets EINVAL from BPF_MAP_UPDATE_ELEM,
#          without a word in any log.
# Version: Linux 6.18.
# Matters: a dataplane that is moved from tc filters to tcx, or keeps pinned arrays across an update that does so, has programs of both
#          kinds at once, and its policy programs can no longer be put where the running ones look.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
compile <<'PROGRAM'
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { UNSPECIFIED = 0, TCX_INGRESS = 46 };

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int load(int expected_attach_type)
{
	struct bpf_insn instructions[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = (__u64)instructions, .insn_cnt = 2,
			       .license = (__u64) "GPL", .expected_attach_type = expected_attach_type};
	int program = bpf(BPF_PROG_LOAD, &load);
	printf("load with attach type %d: %s\n", expected_attach_type, program < 0 ? strerror(errno) : "taken");
	return program;
}

int main(void)
{
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4};
	int array = bpf(BPF_MAP_CREATE, &create);
	if (array < 0)
		return perror("BPF_MAP_CREATE"), 1;

	const int types[] = {UNSPECIFIED, TCX_INGRESS, UNSPECIFIED};
	for (__u32 slot = 0; slot < 3; slot++) {
		int program = load(types[slot]);
		union bpf_attr update = {.map_fd = array, .key = (__u64)&slot, .value = (__u64)&program};
		printf("put into slot %u: %s\n", slot, bpf(BPF_MAP_UPDATE_ELEM, &update) ? strerror(errno) : "taken");
	}
	return 0;
}
PROGRAM

expect_seen "$("$temp/program" 2>&1)" <<'END'
load with attach type 0: taken
put into slot 0: taken
load with attach type 46: taken
put into slot 1: Invalid argument
load with attach type 0: taken
put into slot 2: taken
END
