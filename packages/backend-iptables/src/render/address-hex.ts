/** Addresses as hexadecimal digits, four bits each: the keys of prefix trees. */
import { addressBits, type Cidr, familyOf, type IpAddress, type IpFamily, parseCidr } from '@polyplane/core/backend';

/** 8 digits for IPv4, 32 for IPv6. */
export function addressHex(address: IpAddress): string {
  if (familyOf(address) === 6) return addressBits(address).toString(16).padStart(32, '0');
  let hex = '';
  for (const part of address.split('.')) hex += Number(part).toString(16).padStart(2, '0');
  return hex;
}

/** The range of all addresses whose digits begin with `prefix`. */
export function cidrOfHexPrefix(family: IpFamily, prefix: string): Cidr {
  const digits = prefix.padEnd(family === 4 ? 8 : 32, '0');
  const address =
    family === 4
      ? (digits.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.')
      : (digits.match(/..../g) ?? []).join(':');
  return parseCidr(`${address}/${prefix.length * 4}`);
}
