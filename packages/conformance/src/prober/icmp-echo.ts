/** ICMP and ICMPv6 echo messages (RFC 792, RFC 4443). */
import type { IpFamily } from '@polyplane/core';

export interface Echo {
  readonly kind: 'request' | 'reply';
  readonly id: number;
  readonly data: Buffer;
}

const TYPES = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const HEADER_BYTES = 8;

/** The kernel fills in the checksum of ICMPv6, which covers addresses too. */
export function encodeEcho({ family, kind, id, data }: Echo & { readonly family: IpFamily }): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(TYPES[family][kind], 0);
  header.writeUInt16BE(id, 4);
  const message = Buffer.concat([header, data]);
  if (family === 4) message.writeUInt16BE(internetChecksum(message), 2);
  return message;
}

/** Undefined for any other message. */
export function parseEcho(family: IpFamily, message: Buffer): Echo | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const type = message.readUInt8(0);
  const kind = type === TYPES[family].request ? 'request' : type === TYPES[family].reply ? 'reply' : undefined;
  return kind && { kind, id: message.readUInt16BE(4), data: message.subarray(HEADER_BYTES) };
}

/** RFC 1071. */
export function internetChecksum(data: Buffer): number {
  let sum = 0;
  for (let index = 0; index < data.length; index += 2) {
    sum += index + 1 < data.length ? data.readUInt16BE(index) : data.readUInt8(index) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
