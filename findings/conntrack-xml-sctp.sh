#!/usr/bin/env bash
# `conntrack -o xml` writes the state of an SCTP connection with TCP's names: what is established there reads FIN_WAIT.
#
# Guess:   the XML form, meant for programs, names the same state as the text form.
# Seen:    ESTABLISHED in text, FIN_WAIT in XML. The state's number, 4, stands for FIN_WAIT among TCP's.
# Version: conntrack-tools 1.4.7 with libnetfilter-conntrack 1.0.9, Debian 12.
# Matters: SCTP services are part of Kubernetes; a check that counts live connections before a switch by the XML form sees them as
#          closing.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

needs_root
debian_packages conntrack=1:1.4.7-1+b2 libnetfilter-conntrack3=1.0.9-3 libnfnetlink0 libmnl0

observe() {
  conntrack -I -p sctp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 80 -t 600 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 \
    2>/dev/null
  conntrack -L -p sctp 2>/dev/null | grep -o '[A-Z_]* src=192.0.2.1'
  conntrack -L -p sctp -o xml 2>/dev/null | grep -o '<state>.*</state>'
}

expect_seen "$(in_new_network observe)" <<'END'
ESTABLISHED src=192.0.2.1
<state>FIN_WAIT</state>
END
