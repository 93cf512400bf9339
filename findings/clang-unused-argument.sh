#!/usr/bin/env bash
# clang drops the passing of a pointer that a global BPF function does not use, and the kernel's verifier then refuses the call.
#
# Guess:   a function that is not static keeps its calling convention: the caller sets every argument, used or not.
# Seen:    with -O2 the caller leaves the first register as a helper call left it; the verifier checks the function by the
#          types of its arguments and refuses the program. A use of the argument cures it. No warning at compile time.
# Version: clang 16.0.6, bpftool 7.1.0, Debian 12; verifier of Linux 6.18.
# Matters: programs are split into such functions so that the verifier takes each by itself. Taking the last use of `ctx` out of one of
#          them breaks the load of the whole program on the node, though the C is valid and compiles clean.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
# The kernel's headers and bpftool come from the newest kernel package of Debian 12, whose version changes with each point release.
debian_packages clang-16=1:16.0.6-15~deb12u1 libllvm16=1:16.0.6-15~deb12u1 libclang-cpp16=1:16.0.6-15~deb12u1 \
  libclang-common-16-dev=1:16.0.6-15~deb12u1 bpftool libelf1 linux-libc-dev libbsd0 libedit2 libffi8 libicu72 libmd0 libstdc++6 libxml2 \
  libz3-4 libzstd1

cat >"$temp/unused.c" <<'PROGRAM'
#include <linux/bpf.h>

static __u32 (*random_number)(void) = (void *)BPF_FUNC_get_prandom_u32;

__attribute__((noinline)) int verdict(struct __sk_buff *ctx, int kind)
{
	volatile int known = kind;
	USE(ctx);
	return known + 1;
}

__attribute__((section("tc"), used)) int entry(struct __sk_buff *ctx)
{
	return verdict(ctx, random_number() & 1) > 1;
}

char granted[] __attribute__((section("license"), used)) = "GPL";
PROGRAM

build_and_load() {
  local name=$1 use=$2
  run clang-16 -O2 -g -Wall -target bpf -isystem "$root/usr/include" -isystem "$root/usr/include/$(uname -m)-linux-gnu" \
    "-DUSE(x)=$use" -c "$temp/unused.c" -o "$temp/$name.o" | sed "1s/.*/$ clang-16 -O2 -D'USE(x)=$use'/"
  mkdir -p "$temp/bpf"
  mount -t bpf bpf "$temp/bpf"
  run bpftool prog load "$temp/$name.o" "$temp/bpf/$name" type classifier |
    sed -n "1s/.*/$ bpftool prog load/p; /invalid args/p; /^(exit/p"
}

observe() {
  build_and_load unused '(void)x'
  build_and_load used '__asm__ volatile("" : : "r"(x))'
}

# In a mount namespace of its own, so that the mounted BPF file system is gone with it.
export temp root
export -f run build_and_load observe
expect_seen "$(unshare --net --mount -- bash -c 'set -euo pipefail; observe')" <<'END'
$ clang-16 -O2 -D'USE(x)=(void)x'
(exit 0)
$ bpftool prog load
Caller passes invalid args into func#1 ('verdict')
(exit 255)
$ clang-16 -O2 -D'USE(x)=__asm__ volatile("" : : "r"(x))'
(exit 0)
$ bpftool prog load
(exit 0)
END
