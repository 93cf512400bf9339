/** Members of IP sets as keys of the one map that holds all sets. */
import { type Cidr, type IpSet, type IpSetMember, parseProtocol, splitAddressPort } from '@polyplane/core/backend';
import { firstAddress, prefixBits } from '../layout/address';
import { IP_SET_KEY } from '../layout/layouts';

/** Bits of a key before the address: the set's number. */
const SET_BITS = 32;
const ADDRESS_BITS = 128;
/** Protocol, a byte that fills, and port. */
const PORT_BITS = 32;

/** What stands under every key: that it is there says all. */
export const IP_SET_VALUE = Buffer.from([1, 0, 0, 0]);

/** @param set the set's number */
export function keyOfRange(set: number, range: Cidr): Buffer {
  return IP_SET_KEY.encode({
    prefix_length: SET_BITS + prefixBits(range),
    set_id: set,
    address: firstAddress(range),
    protocol: 0,
    pad: 0,
    port: 0,
  });
}

/** A member of a set of this kind. */
export function keyOfMember(set: number, kind: IpSet['kind'], member: IpSetMember): Buffer {
  // The kind of a set says which of the two forms all of its members have.
  if (kind === 'net') return keyOfRange(set, member as Cidr);
  const { address, protocol, port } = splitAddressPort(member as Exclude<IpSetMember, Cidr>);
  return IP_SET_KEY.encode({
    prefix_length: SET_BITS + ADDRESS_BITS + PORT_BITS,
    set_id: set,
    address,
    protocol: parseProtocol(protocol),
    pad: 0,
    port,
  });
}

/** All of a set. */
export function keysOfSet(set: number, { kind, members }: IpSet): readonly Buffer[] {
  return [...members].map((member) => keyOfMember(set, kind, member));
}
