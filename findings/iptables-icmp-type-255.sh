#!/usr/bin/env bash
# To iptables the ICMP type 255 is the word `any`; to ip6tables the ICMPv6 type 255 is that type.
#
# Guess:   `--icmp-type 255` matches packets of type 255, like every other number of the byte, in both families.
# Seen:    for IPv4 it is kept as `any`, and in nftables' words the rule has no type left; for IPv6 the number stays, and `any` is
#          not a word.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: a policy that allows one ICMP type by number allows all of them with this number. It has to be refused before it is
#          rendered, and for IPv4 only.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  iptables-nft -N FOUR
  ip6tables-nft -N SIX
  run iptables-nft -A FOUR -p icmp --icmp-type 254 -j ACCEPT
  run iptables-nft -A FOUR -p icmp --icmp-type 255 -j ACCEPT
  run iptables-nft -S FOUR
  nft list chain ip filter FOUR 2>/dev/null | sed -n 's/^\t\t//p'
  run ip6tables-nft -A SIX -p icmpv6 --icmpv6-type 255 -j ACCEPT
  run ip6tables-nft -S SIX
}

expect_seen "$(in_new_network observe)" <<'END'
$ iptables-nft -A FOUR -p icmp --icmp-type 254 -j ACCEPT
(exit 0)
$ iptables-nft -A FOUR -p icmp --icmp-type 255 -j ACCEPT
(exit 0)
$ iptables-nft -S FOUR
-N FOUR
-A FOUR -p icmp -m icmp --icmp-type 254 -j ACCEPT
-A FOUR -p icmp -m icmp --icmp-type any -j ACCEPT
(exit 0)
meta l4proto icmp xt match icmp counter packets 0 bytes 0 accept
meta l4proto icmp ip protocol icmp counter packets 0 bytes 0 accept
$ ip6tables-nft -A SIX -p icmpv6 --icmpv6-type 255 -j ACCEPT
(exit 0)
$ ip6tables-nft -S SIX
-N SIX
-A SIX -p ipv6-icmp -m icmp6 --icmpv6-type 255 -j ACCEPT
(exit 0)
END
