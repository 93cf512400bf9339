/** Socket addresses in the kernel's layout: `sockaddr_in` (ip(7)) and `sockaddr_in6` (ipv6(7)). */
import { addressBits, familyOf, type IpAddress, type Port, parseIpAddress, parsePort } from '@polyplane/core';
import { AF_INET, AF_INET6 } from '@polyplane/linux';

/** An address with a port; no port where the protocol has none. */
export interface SocketAddress {
  readonly address: IpAddress;
  readonly port?: Port;
}

/** Room for either layout. */
export const SOCKET_ADDRESS_BYTES = 28;
const IPV4_BYTES = 16;

/** The address family constant that `socket()` wants for an address. */
export function socketFamilyOf(address: IpAddress): number {
  return familyOf(address) === 4 ? AF_INET : AF_INET6;
}

/** Without a port: 0, by which the kernel means any. */
export function encodeSocketAddress({
  address,
  port = 0,
}: {
  readonly address: IpAddress;
  readonly port?: Port | 0;
}): Buffer {
  const isIpv4 = familyOf(address) === 4;
  const bytes = Buffer.alloc(isIpv4 ? IPV4_BYTES : SOCKET_ADDRESS_BYTES);
  bytes.writeUInt16LE(socketFamilyOf(address), 0);
  bytes.writeUInt16BE(port, 2);
  if (isIpv4) bytes.writeUInt32BE(Number(addressBits(address)), 4);
  else bytes.write(addressBits(address).toString(16).padStart(32, '0'), 8, 'hex');
  return bytes;
}

/** @throws CoreError PP_ADDRESS_INVALID for bytes that hold no address with a port */
export function decodeSocketAddress(bytes: Buffer): Required<SocketAddress> {
  return { address: decodeAddress(bytes), port: parsePort(bytes.readUInt16BE(2)) };
}

/** The address alone, of sockets of protocols without ports. */
export function decodeAddress(bytes: Buffer): IpAddress {
  if (bytes.readUInt16LE(0) === AF_INET) return parseIpAddress(bytes.subarray(4, 8).join('.'));
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + index * 2).toString(16));
  return parseIpAddress(groups.join(':'));
}
