#!/usr/bin/env bash
# `iptables-nft-restore --test` passes a rule for a chain that is not there, and refuses one for an ipset that is not there.
#
# Guess:   the test asks what the restore would ask, as `nft --check` does: what passes the test is taken a moment later.
# Seen:    the missing chain passes with exit 0 and fails in earnest; the missing set fails in the test already. The
#          manual says no more than that the rules are parsed and constructed; a match's parser may ask the kernel, the restore does not.
# Version: iptables 1.8.9 (nf_tables), Debian 12.
# Matters: an agent cannot test a restore before it writes; a test that passed says little more than that the text can be parsed.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iptables=1.8.9-2 libxtables12=1.8.9-2 libnftnl11=1.2.4-2 libmnl0

observe() {
  printf '*filter\n-A NOT-THERE -j DROP\nCOMMIT\n' >"$temp/chain"
  printf '*filter\n-A INPUT -m set --match-set not-there src -j DROP\nCOMMIT\n' >"$temp/set"
  cd "$temp"
  run iptables-nft-restore --test --noflush chain
  run iptables-nft-restore --noflush chain
  run iptables-nft-restore --test --noflush set | sed -n '1,2p;$p'
}

expect_seen "$(in_new_network observe)" <<'END'
$ iptables-nft-restore --test --noflush chain
(exit 0)
$ iptables-nft-restore --noflush chain
iptables-nft-restore: line 2 failed: No chain/target/match by that name.
(exit 1)
$ iptables-nft-restore --test --noflush set
iptables-nft-restore v1.8.9 (nf_tables): Set not-there doesn't exist.
(exit 2)
END
