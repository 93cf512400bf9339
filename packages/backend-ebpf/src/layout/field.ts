/** Fields of C structures, and structures made of them: how a value of TypeScript lies in the memory that BPF programs read. */
import type { FieldLayout, StructLayout } from '../btf/struct-layout';

/** A field of one type. All structures are of a little-endian machine with natural alignment. */
export interface Field<T> {
  /** Bytes. */
  readonly size: number;
  readonly alignment: number;
  write(bytes: Buffer, at: number, value: T): void;
  read(bytes: Buffer, at: number): T;
  /** How the compiler lays it out, by the path of the field. */
  layout(name: string, at: number): readonly FieldLayout[];
}

/** What a field's values are. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** What a structure's values are: all fields but those that only fill. */
export type StructValue<F extends Readonly<Record<string, Field<unknown>>>> = {
  readonly [Name in keyof F]: ValueOf<F[Name]>;
};

/** A structure, by the name that it has in C. */
export interface Struct<T> extends Field<T> {
  readonly name: string;
  encode(value: T): Buffer;
  decode(bytes: Buffer): T;
  readonly struct: StructLayout;
}

function number(
  size: number,
  write: (bytes: Buffer, at: number, value: number) => void,
  read: (bytes: Buffer, at: number) => number,
): Field<number> {
  return { size, alignment: size, write, read, layout: (name, offset) => [{ name, offset, size }] };
}

export const U8 = number(
  1,
  (bytes, at, value) => bytes.writeUInt8(value, at),
  (bytes, at) => bytes.readUInt8(at),
);
/** In the host's order. */
export const U16 = number(
  2,
  (bytes, at, value) => bytes.writeUInt16LE(value, at),
  (bytes, at) => bytes.readUInt16LE(at),
);
/** In network order. */
export const NETWORK_U16 = number(
  2,
  (bytes, at, value) => bytes.writeUInt16BE(value, at),
  (bytes, at) => bytes.readUInt16BE(at),
);
/** In the host's order. */
export const U32 = number(
  4,
  (bytes, at, value) => bytes.writeUInt32LE(value, at),
  (bytes, at) => bytes.readUInt32LE(at),
);
/** In network order. */
export const NETWORK_U32 = number(
  4,
  (bytes, at, value) => bytes.writeUInt32BE(value, at),
  (bytes, at) => bytes.readUInt32BE(at),
);
export const U64: Field<bigint> = {
  size: 8,
  alignment: 8,
  write: (bytes, at, value) => bytes.writeBigUInt64LE(value, at),
  read: (bytes, at) => bytes.readBigUInt64LE(at),
  layout: (name, offset) => [{ name, offset, size: 8 }],
};

/** An array of a fixed length; a shorter list is filled up with zeros. */
export function arrayOf<T>(element: Field<T>, length: number): Field<readonly T[]> {
  const size = element.size * length;
  return {
    size,
    alignment: element.alignment,
    write(bytes, at, values) {
      if (values.length > length) throw new RangeError(`${values.length} elements in an array of ${length}`);
      for (const [index, value] of values.entries()) element.write(bytes, at + index * element.size, value);
    },
    read: (bytes, at) => Array.from({ length }, (_, index) => element.read(bytes, at + index * element.size)),
    layout: (name, offset) => [{ name, offset, size }],
  };
}

/** A structure of these fields, in the order of C, each at the next place that its alignment allows. */
export function structOf<F extends Readonly<Record<string, Field<unknown>>>>(
  name: string,
  fields: F,
): Struct<StructValue<F>> {
  const placed: { readonly name: string; readonly field: Field<unknown>; readonly offset: number }[] = [];
  let end = 0;
  let alignment = 1;
  for (const [fieldName, field] of Object.entries(fields)) {
    const offset = roundUp(end, field.alignment);
    placed.push({ name: fieldName, field, offset });
    end = offset + field.size;
    alignment = Math.max(alignment, field.alignment);
  }
  const size = roundUp(end, alignment);
  const write = (bytes: Buffer, at: number, value: StructValue<F>): void => {
    for (const { name: fieldName, field, offset } of placed) field.write(bytes, at + offset, value[fieldName]);
  };
  const read = (bytes: Buffer, at: number): StructValue<F> =>
    // Each field reads the type that it was declared with.
    Object.fromEntries(
      placed.map((place) => [place.name, place.field.read(bytes, at + place.offset)]),
    ) as StructValue<F>;
  const layout = (path: string, at: number): readonly FieldLayout[] =>
    placed.flatMap((place) =>
      place.field.layout(path === '' ? place.name : `${path}.${place.name}`, at + place.offset),
    );
  return {
    name,
    size,
    alignment,
    write,
    read,
    layout,
    struct: { size, fields: layout('', 0) },
    encode(value) {
      const bytes = Buffer.alloc(size);
      write(bytes, 0, value);
      return bytes;
    },
    decode: (bytes) => read(bytes, 0),
  };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
