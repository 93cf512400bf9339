/** Whether two readings of the host's interfaces say the same. */
import type { HostInterfaces } from './node-facts';

export function isSameInterfaces(a: HostInterfaces, b: HostInterfaces): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { index, addresses }] of a) {
    const other = b.get(name);
    if (other?.index !== index || other.addresses.join() !== addresses.join()) return false;
  }
  return true;
}
