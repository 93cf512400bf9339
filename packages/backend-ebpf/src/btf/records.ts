/** Walks the records of raw BTF, one a type (linux/btf.h). */

/** Kinds of types, by the numbers of linux/btf.h. */
export const BTF_KIND = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enumeration: 6,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enumeration64: 19,
} as const;

/** The head of a type's record, `struct btf_type`. */
export interface BtfRecord {
  /** Bytes from the beginning of the BTF to the record. */
  readonly at: number;
  readonly kind: number;
  /** How many members, variables or values follow. */
  readonly count: number;
  readonly isBitfield: boolean;
  readonly sizeOrType: number;
}

const MAGIC = 0xeb9f;
const LAST_KIND = 19;
const HEAD_BYTES = 12;
/** Bytes that follow the head: a fixed number, and a number for each of its `count`. */
const BODY_BYTES: Readonly<Record<number, readonly [number, number]>> = {
  [BTF_KIND.int]: [4, 0],
  [BTF_KIND.array]: [12, 0],
  [BTF_KIND.struct]: [0, 12],
  [BTF_KIND.union]: [0, 12],
  [BTF_KIND.enumeration]: [0, 8],
  [BTF_KIND.prototype]: [0, 8],
  [BTF_KIND.variable]: [4, 0],
  [BTF_KIND.section]: [0, 12],
  [BTF_KIND.declarationTag]: [4, 0],
  [BTF_KIND.enumeration64]: [0, 12],
};

/**
 * The records in their order, the first being type 1, and the texts that they name by offset.
 * @throws RangeError when the bytes are no BTF or are cut short
 */
export function readBtfParts(data: Buffer): { readonly records: Iterable<BtfRecord>; readonly texts: Buffer } {
  if (data.readUInt16LE(0) !== MAGIC) throw new RangeError('no BTF magic');
  const header = data.readUInt32LE(4);
  const start = header + data.readUInt32LE(8);
  const texts = data.subarray(header + data.readUInt32LE(16)).subarray(0, data.readUInt32LE(20));
  return { records: recordsIn(data, start, start + data.readUInt32LE(12)), texts };
}

/** @throws RangeError when no text begins there */
export function readText(texts: Buffer, offset: number): string {
  const end = texts.indexOf(0, offset);
  if (end < 0 || offset > texts.length) throw new RangeError(`no text at ${offset}`);
  return texts.toString('latin1', offset, end);
}

function* recordsIn(data: Buffer, start: number, end: number): Iterable<BtfRecord> {
  let at = start;
  while (at < end) {
    const info = data.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    if (kind === 0 || kind > LAST_KIND) throw new RangeError(`kind ${kind} of a type is not known`);
    yield { at, kind, count, isBitfield: info >>> 31 === 1, sizeOrType: data.readUInt32LE(at + 8) };
    const [fixed, each] = BODY_BYTES[kind] ?? [0, 0];
    at += HEAD_BYTES + fixed + each * count;
  }
}
