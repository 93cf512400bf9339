#!/usr/bin/env bash
# Listing a chain that is not there, iptables-nft says that the chain is incompatible and wants the nft tool.
#
# Guess:   "No chain/target/match by that name.", as when the same chain is flushed.
# Seen:    that message for -F; for -S and -L the message that stands for native nft rules. Exit 1 in each case.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: a caller that tells "not there yet" (write it) from "somebody else's rules" (keep away) by the message decides wrongly,
#          and a node's operator goes looking for nft rules that nobody wrote.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 libmnl0

observe() {
  iptables-nft -N THERE
  run iptables-nft -F NOT-THERE
  run iptables-nft -S NOT-THERE
  run iptables-nft -L NOT-THERE
  run iptables-nft -S THERE
}

expect_seen "$(in_new_network observe)" <<'END'
$ iptables-nft -F NOT-THERE
iptables: No chain/target/match by that name.
(exit 1)
$ iptables-nft -S NOT-THERE
iptables v1.8.9 (nf_tables): chain `NOT-THERE' in table `filter' is incompatible, use 'nft' tool.
(exit 1)
$ iptables-nft -L NOT-THERE
iptables v1.8.9 (nf_tables): chain `NOT-THERE' in table `filter' is incompatible, use 'nft' tool.
(exit 1)
$ iptables-nft -S THERE
-N THERE
(exit 0)
END
