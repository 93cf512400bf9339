/** Readings of the host's interfaces: whether two say the same, and what an index is called. */
import type { HostInterfaces } from './node-facts';

export function isSameInterfaces(a: HostInterfaces, b: HostInterfaces): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { index, addresses }] of a) {
    const other = b.get(name);
    if (other?.index !== index || other.addresses.join() !== addresses.join()) return false;
  }
  return true;
}

/** The name of the interface with an index; one that is gone is called by its number. */
export function namesByIndex(interfaces: HostInterfaces): (index: number) => string {
  const names = new Map([...interfaces].map(([name, { index }]) => [index, name] as const));
  return (index) => names.get(index) ?? `interface ${index}`;
}
