#!/usr/bin/env bash
# ipset makes a set with a blank in its name, and cannot restore what it saves of it.
#
# Guess:   such a name is refused, or quoted by `save`, as comments are.
# Seen:    it is made, listed and used; `save` prints the name bare, and `restore` takes its second word for the type.
# Version: ipset 7.17, Debian 12.
# Matters: one set of somebody else with such a name makes the save of the whole node unusable for a restore, and a reader of
#          `ipset save` that splits at blanks takes the wrong word for the type.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages ipset=7.17-1 libipset13=7.17-1 libmnl0

observe() {
  cd "$temp"
  run ipset create 'a b' hash:ip
  run ipset add 'a b' 192.0.2.1
  ipset save | tee saved | sed 's/ family .*//'
  ipset destroy 'a b'
  run ipset restore -file saved
}

expect_seen "$(in_new_network observe)" <<'END'
$ ipset create a b hash:ip
(exit 0)
$ ipset add a b 192.0.2.1
(exit 0)
create a b hash:ip
add a b 192.0.2.1
$ ipset restore -file saved
ipset v7.17: Error in line 1: Syntax error: typename 'b' is unknown
(exit 1)
END
