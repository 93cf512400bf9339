# What the scripts of this folder share: a temporary folder, pinned packages in it, a fresh network namespace, and the comparison
# of what is seen with what the script says. Sourced, not run.
# Exit codes of a script: 0 seen as written; 1 something else was seen; 77 it cannot be run here, with the reason.

set -euo pipefail
export LC_ALL=C

temp=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'rm -rf -- "$temp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$temp/root

skip() {
  printf 'cannot be run here: %s\n' "$1" >&2
  exit 77
}

needs_root() {
  ((EUID == 0)) || skip 'needs root'
  unshare --net --mount true || skip 'needs the right to make namespaces'
}

needs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "needs $program"
  done
}

# npm packages, each as name@version; they are found under $temp/node_modules.
npm_packages() {
  needs node npm
  npm install --silent --no-audit --no-fund --ignore-scripts --prefer-offline --prefix "$temp" "$@"
  printf 'node %s\n' "$(node --version)"
  printf 'npm package %s\n' "$@"
}

# Debian packages, each as name or name=version, unpacked into $root; nothing of the host is changed, and their programs come first
# in PATH. What is named without a version is a library below the subject.
debian_packages() {
  needs apt-get dpkg-deb
  mkdir -p "$temp/archives" "$root"
  (cd "$temp/archives" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null) ||
    skip "apt-get has no $* (run apt-get update first; made for Debian 12)"
  local archive libraries
  for archive in "$temp"/archives/*.deb; do
    dpkg-deb -x "$archive" "$root"
  done
  libraries=$(uname -m)-linux-gnu
  export PATH=$root/usr/sbin:$root/usr/bin:$root/sbin:$root/bin:$PATH
  export LD_LIBRARY_PATH=$root/usr/lib/$libraries:$root/lib/$libraries
  export XTABLES_LIBDIR=$root/usr/lib/$libraries/xtables
  printf 'kernel %s\n' "$(uname -r)"
  printf '%s\n' "$@" | sed -n 's/^\(.*\)=\(.*\)$/Debian package \1 \2/p'
}

# Compiles the C program on standard input to $temp/program. The host's compiler: it is not the subject.
compile() {
  needs gcc
  [[ -e /usr/include/linux/bpf.h ]] || skip 'needs the kernel headers (linux-libc-dev)'
  gcc -Wall -Wextra -Werror -x c - -o "$temp/program"
  printf 'kernel %s\n' "$(uname -r)"
}

# Shows a command, what it prints (both streams), and its exit code; never fails itself.
run() {
  local status=0
  printf '$ %s\n' "$*"
  "$@" 2>&1 || status=$?
  printf '(exit %d)\n' "$status"
}

# Calls a function of the script in a network namespace of its own, which is gone when the function is done.
in_new_network() {
  export -f run "$1"
  export temp
  unshare --net -- bash -c "set -euo pipefail; $1"
}

# Prints what was seen; it must be what stands on standard input, line for line.
expect_seen() {
  printf '\n%s\n\n' "$1"
  if diff -u --label 'as written' --label 'as seen' - <(printf '%s\n' "$1"); then
    echo 'Seen as written.'
  else
    echo 'The behaviour is no longer what this script says.' >&2
    exit 1
  fi
}
