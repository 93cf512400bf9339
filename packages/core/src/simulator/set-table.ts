/** The node's IP sets, asked by key for membership. A set that is not there has no members. */
import type { AddressPort, Cidr, IpSet, IpSetKey, IpSetMember } from '../state';
import { type AddressValue, NetSet } from './address-value';

export class SetTable {
  private readonly descriptions = new Map<IpSetKey, string>();
  private readonly nets = new Map<IpSetKey, NetSet>();
  private readonly addressPorts = new Map<IpSetKey, Set<IpSetMember>>();

  put(set: IpSet): void {
    this.remove(set.key);
    this.descriptions.set(set.key, set.description);
    // The kind of a set says which of the two forms all of its members have.
    if (set.kind === 'net') this.nets.set(set.key, NetSet.of(set.members as ReadonlySet<Cidr>));
    else this.addressPorts.set(set.key, new Set(set.members));
  }

  remove(key: IpSetKey): void {
    this.descriptions.delete(key);
    this.nets.delete(key);
    this.addressPorts.delete(key);
  }

  changeMembers(key: IpSetKey, added: readonly IpSetMember[], removed: readonly IpSetMember[]): void {
    // As in `put`: whichever of the two exists has members of its form only.
    const set = this.nets.get(key) ?? this.addressPorts.get(key);
    if (set === undefined) return;
    for (const member of removed) set.delete(member as Cidr);
    for (const member of added) set.add(member as Cidr);
  }

  hasAddress(key: IpSetKey, value: AddressValue): boolean {
    return this.nets.get(key)?.contains(value) ?? false;
  }

  /** An end without a port is in no such set. */
  hasAddressPort(key: IpSetKey, member: AddressPort | undefined): boolean {
    return member !== undefined && (this.addressPorts.get(key)?.has(member) ?? false);
  }

  /** What the set stands for, for people. */
  describe(key: IpSetKey): string {
    return this.descriptions.get(key) ?? `${key} (not there)`;
  }
}
