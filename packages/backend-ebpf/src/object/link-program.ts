/** Links a program: its own instructions, then those of every function that it calls, with calls and map references resolved. */

import { EbpfError } from '../ebpf-error';
import { type ElfFile, type ElfSection, type ElfSymbol, SHF_EXECINSTR } from '../elf/elf-file';
import type { ExtendedBtf, InstructionRecord } from './extended-btf';
import { MAPS_SECTION } from './map-definitions';

/** Where an instruction pair wants the descriptor of a map, or an address in a map's first value. */
export interface MapReference {
  /** Index of the first instruction of the pair. */
  readonly instruction: number;
  /** A map's name, or that of a data section. */
  readonly map: string;
  /** Absent: the map itself. Present: the address this many bytes into its value. */
  readonly valueOffset?: number;
}

/** A program that lacks only the descriptors of its maps. */
export interface LinkedProgram {
  /** Eight bytes an instruction (RFC 9669). */
  readonly instructions: Buffer;
  readonly references: readonly MapReference[];
  /** Records of linux/bpf.h, `struct bpf_func_info` and `struct bpf_line_info`, one after the other. */
  readonly functionInfo: Buffer;
  readonly lineInfo: Buffer;
}

const INSTRUCTION_BYTES = 8;
/** Relocations of the BPF machine (LLVM's; kernel documentation, bpf/llvm_reloc.rst). */
const R_BPF_64_64 = 1;
const R_BPF_64_32 = 10;
/** `BPF_JMP | BPF_CALL` with a source register of 1: a call of a function of the same program. */
const CALL = 0x85;
const PSEUDO_CALL = 1;

/** A function within a section. */
interface Piece {
  readonly section: ElfSection;
  readonly start: number;
  readonly end: number;
  /** Index of its first instruction in the program. */
  readonly first: number;
}

/** @throws EbpfError PP_EBPF_OBJECT_INVALID for a relocation that has no such form */
export function linkProgram(elf: ElfFile, extended: ExtendedBtf, section: ElfSection, entry: ElfSymbol): LinkedProgram {
  const pieces = new Map<string, Piece>();
  const chunks: Buffer[] = [];
  const queue: { readonly section: ElfSection; readonly offset: number }[] = [{ section, offset: entry.value }];
  let length = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const key = pieceKey(next.section, next.offset);
    if (pieces.has(key)) continue;
    const piece = pieceAt(elf, next.section, next.offset, length);
    pieces.set(key, piece);
    chunks.push(Buffer.from(piece.section.data.subarray(piece.start, piece.end)));
    length += (piece.end - piece.start) / INSTRUCTION_BYTES;
    queue.push(...calleesOf(elf, piece));
  }
  const instructions = Buffer.concat(chunks);
  const references: MapReference[] = [];
  for (const piece of pieces.values()) {
    resolveCalls(elf, piece, pieces, instructions);
    references.push(...referencesOf(elf, piece, instructions));
  }
  return {
    instructions,
    references,
    functionInfo: recordsOf([...pieces.values()], extended.functions),
    lineInfo: recordsOf([...pieces.values()], extended.lines),
  };
}

function pieceKey(section: ElfSection, offset: number): string {
  return `${section.index}:${offset}`;
}

function pieceAt(elf: ElfFile, section: ElfSection, offset: number, first: number): Piece {
  const symbol = elf.symbols.find(
    ({ kind, section: index, value }) => kind === 'function' && index === section.index && value === offset,
  );
  if (symbol === undefined || symbol.size === 0 || symbol.size % INSTRUCTION_BYTES !== 0) {
    throw invalid(`no function begins at ${section.name}+${offset}`);
  }
  if (offset + symbol.size > section.data.length) throw new RangeError(`${symbol.name} goes beyond its section`);
  return { section, start: offset, end: offset + symbol.size, first };
}

/** Where the calls of a piece lead, relocated or within its own section. */
function* callsOf(elf: ElfFile, { section, start, end }: Piece) {
  const relocated = new Map(elf.relocationsOf(section.index).map((relocation) => [relocation.offset, relocation]));
  for (let at = start; at < end; at += INSTRUCTION_BYTES) {
    if (section.data.readUInt8(at) !== CALL || section.data.readUInt8(at + 1) >> 4 !== PSEUDO_CALL) continue;
    const relative = section.data.readInt32LE(at + 4);
    const relocation = relocated.get(at);
    if (relocation === undefined) {
      yield { at, section, offset: at + (relative + 1) * INSTRUCTION_BYTES };
      continue;
    }
    const { symbol, type } = relocation;
    const callee = elf.sections[symbol.section];
    if (type !== R_BPF_64_32 || callee === undefined || (callee.flags & SHF_EXECINSTR) === 0) {
      throw invalid(`a call in ${section.name} leads to ${symbol.name}, which is not in the object`);
    }
    // The immediate of a call by section counts from the instruction after the call.
    const offset = symbol.kind === 'section' ? (relative + 1) * INSTRUCTION_BYTES : symbol.value;
    yield { at, section: callee, offset };
  }
}

function calleesOf(elf: ElfFile, piece: Piece) {
  return [...callsOf(elf, piece)].map(({ section, offset }) => ({ section, offset }));
}

function resolveCalls(elf: ElfFile, piece: Piece, pieces: ReadonlyMap<string, Piece>, instructions: Buffer): void {
  for (const { at, section, offset } of callsOf(elf, piece)) {
    const callee = pieces.get(pieceKey(section, offset));
    if (callee === undefined) throw invalid(`a call in ${piece.section.name} leads nowhere`);
    const call = piece.first + (at - piece.start) / INSTRUCTION_BYTES;
    instructions.writeInt32LE(callee.first - call - 1, call * INSTRUCTION_BYTES + 4);
  }
}

function referencesOf(elf: ElfFile, piece: Piece, instructions: Buffer): readonly MapReference[] {
  const { section, start, end, first } = piece;
  return elf
    .relocationsOf(section.index)
    .filter(({ offset, type }) => offset >= start && offset < end && type === R_BPF_64_64)
    .map(({ offset, symbol }) => {
      const instruction = first + (offset - start) / INSTRUCTION_BYTES;
      const home = elf.sections[symbol.section];
      if (home === undefined || symbol.section === 0) throw invalid(`${symbol.name} is not in the object`);
      if (home.name === MAPS_SECTION) return { instruction, map: symbol.name };
      const addend = instructions.readInt32LE(instruction * INSTRUCTION_BYTES + 4);
      const base = symbol.kind === 'section' ? 0 : symbol.value;
      return { instruction, map: home.name, valueOffset: base + addend };
    });
}

/** The records of the pieces' instructions, with the offset as an index into the program. */
function recordsOf(pieces: readonly Piece[], bySection: ReadonlyMap<string, readonly InstructionRecord[]>): Buffer {
  const words: number[] = [];
  for (const { section, start, end, first } of pieces) {
    for (const record of bySection.get(section.name) ?? []) {
      if (record.offset < start || record.offset >= end) continue;
      words.push(first + (record.offset - start) / INSTRUCTION_BYTES, ...record.words);
    }
  }
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
  return bytes;
}

function invalid(why: string): EbpfError {
  return new EbpfError('PP_EBPF_OBJECT_INVALID', `the BPF object cannot be linked: ${why}`, { isRetriable: false });
}
