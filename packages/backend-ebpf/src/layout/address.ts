/** Addresses of both families in 16 bytes: the IPv4 address a.b.c.d is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
import { addressBits, type Cidr, familyOf, type IpAddress, parseIpAddress, splitCidr } from '@polyplane/core/backend';
import type { Field } from './field';

const BYTES = 16;
/** Bits before the 32 of an IPv4 address. */
const MAPPED_BITS = 96;
const MAPPED_PREFIX = 0xffffn << 32n;

/** `struct pp_address`; absent: all zeros, no address. */
export const ADDRESS: Field<IpAddress | undefined> = {
  size: BYTES,
  alignment: 4,
  write(bytes, at, value) {
    const bits = value === undefined ? 0n : addressBits(value) | (familyOf(value) === 4 ? MAPPED_PREFIX : 0n);
    bytes.writeBigUInt64BE(bits >> 64n, at);
    bytes.writeBigUInt64BE(bits & 0xffff_ffff_ffff_ffffn, at + 8);
  },
  read(bytes, at) {
    const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(at + index * 2).toString(16));
    const text = groups.join(':');
    return text === '0:0:0:0:0:0:0:0' ? undefined : parseIpAddress(text);
  },
  // In C it is a structure of one array of words.
  layout: (name, offset) => [{ name: `${name}.word`, offset, size: BYTES }],
};

/** How many of the 128 bits a range fixes. */
export function prefixBits(cidr: Cidr): number {
  const { length } = splitCidr(cidr);
  return familyOf(cidr) === 4 ? MAPPED_BITS + length : length;
}

/** The first address of a range. */
export function firstAddress(cidr: Cidr): IpAddress {
  return splitCidr(cidr).address;
}
