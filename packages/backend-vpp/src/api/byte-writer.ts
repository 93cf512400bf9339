/** Writes a message's bytes: big endian, into memory that grows and is used again for the next message. */

const FIRST_BYTES = 4096;

export class ByteWriter {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  view = viewOf(this.bytes);
  /** Where the next byte goes. */
  at = 0;

  /** Makes room for that many more bytes. */
  reserve(count: number): void {
    const wanted = this.at + count;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Puts bytes down as they are. */
  writeBytes(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.at);
    this.at += source.length;
  }

  writeZeros(count: number): void {
    this.reserve(count);
    this.bytes.fill(0, this.at, this.at + count);
    this.at += count;
  }

  /** A copy of everything that was written since `start`. */
  copyFrom(start: number): Buffer {
    return Buffer.from(this.bytes.subarray(start, this.at));
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
