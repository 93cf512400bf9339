#!/usr/bin/env bash
# Makes this checkout ready to run: npm's packages, and on Debian the networking tools that the iptables backend calls.
# Does nothing that is already done, and says what it does.
#
#   setup.sh              npm packages and Debian packages
#   setup.sh --npm        npm packages only
#   setup.sh --packages   Debian packages only
#   setup.sh --test-tools Debian packages of programs that a few tests look through: a browser, other shells, readers of manual
#                         pages, the compiler of the eBPF programs
#   setup.sh --stamp      note that node_modules matches package-lock.json (npm calls this after an install)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# command:Debian package
readonly TOOLS=(iptables:iptables iptables-legacy:iptables ipset:ipset conntrack:conntrack ip:iproute2 sysctl:procps)
readonly TEST_TOOLS=(chromium:chromium zsh:zsh fish:fish mandoc:mandoc groff:groff-base clang-16:clang-16 llvm-strip-16:llvm-16)
readonly STAMP=node_modules/.polyplane-stamp

say() { echo "setup: $*" >&2; }

lock_stamp() { { cat package-lock.json; node -p 'process.version + process.arch'; } | sha256sum; }

stamp() { lock_stamp >"$STAMP"; }

setup_npm() {
  if [[ -f $STAMP && $(<"$STAMP") == "$(lock_stamp)" ]]; then return; fi
  say 'npm ci (node_modules does not match package-lock.json)'
  npm ci --no-audit --no-fund >&2
  stamp
}

# missing_packages COMMAND:PACKAGE...: the packages of those commands that are not there.
missing_packages() {
  local tool
  for tool in "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${tool%%:*}" >/dev/null || echo "${tool##*:}"
  done | sort -u
}

# setup_packages COMMAND:PACKAGE...
setup_packages() {
  local missing how='install them'
  missing=$(missing_packages "$@" | tr '\n' ' ')
  missing=${missing% }
  if command -v apt-get >/dev/null; then how="sudo apt-get install $missing"; fi
  if [[ $(uname -s) == Linux && $EUID -ne 0 ]]; then
    say "not root${missing:+, and $missing missing ($how)}: what needs root or them is skipped, all else runs"
  elif [[ -z $missing ]]; then
    return
  elif [[ $(uname -s) != Linux ]] || ! command -v apt-get >/dev/null; then
    say "not a Debian machine; what needs $missing cannot run here until you install them"
  else
    say "apt-get install $missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list of package names
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null; then
      say "could not install $missing; what needs them cannot run here"
    fi
  fi
}

# One setup at a time in this checkout. npm runs --stamp inside an install, which may hold the lock already.
if [[ ${1:-} != --stamp ]] && command -v flock >/dev/null; then
  exec 9<scripts/setup.sh
  flock 9
fi

case ${1:-} in
  '')
    setup_npm
    setup_packages "${TOOLS[@]}"
    ;;
  --npm) setup_npm ;;
  --packages) setup_packages "${TOOLS[@]}" ;;
  --test-tools) setup_packages "${TEST_TOOLS[@]}" ;;
  --stamp) stamp ;;
  *)
    say "unknown argument $1 (known: --npm, --packages, --test-tools, --stamp)"
    exit 2
    ;;
esac
