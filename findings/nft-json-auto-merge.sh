#!/usr/bin/env bash
# `nft -j list ruleset` leaves out that a set merges its intervals, and every comment of a table, chain or set.
#
# Guess:   the JSON form says what the text form says: given back to nft, it makes the same ruleset.
# Seen:    `auto-merge` and the comments are gone; the set made from the JSON form refuses an overlapping range that the first took.
# Version: nftables 1.0.6, Debian 12.
# Matters: JSON is the form for programs. One that marks its tables by a comment does not find them again, and one that compares
#          sets by it cannot see the difference that makes the next write fail.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  cd "$temp"
  nft add table ip t '{ comment "of the agent"; }'
  nft add set ip t s '{ type ipv4_addr; flags interval; auto-merge; comment "pods"; elements = { 10.0.0.0/16 }; }'
  nft add chain ip t c '{ comment "policies"; }'
  run nft list ruleset
  nft -j list ruleset >ruleset.json
  run nft add element ip t s '{ 10.0.5.0-10.1.0.5 }'
  nft flush ruleset
  run nft -j -f ruleset.json
  run nft list ruleset
  run nft add element ip t s '{ 10.0.5.0-10.1.0.5 }'
}

expect_seen "$(in_new_network observe)" <<'END'
$ nft list ruleset
table ip t {
	comment "of the agent"
	set s {
		type ipv4_addr
		flags interval
		auto-merge
		comment "pods"
		elements = { 10.0.0.0/16 }
	}

	chain c {
		comment "policies"
	}
}
(exit 0)
$ nft add element ip t s { 10.0.5.0-10.1.0.5 }
(exit 0)
$ nft -j -f ruleset.json
(exit 0)
$ nft list ruleset
table ip t {
	set s {
		type ipv4_addr
		flags interval
		elements = { 10.0.0.0/16 }
	}

	chain c {
	}
}
(exit 0)
$ nft add element ip t s { 10.0.5.0-10.1.0.5 }
Error: interval overlaps with an existing one
add element ip t s { 10.0.5.0-10.1.0.5 }
                     ^^^^^^^^^^^^^^^^^
(exit 1)
END
