/** Codecs between JavaScript values and VPP's bytes, made once for each type of a definition and then only run. */
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';

/** Encodes and decodes values of one type. What does not fit throws a {@link RangeError} or {@link TypeError} that names the place. */
export interface Codec {
  /** The fewest bytes that a value takes: what bounds how many there can be in a message. */
  readonly minimumBytes: number;
  write(writer: ByteWriter, value: unknown): void;
  read(reader: ByteReader): unknown;
}

/** The values of a structure by the names of their fields. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** A codec for each base type of VPP's API, by its name. */
export const BASE_CODECS: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  [
    'u8',
    integer(
      1,
      0,
      0xff,
      (view, at, value) => view.setUint8(at, value),
      (view, at) => view.getUint8(at),
    ),
  ],
  [
    'i8',
    integer(
      1,
      -0x80,
      0x7f,
      (view, at, value) => view.setInt8(at, value),
      (view, at) => view.getInt8(at),
    ),
  ],
  [
    'u16',
    integer(
      2,
      0,
      0xffff,
      (view, at, value) => view.setUint16(at, value),
      (view, at) => view.getUint16(at),
    ),
  ],
  [
    'i16',
    integer(
      2,
      -0x8000,
      0x7fff,
      (view, at, value) => view.setInt16(at, value),
      (view, at) => view.getInt16(at),
    ),
  ],
  [
    'u32',
    integer(
      4,
      0,
      0xffff_ffff,
      (view, at, value) => view.setUint32(at, value),
      (view, at) => view.getUint32(at),
    ),
  ],
  [
    'i32',
    integer(
      4,
      -0x8000_0000,
      0x7fff_ffff,
      (view, at, value) => view.setInt32(at, value),
      (view, at) => view.getInt32(at),
    ),
  ],
  [
    'u64',
    longInteger(
      0n,
      2n ** 64n - 1n,
      (view, at, value) => view.setBigUint64(at, value),
      (view, at) => view.getBigUint64(at),
    ),
  ],
  [
    'i64',
    longInteger(
      -(2n ** 63n),
      2n ** 63n - 1n,
      (view, at, value) => view.setBigInt64(at, value),
      (view, at) => view.getBigInt64(at),
    ),
  ],
  ['f64', floatingPoint()],
  ['bool', truthValue()],
]);

function integer(
  bytes: number,
  least: number,
  most: number,
  set: (view: DataView, at: number, value: number) => void,
  get: (view: DataView, at: number) => number,
): Codec {
  return {
    minimumBytes: bytes,
    write(writer, value) {
      if (typeof value !== 'number' || !(value >= least && value <= most) || !Number.isInteger(value)) {
        throw unfit(value, `a whole number from ${least} to ${most}`);
      }
      writer.reserve(bytes);
      set(writer.view, writer.at, value);
      writer.at += bytes;
    },
    read(reader) {
      const value = get(reader.view, reader.at);
      reader.at += bytes;
      return value;
    },
  };
}

function longInteger(
  least: bigint,
  most: bigint,
  set: (view: DataView, at: number, value: bigint) => void,
  get: (view: DataView, at: number) => bigint,
): Codec {
  return {
    minimumBytes: 8,
    write(writer, value) {
      if (typeof value !== 'bigint' || value < least || value > most)
        throw unfit(value, `a bigint from ${least} to ${most}`);
      writer.reserve(8);
      set(writer.view, writer.at, value);
      writer.at += 8;
    },
    read(reader) {
      const value = get(reader.view, reader.at);
      reader.at += 8;
      return value;
    },
  };
}

function floatingPoint(): Codec {
  return {
    minimumBytes: 8,
    write(writer, value) {
      if (typeof value !== 'number') throw unfit(value, 'a number');
      writer.reserve(8);
      writer.view.setFloat64(writer.at, value);
      writer.at += 8;
    },
    read(reader) {
      const value = reader.view.getFloat64(reader.at);
      reader.at += 8;
      return value;
    },
  };
}

