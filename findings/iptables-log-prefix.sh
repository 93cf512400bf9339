#!/usr/bin/env bash
# iptables cuts a log prefix after 29 characters, without a word and with exit 0.
#
# Guess:   a prefix that is too long is refused, as a chain name that is too long is; nftables takes 127 characters.
# Seen:    29 characters (the manual names that limit, the tool does not) are left of it. Two prefixes that differ behind that become one.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: log lines that should name the policy by namespace and name cannot be told apart, and the rule that is read back is not
#          the one that was written, so that a comparison by text writes it anew for ever.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 libmnl0

observe() {
  iptables-nft -N LOGGED
  run iptables-nft -A LOGGED -j LOG --log-prefix team-a/allow-from-the-frontend-v1:
  run iptables-nft -A LOGGED -j LOG --log-prefix team-a/allow-from-the-frontend-v2:
  run iptables-nft -S LOGGED
}

expect_seen "$(in_new_network observe)" <<'END'
$ iptables-nft -A LOGGED -j LOG --log-prefix team-a/allow-from-the-frontend-v1:
(exit 0)
$ iptables-nft -A LOGGED -j LOG --log-prefix team-a/allow-from-the-frontend-v2:
(exit 0)
$ iptables-nft -S LOGGED
-N LOGGED
-A LOGGED -j LOG --log-prefix "team-a/allow-from-the-fronten"
-A LOGGED -j LOG --log-prefix "team-a/allow-from-the-fronten"
(exit 0)
END
