/** Reads `.BTF.ext`: which function and which source line each instruction belongs to (kernel documentation, bpf/btf.rst). */
import type { Btf } from '../btf/btf';

/** A record of an instruction in a section. */
export interface InstructionRecord {
  /** Bytes from the beginning of the section. */
  readonly offset: number;
  /** What follows the offset in the record: a function's type; or file, text and position of a line. */
  readonly words: readonly number[];
}

/** Records by the name of the section, by rising offset. */
export interface ExtendedBtf {
  readonly functions: ReadonlyMap<string, readonly InstructionRecord[]>;
  readonly lines: ReadonlyMap<string, readonly InstructionRecord[]>;
}

const MAGIC = 0xeb9f;

/** @throws RangeError when the bytes are none or are cut short */
export function parseExtendedBtf(data: Buffer, btf: Btf): ExtendedBtf {
  if (data.readUInt16LE(0) !== MAGIC) throw new RangeError('no BTF magic');
  const header = data.readUInt32LE(4);
  const part = (at: number): Buffer =>
    data.subarray(header + data.readUInt32LE(at)).subarray(0, data.readUInt32LE(at + 4));
  return { functions: readRecords(part(8), btf), lines: readRecords(part(16), btf) };
}

function readRecords(part: Buffer, btf: Btf): ReadonlyMap<string, readonly InstructionRecord[]> {
  const bySection = new Map<string, readonly InstructionRecord[]>();
  if (part.length === 0) return bySection;
  const recordBytes = part.readUInt32LE(0);
  if (recordBytes < 8) throw new RangeError(`records of ${recordBytes} bytes`);
  let at = 4;
  while (at < part.length) {
    const section = btf.text(part.readUInt32LE(at));
    const count = part.readUInt32LE(at + 4);
    const start = at + 8;
    bySection.set(
      section,
      Array.from({ length: count }, (_, index) => readRecord(part, start + index * recordBytes, recordBytes)),
    );
    at = start + count * recordBytes;
  }
  return bySection;
}

function readRecord(part: Buffer, at: number, bytes: number): InstructionRecord {
  const words = Array.from({ length: bytes / 4 - 1 }, (_, index) => part.readUInt32LE(at + 4 + index * 4));
  return { offset: part.readUInt32LE(at), words };
}
