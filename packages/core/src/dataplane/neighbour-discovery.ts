/** What IPv6 needs on a link as IPv4 needs ARP: policy judges ICMPv6 packets, and must not judge these. */
import { ICMPV6, type IcmpMatch, type Protocol } from '../state';

/**
 * Types of ICMPv6 by which neighbours find each other: multicast listener query, report, done and report of version 2, router
 * solicitation, neighbour solicitation and advertisement (RFC 4861, RFC 3810). Router advertisements are not among them: they say
 * where packets go, and whether anybody may say that is for policy.
 */
export const NEIGHBOUR_DISCOVERY_TYPES: readonly number[] = [130, 131, 132, 133, 135, 136, 143];

/** True for such a message. */
export function isNeighbourDiscovery(protocol: Protocol, icmp: IcmpMatch | undefined): boolean {
  return protocol === ICMPV6 && icmp !== undefined && NEIGHBOUR_DISCOVERY_TYPES.includes(icmp.type);
}
