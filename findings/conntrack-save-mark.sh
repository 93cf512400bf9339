#!/usr/bin/env bash
# `conntrack -L -o save` leaves out the mark of a connection.
#
# Guess:   what is saved and given back with -R is the same entry; the listing shows a mark and -I takes one.
# Seen:    everything else of the entry comes back, also its zone; the mark is 0.
# Version: conntrack-tools 1.4.7, Debian 12.
# Matters: proxies and policies keep their decision for a connection in its mark. Entries that are moved or kept across a restart
#          this way lose it, and established connections take another path than the one they began with.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages conntrack=1:1.4.7-1+b2 libnetfilter-conntrack3=1.0.9-3 libnfnetlink0 libmnl0

observe() {
  cd "$temp"
  conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 53 -t 600 -w 7 -m 5 2>/dev/null
  conntrack -L 2>/dev/null | grep -o 'mark=.*'
  conntrack -L -o save 2>/dev/null | tee saved | sed 's/-t [0-9]*/-t .../'
  conntrack -F 2>/dev/null
  run conntrack -R saved
  conntrack -L 2>/dev/null | grep -o 'mark=.*'
}

expect_seen "$(in_new_network observe)" <<'END'
mark=5 zone=7 use=1
-A -t ... -u UNSET -w 7 -s 192.0.2.1 -d 192.0.2.2 -r 192.0.2.2 -q 192.0.2.1 -p udp --sport 1000 --dport 53 --reply-port-src 53 --reply-port-dst 1000
$ conntrack -R saved
(exit 0)
mark=0 zone=7 use=1
END
