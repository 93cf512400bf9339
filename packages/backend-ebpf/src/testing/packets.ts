/** Packets as bytes, made and read by specs that send them through the programs: Ethernet, IPv4 or IPv6, and what lies above. */
import { ICMP, ICMPV6, TCP, UDP } from '@polyplane/core/backend';
import { checksumOf, isAddressOfSix, writeAddress } from './packet-bytes';

/** TCP's flags. */
export const SYN = 0x02;
export const ACK = 0x10;
export const RST = 0x04;
export const FIN = 0x01;

/** What a packet is made of. */
export interface PacketSpec {
  readonly from: string;
  readonly to: string;
  /** Default TCP. */
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Of TCP; default SYN. */
  readonly flags?: number;
  /** Of ICMP; its identifier is `sourcePort`. */
  readonly icmp?: { readonly type: number; readonly code?: number };
  /** What follows the layer-4 header. */
  readonly payload?: Buffer;
  /** IPv4 options, a multiple of four bytes. */
  readonly options?: Buffer;
  /** IPv6 extension headers: the type of each and its bytes, whose first byte is set here. */
  readonly extensions?: readonly { readonly type: number; readonly bytes: Buffer }[];
  /** IPv4: offset in bytes, and whether more come. */
  readonly fragment?: { readonly offset: number; readonly hasMore: boolean; readonly id: number };
  /** UDP without a checksum. */
  readonly isUnchecked?: boolean;
}

const ETHERNET_BYTES = 14;
const MAC_OF_NODE = Buffer.from('eeeeeeeeeeee', 'hex');
const MAC_OF_PEER = Buffer.from('0200000000aa', 'hex');

/** The packet's bytes with every checksum right. */
export function buildPacket(spec: PacketSpec): Buffer {
  const isSix = isAddressOfSix(spec.from);
  const segment = spec.fragment !== undefined && spec.fragment.offset > 0 ? payloadOf(spec) : buildSegment(spec);
  const ethernet = Buffer.alloc(ETHERNET_BYTES);
  MAC_OF_NODE.copy(ethernet, 0);
  MAC_OF_PEER.copy(ethernet, 6);
  ethernet.writeUInt16BE(isSix ? 0x86dd : 0x0800, 12);
  return Buffer.concat([ethernet, isSix ? buildIpv6(spec, segment.length) : buildIpv4(spec, segment.length), segment]);
}

function payloadOf({ payload }: PacketSpec): Buffer {
  return payload ?? Buffer.from('question');
}

function protocolOf({ protocol = TCP }: PacketSpec): number {
  return protocol;
}

function buildIpv4(spec: PacketSpec, payloadBytes: number): Buffer {
  const { options = Buffer.alloc(0), fragment } = spec;
  const header = Buffer.concat([Buffer.alloc(20), options]);
  header.writeUInt8(0x40 | (header.length / 4), 0);
  header.writeUInt16BE(header.length + payloadBytes, 2);
  header.writeUInt16BE(fragment?.id ?? 7, 4);
  header.writeUInt16BE(fragment === undefined ? 0x4000 : (fragment.hasMore ? 0x2000 : 0) | (fragment.offset / 8), 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocolOf(spec), 9);
  writeAddress(header, spec.from, 12);
  writeAddress(header, spec.to, 16);
  header.writeUInt16BE(checksumOf(header), 10);
  return header;
}

function buildIpv6(spec: PacketSpec, payloadBytes: number): Buffer {
  const { extensions = [] } = spec;
  const types = [...extensions.map(({ type }) => type), protocolOf(spec)];
  const parts = extensions.map(({ bytes }, index) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(types[index + 1] ?? 59, 0);
    return copy;
  });
  const rest = Buffer.concat(parts);
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x60000000, 0);
  header.writeUInt16BE(rest.length + payloadBytes, 4);
  header.writeUInt8(types[0] ?? 59, 6);
  header.writeUInt8(64, 7);
  writeAddress(header, spec.from, 8);
  writeAddress(header, spec.to, 24);
  return Buffer.concat([header, rest]);
}

function buildSegment(spec: PacketSpec): Buffer {
  const protocol = protocolOf(spec);
  if (protocol === TCP) return buildTcp(spec);
  if (protocol === UDP) return buildUdp(spec);
  return protocol === ICMP || protocol === ICMPV6 ? buildIcmp(spec) : payloadOf(spec);
}

function buildTcp(spec: PacketSpec): Buffer {
  const segment = Buffer.concat([Buffer.alloc(20), payloadOf(spec)]);
  segment.writeUInt16BE(spec.sourcePort ?? 40000, 0);
  segment.writeUInt16BE(spec.destinationPort ?? 80, 2);
  segment.writeUInt32BE(1000, 4);
  segment.writeUInt32BE(2000, 8);
  segment.writeUInt8(0x50, 12);
  segment.writeUInt8(spec.flags ?? SYN, 13);
  segment.writeUInt16BE(65535, 14);
  segment.writeUInt16BE(pseudoChecksum(spec, segment), 16);
  return segment;
}

function buildUdp(spec: PacketSpec): Buffer {
  const segment = Buffer.concat([Buffer.alloc(8), payloadOf(spec)]);
  segment.writeUInt16BE(spec.sourcePort ?? 40000, 0);
  segment.writeUInt16BE(spec.destinationPort ?? 53, 2);
  segment.writeUInt16BE(segment.length, 4);
  if (spec.isUnchecked !== true) segment.writeUInt16BE(pseudoChecksum(spec, segment), 6);
  return segment;
}

function buildIcmp(spec: PacketSpec): Buffer {
  const segment = Buffer.concat([Buffer.alloc(8), payloadOf(spec)]);
  segment.writeUInt8(spec.icmp?.type ?? (protocolOf(spec) === ICMP ? 8 : 128), 0);
  segment.writeUInt8(spec.icmp?.code ?? 0, 1);
  segment.writeUInt16BE(spec.sourcePort ?? 0, 4);
  segment.writeUInt16BE(protocolOf(spec) === ICMP ? checksumOf(segment) : pseudoChecksum(spec, segment), 2);
  return segment;
}

function pseudoChecksum(spec: PacketSpec, segment: Buffer): number {
  const size = isAddressOfSix(spec.from) ? 16 : 4;
  const pseudo = Buffer.alloc(2 * size + 8);
  writeAddress(pseudo, spec.from, 0);
  writeAddress(pseudo, spec.to, size);
  pseudo.writeUInt32BE(segment.length, 2 * size);
  pseudo.writeUInt32BE(protocolOf(spec), 2 * size + 4);
  return checksumOf(Buffer.concat([pseudo, segment]));
}
