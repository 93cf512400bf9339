#!/usr/bin/env bash
# nft cannot read its own JSON listing of a map to an address and a port.
#
# Guess:   the type of a map's data is written as the type of its key is, a list where it is a concatenation, and is read again.
# Seen:    the key's type is a list; the data's type is one string, "ipv4_addr . inet_service", which the reader calls invalid.
# Version: nftables 1.0.6, Debian 12.
# Matters: a map from a number to an endpoint's address and port is how a service's endpoints are written for nftables; a program
#          that keeps to the JSON form can list them but not write them as listed.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 \
  libmnl0 libjansson4 libedit2 libgmp10 libbsd0 libmd0

observe() {
  cd "$temp"
  nft add table ip t
  nft add map ip t endpoints '{ type ipv4_addr . inet_service : ipv4_addr . inet_service; }'
  nft add element ip t endpoints '{ 192.0.2.1 . 80 : 10.0.0.1 . 8080 }'
  nft -j list ruleset >ruleset.json
  grep -o '"type": \[[^]]*\]' ruleset.json
  grep -o '"map": "[^"]*"' ruleset.json
  nft flush ruleset
  run nft -j -f ruleset.json | sed '/^$/d'
}

expect_seen "$(in_new_network observe)" <<'END'
"type": ["ipv4_addr", "inet_service"]
"map": "ipv4_addr . inet_service"
$ nft -j -f ruleset.json
internal:0:0-0: Error: Invalid map type 'ipv4_addr . inet_service'.
internal:0:0-0: Error: Parsing command array at index 2 failed.
(exit 1)
END
