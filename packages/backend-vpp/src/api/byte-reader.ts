/** Reads a message's bytes, big endian; reading beyond the end is a RangeError, whatever the bytes say of themselves. */
export class ByteReader {
  readonly view: DataView;
  /** Where the next byte is. */
  at: number;

  constructor(
    readonly bytes: Uint8Array,
    start = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The next bytes, not copied. */
  take(count: number): Uint8Array {
    this.demand(count);
    const part = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return part;
  }

  /** @throws RangeError when there are fewer */
  demand(count: number): void {
    if (count > this.left) throw new RangeError(`${count} bytes wanted at ${this.at}, ${this.left} are there`);
  }
}
