/** Reads relocatable ELF objects for the BPF machine: sections, symbols, relocations (System V ABI, ELF-64; Linux EM_BPF). */
import { EbpfError } from '../ebpf-error';

/** A section of an object, in the order of the file. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** `SHF_*`. */
  readonly flags: number;
  /** Bytes that it takes in memory; a section without bytes in the file (`.bss`) has a size all the same. */
  readonly size: number;
  /** Empty for a section without bytes in the file. */
  readonly data: Buffer;
  /** For a section of relocations: the section that they are for. */
  readonly info: number;
}

/** A symbol of an object. */
export interface ElfSymbol {
  readonly name: string;
  readonly kind: 'object' | 'function' | 'section' | 'other';
  readonly isGlobal: boolean;
  /** Index of the section that holds it; 0: it is not in this object. */
  readonly section: number;
  /** Bytes from the beginning of its section. */
  readonly value: number;
  readonly size: number;
}

/** A place in a section that depends on a symbol. */
export interface ElfRelocation {
  /** Bytes from the beginning of the section. */
  readonly offset: number;
  /** `R_BPF_*`. */
  readonly type: number;
  readonly symbol: ElfSymbol;
}

/** A parsed object. */
export interface ElfFile {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  /** Of the section with this index, by rising offset. */
  relocationsOf(section: number): readonly ElfRelocation[];
  /** The first section of this name. */
  section(name: string): ElfSection | undefined;
}

/** `SHT_PROGBITS`: code or data. */
export const SHT_PROGBITS = 1;
/** `SHT_NOBITS`: data that is all zeros, and not in the file. */
export const SHT_NOBITS = 8;
/** `SHF_EXECINSTR`: code. */
export const SHF_EXECINSTR = 4;

const SHT_SYMTAB = 2;
const SHT_REL = 9;
const ELF_HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 16;
const ELF_MAGIC = 0x464c457f;
const CLASS_64_LITTLE_ENDIAN = 0x0102;
const ET_REL = 1;
const EM_BPF = 247;
const STB_GLOBAL = 1;
const SYMBOL_KINDS: Readonly<Record<number, ElfSymbol['kind']>> = { 1: 'object', 2: 'function', 3: 'section' };

/**
 * @throws EbpfError PP_EBPF_OBJECT_INVALID when it is no such object
 * @throws RangeError when it is cut short
 */
export function parseElf(bytes: Buffer): ElfFile {
  assertHeader(bytes);
  const sections = readSections(bytes);
  const symbols = sections
    .filter(({ type }) => type === SHT_SYMTAB)
    .flatMap((table) => readSymbols(bytes, table, sections));
  const relocations = new Map<number, ElfRelocation[]>();
  for (const section of sections.filter(({ type }) => type === SHT_REL)) {
    relocations.set(section.info, [...(relocations.get(section.info) ?? []), ...readRelocations(section, symbols)]);
  }
  for (const list of relocations.values()) list.sort((a, b) => a.offset - b.offset);
  return {
    sections,
    symbols,
    relocationsOf: (section) => relocations.get(section) ?? [],
    section: (name) => sections.find((section) => section.name === name),
  };
}

function assertHeader(bytes: Buffer): void {
  if (bytes.length < ELF_HEADER_BYTES || bytes.readUInt32LE(0) !== ELF_MAGIC) throw invalid('it is no ELF file');
  if (bytes.readUInt16LE(4) !== CLASS_64_LITTLE_ENDIAN) throw invalid('it is not 64-bit little endian');
  if (bytes.readUInt16LE(16) !== ET_REL) throw invalid('it is not relocatable');
  if (bytes.readUInt16LE(18) !== EM_BPF) throw invalid('it is not for the BPF machine');
}

function readSections(bytes: Buffer): readonly ElfSection[] {
  const start = Number(bytes.readBigUInt64LE(40));
  const count = bytes.readUInt16LE(60);
  const headers = Array.from({ length: count }, (_, index) => readHeader(bytes, start + index * SECTION_HEADER_BYTES));
  const names = headers[bytes.readUInt16LE(62)];
  if (names === undefined) throw invalid('its section names are missing');
  return headers.map((header, index) => ({
    index,
    name: readText(slice(bytes, names.offset, names.size), header.name),
    type: header.type,
    flags: header.flags,
    size: header.size,
    data: header.type === SHT_NOBITS ? Buffer.alloc(0) : slice(bytes, header.offset, header.size),
    info: header.info,
  }));
}

function readHeader(bytes: Buffer, at: number) {
  return {
    name: bytes.readUInt32LE(at),
    type: bytes.readUInt32LE(at + 4),
    flags: Number(bytes.readBigUInt64LE(at + 8)),
    offset: Number(bytes.readBigUInt64LE(at + 24)),
    size: Number(bytes.readBigUInt64LE(at + 32)),
    link: bytes.readUInt32LE(at + 40),
    info: bytes.readUInt32LE(at + 44),
  };
}

function readSymbols(bytes: Buffer, { data, index }: ElfSection, sections: readonly ElfSection[]): ElfSymbol[] {
  const start = Number(bytes.readBigUInt64LE(40));
  const names = sections[readHeader(bytes, start + index * SECTION_HEADER_BYTES).link];
  if (names === undefined) throw invalid('its symbol names are missing');
  return Array.from({ length: Math.floor(data.length / SYMBOL_BYTES) }, (_, number) => {
    const at = number * SYMBOL_BYTES;
    const info = data.readUInt8(at + 4);
    const section = data.readUInt16LE(at + 6);
    const kind = SYMBOL_KINDS[info & 0xf] ?? 'other';
    const name = readText(names.data, data.readUInt32LE(at));
    return {
      name: kind === 'section' && name === '' ? (sections[section]?.name ?? '') : name,
      kind,
      isGlobal: info >> 4 === STB_GLOBAL,
      section,
      value: Number(data.readBigUInt64LE(at + 8)),
      size: Number(data.readBigUInt64LE(at + 16)),
    };
  });
}

function readRelocations({ data }: ElfSection, symbols: readonly ElfSymbol[]): ElfRelocation[] {
  return Array.from({ length: Math.floor(data.length / RELOCATION_BYTES) }, (_, number) => {
    const at = number * RELOCATION_BYTES;
    const symbol = symbols[data.readUInt32LE(at + 12)];
    if (symbol === undefined) throw invalid('a relocation names a symbol that is not there');
    return { offset: Number(data.readBigUInt64LE(at)), type: data.readUInt32LE(at + 8), symbol };
  });
}

function slice(bytes: Buffer, offset: number, size: number): Buffer {
  if (offset + size > bytes.length) throw new RangeError(`bytes ${offset} to ${offset + size} of ${bytes.length}`);
  return bytes.subarray(offset, offset + size);
}

function readText(table: Buffer, offset: number): string {
  const end = table.indexOf(0, offset);
  if (end < 0) throw new RangeError(`no text at ${offset}`);
  return table.toString('latin1', offset, end);
}

function invalid(why: string): EbpfError {
  return new EbpfError('PP_EBPF_OBJECT_INVALID', `the BPF object cannot be read: ${why}`, { isRetriable: false });
}
