/* Fragments: the first tells the ports, those after it are known by addresses and identification. */
#pragma once

#include "maps.h"

INLINE void fragment_key(const struct pp_scratch *s, struct pp_fragment_key *key)
{
	key->saddr = s->wire_saddr;
	key->daddr = s->wire_daddr;
	key->id = s->fragment_id;
	key->protocol = s->packet.protocol;
}

/* The first fragment is remembered; a later one gets its ports, or is one whose ports nobody knows. */
FUNCTION void follow_fragment(struct pp_scratch *s)
{
	struct pp_fragment_key key;
	fragment_key(s, &key);
	if (s->has_l4) {
		struct pp_fragment ports = {.sport = s->wire_sport, .dport = s->wire_dport};
		bpf_map_update_elem(&pp_fragments, &key, &ports, BPF_ANY);
		return;
	}
	struct pp_fragment *first = bpf_map_lookup_elem(&pp_fragments, &key);
	if (!first) {
		s->packet.flags |= PP_PORTS_UNKNOWN;
		return;
	}
	s->wire_sport = first->sport;
	s->wire_dport = first->dport;
}
