/** What a raw socket hands over: with the IP header on IPv4 (raw(7)), without on IPv6 (ipv6(7)). */
import type { IpFamily } from '@polyplane/core';

export function ipPayload(family: IpFamily, datagram: Buffer): Buffer {
  if (family === 6 || datagram.length === 0) return datagram;
  const headerWords = datagram.readUInt8(0) & 0x0f;
  return datagram.subarray(headerWords * 4);
}
