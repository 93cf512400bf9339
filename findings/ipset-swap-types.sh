#!/usr/bin/env bash
# ipset swaps a hash:ip set with a bitmap:ip set of other bounds, while a rule refers to one of them.
#
# Guess:   "compatible" types, which the manual asks for, are those of one type name and one set of limits, at least while a rule
#          uses the set.
# Seen:    what the sets hold and can hold is exchanged: a set that took any address now takes a /24, one without a time limit now
#          has one. Only sets of another family or with other fields are refused ("their type does not match").
# Version: ipset 7.17, Debian 12 (seen on Linux 6.18).
# Matters: swap is how an agent replaces a set in one step. If a set of that name was left by an earlier version with other options,
#          the swap succeeds and the set under the rule has the old limits; the header has to be compared, not the exit code.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages ipset=7.17-1 libipset13=7.17-1 iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 libmnl0

observe() {
  ipset create used hash:ip maxelem 10
  ipset create other bitmap:ip range 192.0.2.0/24 timeout 60
  ipset create net hash:net
  iptables-nft -A FORWARD -m set --match-set used src -j DROP
  run ipset swap used other
  ipset list used | sed -n '/^Type/p; /^References/p; s/^Header: \(range.*\)$/\1/p'
  run ipset add used 198.51.100.1
  run ipset swap used net
  run iptables-nft -S FORWARD
}

expect_seen "$(in_new_network observe)" <<'END'
$ ipset swap used other
(exit 0)
Type: bitmap:ip
range 192.0.2.0-192.0.2.255 timeout 60
References: 1
$ ipset add used 198.51.100.1
ipset v7.17: Element is out of the range of the set
(exit 1)
$ ipset swap used net
ipset v7.17: The sets cannot be swapped: their type does not match
(exit 1)
$ iptables-nft -S FORWARD
-P FORWARD ACCEPT
-A FORWARD -m set --match-set used src -j DROP
(exit 0)
END