function truthValue(): Codec {
  return {
    minimumBytes: 1,
    write(writer, value) {
      if (typeof value !== 'boolean') throw unfit(value, 'true or false');
      writer.reserve(1);
      writer.view.setUint8(writer.at, value ? 1 : 0);
      writer.at += 1;
    },
    read(reader) {
      const value = reader.view.getUint8(reader.at) !== 0;
      reader.at += 1;
      return value;
    },
  };
}

/** Text in a field of a fixed length, filled up with zeros; one at least stands at its end. */
export function fixedText(length: number): Codec {
  return {
    minimumBytes: length,
    write(writer, value) {
      if (typeof value !== 'string') throw unfit(value, 'a text');
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length >= length || bytes.includes(0))
        throw unfit(value, `a text of fewer than ${length} bytes, none of them zero`);
      writer.writeBytes(bytes);
      writer.writeZeros(length - bytes.length);
    },
    read(reader) {
      const bytes = reader.take(length);
      const end = bytes.indexOf(0);
      return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? length : end).toString('utf8');
    },
  };
}

const LENGTH_BYTES = 4;

/** Text that is preceded by its length. */
export function countedText(): Codec {
  return {
    minimumBytes: LENGTH_BYTES,
    write(writer, value) {
      if (typeof value !== 'string') throw unfit(value, 'a text');
      const bytes = Buffer.from(value, 'utf8');
      writer.reserve(LENGTH_BYTES);
      writer.view.setUint32(writer.at, bytes.length);
      writer.at += LENGTH_BYTES;
      writer.writeBytes(bytes);
    },
    read(reader) {
      const length = reader.view.getUint32(reader.at);
      reader.at += LENGTH_BYTES;
      const bytes = reader.take(length);
      return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8');
    },
  };
}

/** As many values as `count` says; without one, as many as are handed in, counted by another field. */
export function listOf(element: Codec, count: number | undefined): Codec {
  return {
    minimumBytes: (count ?? 0) * element.minimumBytes,
    write(writer, value) {
      if (!Array.isArray(value)) throw unfit(value, 'a list');
      if (count !== undefined && value.length !== count) throw unfit(value, `a list of ${count}`);
      for (const [index, item] of value.entries()) within(`[${index}]`, () => element.write(writer, item));
    },
    read: (reader) => readList(reader, element, count ?? 0),
  };
}

/** Reads a list whose length is known by now. A length that the message has no room for is refused before memory is taken for it. */
export function readList(reader: ByteReader, element: Codec, count: number): readonly unknown[] {
  reader.demand(count * Math.max(element.minimumBytes, 1));
  const values: unknown[] = [];
  for (let index = 0; index < count; index += 1) values.push(element.read(reader));
  return values;
}

/** Bytes as they are: of exactly `count`, or of as many as are handed in. */
export function byteString(count: number | undefined): Codec {
  return {
    minimumBytes: count ?? 0,
    write(writer, value) {
      if (!(value instanceof Uint8Array)) throw unfit(value, 'bytes (Uint8Array)');
      if (count !== undefined && value.length !== count) throw unfit(value, `${count} bytes`);
      writer.writeBytes(value);
    },
    read: (reader) => new Uint8Array(reader.take(count ?? 0)),
  };
}

/** Says in an error where in the value it happened. */
export function within<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ValueError) throw new ValueError(`${place}${error.place}`, error.reason);
    throw error;
  }
}

/** A value that does not fit its field. */
export class ValueError extends TypeError {
  constructor(
    /** `.rule.matches[2].data` */
    readonly place: string,
    readonly reason: string,
  ) {
    super(`${place}: ${reason}`);
  }
}

export function unfit(value: unknown, wanted: string): ValueError {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, 40))
      : typeof value === 'object'
        ? Object.prototype.toString.call(value)
        : String(value);
  return new ValueError('', `${text} is not ${wanted}`);
}
