/** IP protocols and layer-4 ports, made only by their parsers. */
import type { Brand } from '../brand';
import { CoreError } from '../core-error';

/** An IP protocol number, 0-255 (IANA protocol-numbers; IPv6 next header). */
export type Protocol = Brand<number, 'Protocol'>;

/** A layer-4 port, 1-65535; 0 only as the lower end of a {@link PortRange}. */
export type Port = Brand<number, 'Port'>;

/** Ports `first`..`last`, both included. */
export interface PortRange {
  readonly first: Port;
  readonly last: Port;
}

/** ICMP for IPv4: protocol 1. */
export const ICMP = 1 as Protocol;
/** TCP: protocol 6. */
export const TCP = 6 as Protocol;
/** UDP: protocol 17. */
export const UDP = 17 as Protocol;
/** ICMP for IPv6: protocol 58. */
export const ICMPV6 = 58 as Protocol;
/** SCTP: protocol 132. */
export const SCTP = 132 as Protocol;
/** UDP-Lite: protocol 136. */
export const UDPLITE = 136 as Protocol;

const NUMBERS: Readonly<Record<string, Protocol>> = {
  icmp: ICMP,
  tcp: TCP,
  udp: UDP,
  icmpv6: ICMPV6,
  sctp: SCTP,
  udplite: UDPLITE,
};
const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name]));

/**
 * Reads a protocol's name (any case) or number.
 * @throws CoreError PP_ADDRESS_INVALID
 */
export function parseProtocol(value: string | number): Protocol {
  const byName = typeof value === 'string' ? NUMBERS[value.toLowerCase()] : undefined;
  if (byName !== undefined) return byName;
  const number = typeof value === 'number' ? value : /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number <= 255) return number as Protocol;
  throw new CoreError('PP_ADDRESS_INVALID', `${JSON.stringify(String(value).slice(0, 40))} is not an IP protocol`);
}

/** The protocol's lower-case name, or its number in decimal where it has none here. */
export function formatProtocol(protocol: Protocol): string {
  return NAMES.get(protocol) ?? String(protocol);
}

/** True for protocols whose packets carry ports that rules can match: TCP, UDP, SCTP, UDPLite. */
export function hasPorts(protocol: Protocol): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === UDPLITE;
}

/**
 * Reads a port number.
 * @throws CoreError PP_ADDRESS_INVALID
 */
export function parsePort(value: number): Port {
  if (Number.isInteger(value) && value >= 1 && value <= 65535) return value as Port;
  throw new CoreError('PP_ADDRESS_INVALID', `${String(value).slice(0, 40)} is not a port (1-65535)`);
}

/**
 * Reads a port range; 0 is allowed as its lower end.
 * @throws CoreError PP_ADDRESS_INVALID when an end is no port or the ends are in the wrong order
 */
export function parsePortRange(first: number, last: number): PortRange {
  const inRange = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65535;
  if (inRange(first) && inRange(last) && first <= last) return { first: first as Port, last: last as Port };
  throw new CoreError('PP_ADDRESS_INVALID', `${first}:${last} is not a port range`);
}
