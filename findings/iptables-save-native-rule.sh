#!/usr/bin/env bash
# One native nft rule in table `filter` hides the whole table from iptables-nft-save, which still exits 0.
#
# Guess:   the rules that iptables wrote are saved, the foreign one is named or counted; or the save fails.
# Seen:    nothing but a comment, and exit 0. `iptables-nft -S` refuses the same table with exit 1; `iptables-nft -A` still adds to it.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: a node agent that reads its rules back with a save and looks only at the exit code sees an empty table, and would write
#          everything anew or believe that all is gone. The comment has to be read.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  iptables-nft -N OURS
  iptables-nft -A OURS -s 192.0.2.1 -j DROP
  nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy accept; }'
  nft add rule ip filter FORWARD ct state established counter
  run iptables-nft-save -t filter
  run iptables-nft -S
  run iptables-nft -A OURS -s 192.0.2.2 -j DROP
}

expect_seen "$(in_new_network observe)" <<'END'
$ iptables-nft-save -t filter
# Table `filter' is incompatible, use 'nft' tool.
(exit 0)
$ iptables-nft -S
iptables v1.8.9 (nf_tables): table `filter' is incompatible, use 'nft' tool.
(exit 1)
$ iptables-nft -A OURS -s 192.0.2.2 -j DROP
(exit 0)
END
