#!/usr/bin/env bash
# Whether two overlapping elements of a concatenated interval set can stand side by side depends on the order in which they come.
#
# Guess:   both orders are taken or both are refused: a set has no order.
# Seen:    the wider element after the narrower one is taken; the narrower one after the wider one is refused with EEXIST.
# Version: nftables 1.0.6, Debian 12; the kernel decides (seen on Linux 6.18).
# Matters: ranges of several policies overlap. Elements that arrive one by one, as pods and policies change, would be taken on one
#          node and refused on another that saw them in another order.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  nft add table ip t
  nft add set ip t widening '{ type ipv4_addr . inet_service; flags interval; }'
  run nft add element ip t widening '{ 10.0.5.0/24 . 80 }'
  run nft add element ip t widening '{ 10.0.0.0/16 . 80 }'
  nft add set ip t narrowing '{ type ipv4_addr . inet_service; flags interval; }'
  run nft add element ip t narrowing '{ 10.0.0.0/16 . 80 }'
  run nft add element ip t narrowing '{ 10.0.5.0/24 . 80 }'
}

expect_seen "$(in_new_network observe)" <<'END'
$ nft add element ip t widening { 10.0.5.0/24 . 80 }
(exit 0)
$ nft add element ip t widening { 10.0.0.0/16 . 80 }
(exit 0)
$ nft add element ip t narrowing { 10.0.0.0/16 . 80 }
(exit 0)
$ nft add element ip t narrowing { 10.0.5.0/24 . 80 }
Error: Could not process rule: File exists
add element ip t narrowing { 10.0.5.0/24 . 80 }
                             ^^^^^^^^^^^^^^^^
(exit 1)
END
