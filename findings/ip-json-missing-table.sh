#!/usr/bin/env bash
# `ip -j route show table N` prints a lone `[` when the table has never held a route.
#
# Guess:   `[]`, as for a table that has been emptied, or nothing at all beside the error.
# Seen:    the array is opened and never closed; exit 2. A table whose only route was taken away gives `[]` and exit 0.
# Version: iproute2 6.1.0, Debian 12 (seen on Linux 6.18).
# Matters: an agent's own routing table is not there at its first start. A reader that parses before it looks at the exit code fails
#          on broken JSON just then, and on no later run.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages iproute2=6.1.0-3 libbpf1 libelf1 libmnl0 libbsd0 libmd0

observe() {
  ip link set lo up
  run ip -j route show table 200
  ip route add 192.0.2.0/24 dev lo table 200
  ip route del 192.0.2.0/24 dev lo table 200
  run ip -j route show table 200
}

# The lone bracket has no line end, so the exit code stands behind it.
expect_seen "$(in_new_network observe)" <<'END'
$ ip -j route show table 200
Error: ipv4: FIB table does not exist.
Dump terminated
[(exit 2)
$ ip -j route show table 200
[]
(exit 0)
END
