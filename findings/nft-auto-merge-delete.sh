#!/usr/bin/env bash
# From a set that merges its intervals, nft 1.0.6 cannot take out what was put in.
#
# Guess:   the element that was added can be deleted; what it was merged with stays.
# Seen:    "element does not exist" for a range that was merged, and for an address within; nft 1.1.3 splits the range.
# Version: nftables 1.0.6, Debian 12; beside it 1.1.3, Debian 13, where its package can be had.
# Matters: blocks of two networks of a policy that happen to touch become one range; when one is taken out of the policy, the delete
#          fails (and its whole transaction with it) on a node with the older tool and works on the next node.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  nft add table ip t
  nft add set ip t s '{ type ipv4_addr; flags interval; auto-merge; }'
  nft add element ip t s '{ 10.0.0.0/24, 10.0.1.0/24 }'
  run nft delete element ip t s '{ 10.0.0.0/24 }'
  run nft delete element ip t s '{ 10.0.1.5 }'
  run nft list set ip t s
}

expect_seen "$(in_new_network observe)" <<'END'
$ nft delete element ip t s { 10.0.0.0/24 }
Error: element does not exist
delete element ip t s { 10.0.0.0/24 }
                        ^^^^^^^^^^^
(exit 1)
$ nft delete element ip t s { 10.0.1.5 }
Error: element does not exist
delete element ip t s { 10.0.1.5 }
                        ^^^^^^^^
(exit 1)
$ nft list set ip t s
table ip t {
	set s {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 10.0.0.0/23 }
	}
}
(exit 0)
END

# The newer nft with its own C library, from an apt of its own: a source, a list and a cache in the temporary folder.
newer=$temp/newer
mkdir -p "$newer/lists/partial" "$newer/cache/archives/partial" "$newer/root"
echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >"$newer/sources.list"
newer_apt() {
  apt-get -qq -o APT::Sandbox::User=root -o Acquire::Languages=none -o Dir::Etc::sourcelist="$newer/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$newer/lists" -o Dir::Cache="$newer/cache" "$@"
}
if ! ([[ $(uname -m) == x86_64 ]] && cd "$newer" && newer_apt update && newer_apt download nftables=1.1.3-1 libnftables1=1.1.3-1 libnftnl11=1.2.9-1 libxtables12 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0 libtinfo6 libc6) >/dev/null 2>&1; then
  echo 'nftables 1.1.3-1 of Debian 13 cannot be had here: not compared.'
  exit 0
fi
for archive in "$newer"/*.deb; do
  dpkg-deb -x "$archive" "$newer/root"
done

compare() {
  local libraries=$temp/newer/root/usr/lib/x86_64-linux-gnu
  nft() {
    "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$temp/newer/root/usr/sbin/nft" "$@"
  }
  nft --version | sed 's/ (.*//'
  observe
}

unset LD_LIBRARY_PATH
export -f observe
expect_seen "$(in_new_network compare)" <<'END'
nftables v1.1.3
$ nft delete element ip t s { 10.0.0.0/24 }
(exit 0)
$ nft delete element ip t s { 10.0.1.5 }
(exit 0)
$ nft list set ip t s
table ip t {
	set s {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 10.0.1.0-10.0.1.4, 10.0.1.6-10.0.1.255 }
	}
}
(exit 0)
END
