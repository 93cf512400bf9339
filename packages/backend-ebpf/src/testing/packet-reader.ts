/** Reads a packet that a program changed or made, and holds its checksums against its bytes. */
import { ICMP, ICMPV6, TCP, UDP } from '@polyplane/core/backend';
import { checksumOf, readAddress } from './packet-bytes';

/** What a packet says. */
export interface ReadPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  /** Of an ICMP query: its identifier. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly flags?: number;
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Of an ICMP error: the packet that it is about, as far as it is quoted. */
  readonly quoted?: ReadPacket;
}

const ETHERNET_BYTES = 14;

/** @throws Error when a checksum is wrong */
export function readPacket(packet: Buffer): ReadPacket {
  return readIp(packet.subarray(ETHERNET_BYTES), true);
}

function readIp(bytes: Buffer, isWhole: boolean): ReadPacket {
  const isSix = (bytes[0] ?? 0) >> 4 === 6;
  const headerBytes = isSix ? 40 : ((bytes[0] ?? 0) & 0xf) * 4;
  if (!isSix && checksumOf(bytes.subarray(0, headerBytes)) !== 0) throw new Error('wrong IPv4 checksum');
  const from = readAddress(bytes, isSix ? 8 : 12, isSix ? 16 : 4);
  const to = readAddress(bytes, isSix ? 24 : 16, isSix ? 16 : 4);
  const protocol = bytes.readUInt8(isSix ? 6 : 9);
  const total = isSix ? 40 + bytes.readUInt16BE(4) : bytes.readUInt16BE(2);
  const isLaterFragment = !isSix && (bytes.readUInt16BE(6) & 0x1fff) !== 0;
  const ends = { from, to, protocol };
  if (isLaterFragment) return ends;
  const segment = bytes.subarray(headerBytes, isWhole ? total : bytes.length);
  const isFirstFragment = !isSix && (bytes.readUInt16BE(6) & 0x2000) !== 0;
  if (isWhole && !isFirstFragment) assertChecksum(bytes, segment, protocol, isSix);
  return { ...ends, ...readSegment(segment, protocol) };
}

function readSegment(segment: Buffer, protocol: number): Partial<ReadPacket> {
  if (protocol === TCP || protocol === UDP) {
    const ports = { sourcePort: segment.readUInt16BE(0), destinationPort: segment.readUInt16BE(2) };
    return protocol === TCP && segment.length > 13 ? { ...ports, flags: segment.readUInt8(13) } : ports;
  }
  if (protocol !== ICMP && protocol !== ICMPV6) return {};
  const icmp = { type: segment.readUInt8(0), code: segment.readUInt8(1) };
  const isError = protocol === ICMP ? [3, 4, 5, 11, 12].includes(icmp.type) : icmp.type < 128;
  if (isError) return { icmp, quoted: readIp(segment.subarray(8), false) };
  return { icmp, sourcePort: segment.readUInt16BE(4) };
}

function assertChecksum(ip: Buffer, segment: Buffer, protocol: number, isSix: boolean): void {
  if (protocol !== TCP && protocol !== UDP && protocol !== ICMP && protocol !== ICMPV6) return;
  if (protocol === UDP && segment.readUInt16BE(6) === 0) return;
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(segment.length, 0);
  tail.writeUInt32BE(protocol, 4);
  const ends = isSix ? ip.subarray(8, 40) : ip.subarray(12, 20);
  const covered = protocol === ICMP ? segment : Buffer.concat([ends, tail, segment]);
  if (checksumOf(covered) !== 0) throw new Error(`wrong checksum of protocol ${protocol}`);
}
