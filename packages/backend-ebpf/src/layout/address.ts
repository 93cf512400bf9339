/** Addresses of both families in 16 bytes: the IPv4 address a.b.c.d is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
import { addressBits, type Cidr, familyOf, type IpAddress, parseIpAddress, splitCidr } from '@polyplane/core/backend';
import type { Field } from './field';

const BYTES = 16;
/** Bits before the 32 of an IPv4 address. */
const MAPPED_BITS = 96;
const MAPPED_PREFIX = 0xffff;
const IPV4_OFFSET = 12;
const DOT = 46;
const ZERO = 48;

/** `struct pp_address`; absent: all zeros, no address. */
export const ADDRESS: Field<IpAddress | undefined> = {
  size: BYTES,
  alignment: 4,
  write(bytes, at, value) {
    if (value === undefined) bytes.fill(0, at, at + BYTES);
    else if (familyOf(value) === 4) writeIpv4(bytes, at, value);
    else {
      const bits = addressBits(value);
      bytes.writeBigUInt64BE(bits >> 64n, at);
      bytes.writeBigUInt64BE(bits & 0xffff_ffff_ffff_ffffn, at + 8);
    }
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

/** By its characters: services have addresses by the ten thousand. */
function writeIpv4(bytes: Buffer, at: number, value: IpAddress): void {
  bytes.fill(0, at, at + IPV4_OFFSET);
  bytes.writeUInt16BE(MAPPED_PREFIX, at + IPV4_OFFSET - 2);
  let place = at + IPV4_OFFSET;
  let byte = 0;
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code === DOT) {
      bytes[place] = byte;
      place += 1;
      byte = 0;
    } else {
      byte = byte * 10 + code - ZERO;
    }
  }
  bytes[place] = byte;
}
