/** The host's interfaces and their addresses: what tells which of them a host endpoint with expected addresses means. */
import type { IpAddress } from '../state';

/** Interface name -> its addresses. */
export type HostLinks = ReadonlyMap<string, readonly IpAddress[]>;

/** True when both say the same of every interface. */
export function isSameLinks(a: HostLinks, b: HostLinks): boolean {
  if (a.size !== b.size) return false;
  for (const [name, addresses] of a) if (b.get(name)?.join() !== addresses.join()) return false;
  return true;
}
