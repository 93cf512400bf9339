/** SCTP packets with one chunk, as far as opening an association goes (RFC 9260). */

export type SctpChunk =
  | { readonly type: 'init'; readonly initiateTag: number }
  /** `cookie` comes back to the peer unread: here it carries the listener's answer. */
  | { readonly type: 'initAck'; readonly initiateTag: number; readonly cookie: Buffer }
  | { readonly type: 'abort' };

export interface SctpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The receiver's initiate tag; 0 in an INIT. */
  readonly verificationTag: number;
  readonly chunk: SctpChunk;
}

// RFC 9260, 3.2 and 3.3.
const CHUNK_TYPES = { init: 1, initAck: 2, abort: 6 } as const;
const STATE_COOKIE = 7;
const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;
const INIT_BYTES = 16;
const PARAMETER_HEADER_BYTES = 4;
const RECEIVE_WINDOW = 65536;

export function encodeSctpPacket({ sourcePort, destinationPort, verificationTag, chunk }: SctpPacket): Buffer {
  const header = Buffer.alloc(COMMON_HEADER_BYTES);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(verificationTag, 4);
  const packet = Buffer.concat([header, padded(encodeChunk(chunk))]);
  // The checksum stands in the order of its own bits: little-endian (RFC 9260, appendix A).
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** Undefined for what is no such packet: too short, of another chunk, with a wrong checksum. */
export function parseSctpPacket(data: Buffer): SctpPacket | undefined {
  if (data.length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) return undefined;
  const blank = Buffer.from(data);
  blank.writeUInt32LE(0, 8);
  const chunk = parseChunk(data.subarray(COMMON_HEADER_BYTES));
  if (chunk === undefined || crc32c(blank) !== data.readUInt32LE(8)) return undefined;
  return {
    sourcePort: data.readUInt16BE(0),
    destinationPort: data.readUInt16BE(2),
    verificationTag: data.readUInt32BE(4),
    chunk,
  };
}

/** CRC-32C (Castagnoli) of the bytes. */
export function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

const REVERSED_POLYNOMIAL = 0x82f63b78;
const CRC_TABLE = Array.from({ length: 256 }, (_, index) => {
  let entry = index;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 1 ? (entry >>> 1) ^ REVERSED_POLYNOMIAL : entry >>> 1;
  return entry >>> 0;
});

function encodeChunk(chunk: SctpChunk): Buffer {
  if (chunk.type === 'abort') return chunkOf(CHUNK_TYPES.abort, Buffer.alloc(0));
  const init = Buffer.alloc(INIT_BYTES);
  init.writeUInt32BE(chunk.initiateTag, 0);
  init.writeUInt32BE(RECEIVE_WINDOW, 4);
  init.writeUInt16BE(1, 8); // outbound streams
  init.writeUInt16BE(1, 10); // inbound streams
  init.writeUInt32BE(chunk.initiateTag, 12); // initial TSN: any
  if (chunk.type === 'init') return chunkOf(CHUNK_TYPES.init, init);
  const parameter = Buffer.alloc(PARAMETER_HEADER_BYTES);
  parameter.writeUInt16BE(STATE_COOKIE, 0);
  parameter.writeUInt16BE(PARAMETER_HEADER_BYTES + chunk.cookie.length, 2);
  return chunkOf(CHUNK_TYPES.initAck, Buffer.concat([init, parameter, chunk.cookie]));
}

function chunkOf(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(CHUNK_HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(CHUNK_HEADER_BYTES + value.length, 2);
  return Buffer.concat([header, value]);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

function parseChunk(data: Buffer): SctpChunk | undefined {
  const type = data.readUInt8(0);
  if (type === CHUNK_TYPES.abort) return { type: 'abort' };
  const value = data.subarray(CHUNK_HEADER_BYTES, data.readUInt16BE(2));
  if (value.length < INIT_BYTES) return undefined;
  const initiateTag = value.readUInt32BE(0);
  if (type === CHUNK_TYPES.init) return { type: 'init', initiateTag };
  const parameter = value.subarray(INIT_BYTES);
  if (type !== CHUNK_TYPES.initAck || parameter.length < PARAMETER_HEADER_BYTES) return undefined;
  if (parameter.readUInt16BE(0) !== STATE_COOKIE) return undefined;
  return {
    type: 'initAck',
    initiateTag,
    cookie: parameter.subarray(PARAMETER_HEADER_BYTES, parameter.readUInt16BE(2)),
  };
}
