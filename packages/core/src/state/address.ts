/** IP addresses and address ranges in canonical text, made only by their parsers. */
import ipaddr from 'ipaddr.js';
import type { Brand } from '../brand';
import { CoreError } from '../core-error';

/** IP version. */
export type IpFamily = 4 | 6;

/** An IPv4 (dotted decimal, no leading zeros) or IPv6 (RFC 5952) address. */
export type IpAddress = Brand<string, 'IpAddress'>;

/** An address range `address/length` with all host bits zero. */
export type Cidr = Brand<string, 'Cidr'>;

/** Before the IPv4 address in a mapped one (RFC 4291, 2.5.5.2). */
const MAPPED_BITS = 96;

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Reads an address; an IPv4-mapped IPv6 address becomes its IPv4 address, a zone (`%eth0`) is refused.
 * @throws CoreError PP_ADDRESS_INVALID
 */
export function parseIpAddress(text: string): IpAddress {
  // The pattern accepts canonical IPv4 only, so the text is its own canonical form.
  if (IPV4.test(text)) return text as IpAddress;
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) {
    const address = ipaddr.IPv6.parse(text);
    return (
      address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String()
    ) as IpAddress;
  }
  throw new CoreError('PP_ADDRESS_INVALID', `${JSON.stringify(shorten(text))} is not an IP address`);
}

/** True when {@link parseIpAddress} accepts the text. */
export function isIpAddress(text: string): boolean {
  return IPV4.test(text) || (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text));
}

/**
 * Reads `address/length`, or a bare address as its /32 or /128; host bits are cleared. A range of IPv4-mapped IPv6 addresses becomes
 * its IPv4 range, as Go reads it: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
 * @throws CoreError PP_ADDRESS_INVALID
 */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  if (slash < 0) return cidrOf(parseIpAddress(text));
  const lengthText = text.slice(slash + 1);
  const address = parseIpAddress(text.slice(0, slash));
  const bits = familyOf(address) === 4 ? 32 : 128;
  const isMapped = bits === 32 && text.includes(':');
  const written = /^(0|[1-9]\d{0,2})$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  const length = isMapped ? written - MAPPED_BITS : written;
  if (!(length >= 0 && length <= bits)) {
    throw new CoreError('PP_ADDRESS_INVALID', `${JSON.stringify(shorten(text))} is not an address range`);
  }
  return `${networkAddress(address, length)}/${length}` as Cidr;
}

/** The range that holds exactly this address. */
export function cidrOf(address: IpAddress): Cidr {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}` as Cidr;
}

/** The IP version of an address or a range. */
export function familyOf(value: IpAddress | Cidr): IpFamily {
  return value.includes(':') ? 6 : 4;
}

/** Address bits of `cidr`'s first address and its prefix length. */
export function splitCidr(cidr: Cidr): { readonly address: IpAddress; readonly length: number } {
  const slash = cidr.indexOf('/');
  return { address: cidr.slice(0, slash) as IpAddress, length: Number(cidr.slice(slash + 1)) };
}

/** The address as an unsigned integer: 32 bits for IPv4, 128 for IPv6. */
export function addressBits(address: IpAddress): bigint {
  return ipaddr
    .parse(address)
    .toByteArray()
    .reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** True when `address` is of `cidr`'s family and lies in it. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const { address: network, length } = splitCidr(cidr);
  if (familyOf(network) !== familyOf(address)) return false;
  const hostBits = BigInt((familyOf(network) === 4 ? 32 : 128) - length);
  return addressBits(network) >> hostBits === addressBits(address) >> hostBits;
}

function networkAddress(address: IpAddress, length: number): string {
  const parsed = ipaddr.parse(address);
  const bytes = parsed.toByteArray().map((byte, index) => {
    const keep = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff << (8 - keep));
  });
  const network = ipaddr.fromByteArray(bytes);
  return network instanceof ipaddr.IPv6 ? network.toRFC5952String() : network.toString();
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
