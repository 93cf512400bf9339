#!/usr/bin/env bash
# `conntrack -o xml` leaves out the type, code and id of ICMP: two different entries have the same XML.
#
# Guess:   each entry's tuple is complete in XML, as it is in text and in the form for restoring.
# Seen:    an empty <layer4>; only the use count and the kernel's own number of the entry tell two pings of one pair apart.
# Version: conntrack-tools 1.4.7 with libnetfilter-conntrack 1.0.9, Debian 12.
# Matters: whoever keys connections by the tuple read from XML folds all pings between two addresses into one, and cannot delete one.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages conntrack=1:1.4.7-1+b2 libnetfilter-conntrack3=1.0.9-3 libnfnetlink0 libmnl0

observe() {
  local id
  for id in 1 2; do
    conntrack -I -p icmp -s 192.0.2.1 -d 192.0.2.2 --icmp-type 8 --icmp-code 0 --icmp-id "$id" -t 600 2>/dev/null
  done
  conntrack -L -p icmp 2>/dev/null | grep -o 'src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=[0-9]*' | sort
  conntrack -L -p icmp -o xml 2>/dev/null | grep -o '<meta direction="original">.*</meta><meta direction="reply">'
}

expect_seen "$(in_new_network observe)" <<'END'
src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=1
src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=2
<meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>192.0.2.1</src><dst>192.0.2.2</dst></layer3><layer4 protonum="1" protoname="icmp"></layer4></meta><meta direction="reply">
<meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>192.0.2.1</src><dst>192.0.2.2</dst></layer3><layer4 protonum="1" protoname="icmp"></layer4></meta><meta direction="reply">
END
