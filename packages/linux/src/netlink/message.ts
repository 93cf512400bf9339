/** Netlink messages and their attributes as bytes (RFC 3549, linux/netlink.h), of a little-endian machine. */

/** One message without its header. */
export interface NetlinkMessage {
  readonly type: number;
  /** `NLM_F_*`. */
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** An attribute: a number that the subsystem gives a meaning, and bytes; a list of attributes nests. */
export interface NetlinkAttribute {
  readonly type: number;
  readonly value: Buffer | readonly NetlinkAttribute[];
}

const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const NESTED = 0x8000;
/** Without the flags that say how the value is to be read. */
const TYPE_MASK = 0x3fff;

export function encodeMessage({ type, flags, sequence, payload }: NetlinkMessage): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  // The sender's port stays 0: the kernel fills it in.
  return Buffer.concat([header, payload]);
}

/** Every whole message; what is cut off at the end is left out. */
export function parseMessages(bytes: Buffer): readonly NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      payload: bytes.subarray(at + HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

export function encodeAttributes(attributes: readonly NetlinkAttribute[]): Buffer {
  return Buffer.concat(
    attributes.map(({ type, value }) => {
      const isNested = !Buffer.isBuffer(value);
      const content = isNested ? encodeAttributes(value) : value;
      const bytes = Buffer.alloc(aligned(ATTRIBUTE_HEADER_BYTES + content.length));
      bytes.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + content.length, 0);
      bytes.writeUInt16LE(isNested ? type | NESTED : type, 2);
      content.copy(bytes, ATTRIBUTE_HEADER_BYTES);
      return bytes;
    }),
  );
}

/** Attributes by their type; of several with one type the last. What nests is parsed by whoever knows that it does. */
export function parseAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += aligned(length);
  }
  return attributes;
}

/** A number of 32 bits in the machine's order, as most attributes hold. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** A text with the zero that ends it. */
export function zeroEnded(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

/** The text before the first zero. */
export function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
