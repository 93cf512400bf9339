#!/usr/bin/env bash
# nft cannot read its own JSON listing of a verdict map whose elements go to a chain of the same table.
#
# Guess:   what `nft -j list ruleset` prints, `nft -j -f` takes, as the text form does.
# Seen:    ENOENT without a line: the listing has the map with its elements before the chains, and it is carried out in that order.
# Version: nftables 1.0.6, Debian 12.
# Matters: dispatch by a verdict map (service address to its chain) is the usual form of a proxy on nftables; a JSON backup of such a
#          node cannot be restored.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  cd "$temp"
  nft add table ip t
  nft add chain ip t service
  nft add map ip t services '{ type ipv4_addr : verdict; elements = { 192.0.2.1 : goto service }; }'
  nft list ruleset >ruleset.nft
  nft -j list ruleset >ruleset.json
  nft flush ruleset
  run nft -f ruleset.nft
  nft flush ruleset
  run nft -j -f ruleset.json | sed '/^$/d'
}

expect_seen "$(in_new_network observe)" <<'END'
$ nft -f ruleset.nft
(exit 0)
$ nft -j -f ruleset.json
internal:0:0-0: Error: Could not process rule: No such file or directory
(exit 1)
END
