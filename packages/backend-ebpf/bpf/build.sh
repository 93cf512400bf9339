#!/usr/bin/env bash
# Compiles the eBPF programs: `build.sh FILE` writes the object to FILE, without an argument to objects/polyplane.o, which is committed and
# shipped. The same compiler gives the same bytes wherever the sources lie: Debian 12's clang-16, or the one that $CLANG names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly OUTPUT=${1:-../objects/polyplane.o}
readonly CLANG=${CLANG:-clang-16} STRIP=${STRIP:-llvm-strip-16}

if ! command -v "$CLANG" >/dev/null; then
  echo "build:bpf: no $CLANG on this machine: the object that is there stays as it is" >&2
  exit 0
fi
mkdir -p "$(dirname "$OUTPUT")"
"$CLANG" -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-variable \
  -fdebug-compilation-dir=. -I"/usr/include/$(uname -m)-linux-gnu" -c polyplane.c -o "$OUTPUT"
# The kernel reads BTF; DWARF is of no use to it.
"$STRIP" -g "$OUTPUT"
