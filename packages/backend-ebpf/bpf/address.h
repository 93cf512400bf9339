/* Addresses of both families in 16 bytes: an IPv4 address a.b.c.d is ::ffff:a.b.c.d. */
#pragma once

#include "kernel.h"

#define IPV4_MAPPED to_network32(0xffff)

/* Network order. */
struct pp_address {
	__u32 word[4];
};

INLINE bool is_same_address(const struct pp_address *a, const struct pp_address *b)
{
	return ((a->word[0] ^ b->word[0]) | (a->word[1] ^ b->word[1]) | (a->word[2] ^ b->word[2]) |
		(a->word[3] ^ b->word[3])) == 0;
}

INLINE bool is_no_address(const struct pp_address *a)
{
	return (a->word[0] | a->word[1] | a->word[2] | a->word[3]) == 0;
}

INLINE bool is_ipv4(const struct pp_address *a)
{
	return (a->word[0] | a->word[1]) == 0 && a->word[2] == IPV4_MAPPED;
}

/* 127.0.0.0/8, ::1 */
INLINE bool is_loopback(const struct pp_address *a)
{
	if (is_ipv4(a)) return (to_host32(a->word[3]) >> 24) == 127;
	return (a->word[0] | a->word[1] | a->word[2]) == 0 && a->word[3] == to_network32(1);
}

/* fe80::/10 */
INLINE bool is_link_local(const struct pp_address *a)
{
	return (to_host32(a->word[0]) >> 22) == (0xfe800000u >> 22);
}

/* An IPv6 address that never leaves its link: fe80::/10, ff02::/16. */
INLINE bool is_link_scope(const struct pp_address *a)
{
	return is_link_local(a) || (to_host32(a->word[0]) >> 16) == 0xff02;
}

/* An order that both directions of a flow agree on; it need mean nothing else. */
INLINE bool is_address_before(const struct pp_address *a, const struct pp_address *b)
{
	if (a->word[3] != b->word[3]) return a->word[3] < b->word[3];
	if (a->word[2] != b->word[2]) return a->word[2] < b->word[2];
	if (a->word[1] != b->word[1]) return a->word[1] < b->word[1];
	return a->word[0] < b->word[0];
}
