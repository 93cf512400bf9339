#!/usr/bin/env bash
# A native nft rule that looks an address up in a named set is printed by iptables-nft-save without the match.
#
# Guess:   the table counts as incompatible, as it does with other native rules, or the rule is left out.
# Seen:    a rule that drops some sources is printed as `-A FORWARD -j DROP`, which drops everything; exit 0.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: a save that is kept as a backup and restored later blocks all forwarded traffic of the node, and whoever checks a
#          node's rules by its save reads a rule that is not there.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  nft add table ip filter
  nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy accept; }'
  nft add set ip filter blocked '{ type ipv4_addr; elements = { 192.0.2.1 }; }'
  nft add rule ip filter FORWARD ip saddr @blocked counter drop
  run nft list chain ip filter FORWARD
  run iptables-nft -S FORWARD
  run iptables-nft-save -t filter | sed '/^# /d'
}

expect_seen "$(in_new_network observe)" <<'END'
$ nft list chain ip filter FORWARD
table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy accept;
		ip saddr @blocked counter packets 0 bytes 0 drop
	}
}
(exit 0)
$ iptables-nft -S FORWARD
-P FORWARD ACCEPT
-A FORWARD -j DROP
(exit 0)
$ iptables-nft-save -t filter
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -j DROP
COMMIT
(exit 0)
END
