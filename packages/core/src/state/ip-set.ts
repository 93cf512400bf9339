/** IP sets: named groups of addresses that rules match by membership. */
import type { Brand } from '../brand';
import type { Cidr, IpAddress } from './address';
import { formatProtocol, type Port, type Protocol } from './protocol';

/** Identifies an IP set. */
export type IpSetKey = Brand<`ipSet/${string}`, 'IpSetKey'>;

/** `address,protocol:port`, the member of an `addressPort` set. */
export type AddressPort = Brand<string, 'AddressPort'>;

/** A member of an IP set: a range, or address, protocol and port. */
export type IpSetMember = Cidr | AddressPort;

/**
 * `net`: ranges (a single address is its /32 or /128). `addressPort`: address, protocol and port together,
 * for named ports and services in rules. A set holds members of both IP families.
 */
export interface IpSet {
  readonly type: 'ipSet';
  /** A function of the set's meaning alone (kind and canonical selector), so that equal sets are one. */
  readonly key: IpSetKey;
  readonly kind: 'net' | 'addressPort';
  readonly members: ReadonlySet<IpSetMember>;
  /** What the set stands for, for people: a canonical selector, a named port. Never put into kernel text. */
  readonly description: string;
}

/** The member of an `addressPort` set for these. */
export function addressPortOf(address: IpAddress, protocol: Protocol, port: Port): AddressPort {
  return `${address},${formatProtocol(protocol)}:${port}` as AddressPort;
}

/** The parts of an `addressPort` member; `protocol` in the form of {@link formatProtocol}. */
export function splitAddressPort(member: AddressPort): {
  readonly address: IpAddress;
  readonly protocol: string;
  readonly port: Port;
} {
  const comma = member.indexOf(',');
  const colon = member.indexOf(':', comma);
  return {
    address: member.slice(0, comma) as IpAddress,
    protocol: member.slice(comma + 1, colon),
    port: Number(member.slice(colon + 1)) as Port,
  };
}
