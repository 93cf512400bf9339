/** A compiled BPF object, parsed: its maps, its data, and its programs, each linked with the functions it calls. Pure. */
import { Btf } from '../btf/btf';
import { completeDataSections } from '../btf/complete-data-sections';
import { EbpfError } from '../ebpf-error';
import { type ElfFile, type ElfSection, parseElf, SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS } from '../elf/elf-file';
import { type ExtendedBtf, parseExtendedBtf } from './extended-btf';
import { type LinkedProgram, linkProgram } from './link-program';
import { type MapDefinition, readMapDefinitions } from './map-definitions';

/** Global variables of one section, which become a map of one entry. */
export interface DataDefinition {
  /** `.rodata`, `.data`, `.bss` and sections beginning so. */
  readonly name: string;
  /** The variables' first values. */
  readonly content: Buffer;
  /** Programs may not write it. */
  readonly isReadOnly: boolean;
}

/** A program of an object. */
export interface ProgramDefinition extends LinkedProgram {
  /** The C function's name. */
  readonly name: string;
  /** Its section, which says what kind of program it is: `tc/ingress`, `cgroup/connect4`. */
  readonly section: string;
}

/** A parsed object. */
export interface BpfObject {
  readonly license: string;
  readonly maps: readonly MapDefinition[];
  readonly data: readonly DataDefinition[];
  readonly programs: readonly ProgramDefinition[];
  readonly btf: Btf;
  /** The types as the kernel is given them. */
  readonly btfBytes: Buffer;
}

/** The section of functions that programs share. */
const SHARED_CODE = '.text';
/** A section's variables are one value of an array: what the kernel gives at once. */
const LARGEST_DATA = 1 << 22;

/** @throws EbpfError PP_EBPF_OBJECT_INVALID naming what is not as it should be */
export function parseBpfObject(bytes: Buffer): BpfObject {
  try {
    return readObject(bytes);
  } catch (error) {
    // Every reader below takes what is out of bounds for an object that is cut short or damaged.
    if (!(error instanceof RangeError)) throw error;
    throw new EbpfError('PP_EBPF_OBJECT_INVALID', `the BPF object is cut short or damaged: ${error.message}`, {
      isRetriable: false,
      cause: error,
    });
  }
}

function readObject(bytes: Buffer): BpfObject {
  const elf = parseElf(bytes);
  const section = elf.section('.BTF');
  if (section === undefined) throw invalid('it carries no BTF: compile it with -g');
  const btfBytes = completeDataSections(elf, section);
  const btf = Btf.parse(btfBytes);
  const license = elf.section('license')?.data;
  return {
    license: license === undefined ? '' : license.toString('latin1', 0, license.indexOf(0)),
    maps: readMapDefinitions(btf),
    data: elf.sections.filter(isData).map(dataOf),
    programs: programsOf(elf, readExtended(elf, btf)),
    btf,
    btfBytes,
  };
}

function readExtended(elf: ElfFile, btf: Btf): ExtendedBtf {
  const section = elf.section('.BTF.ext');
  return section === undefined ? { functions: new Map(), lines: new Map() } : parseExtendedBtf(section.data, btf);
}

function isData({ name, size }: ElfSection): boolean {
  return size > 0 && /^\.(rodata|data|bss)(\.|$)/.test(name);
}

function dataOf({ name, type, size, data }: ElfSection): DataDefinition {
  if (size > LARGEST_DATA) throw invalid(`its section ${name} has ${size} bytes`);
  return {
    name,
    content: type === SHT_NOBITS ? Buffer.alloc(size) : Buffer.from(data),
    isReadOnly: name.startsWith('.rodata'),
  };
}

function programsOf(elf: ElfFile, extended: ExtendedBtf): readonly ProgramDefinition[] {
  return elf.symbols.flatMap((symbol) => {
    const section = elf.sections[symbol.section];
    if (symbol.kind !== 'function' || section === undefined || !isCode(section) || section.name === SHARED_CODE)
      return [];
    if (!symbol.isGlobal) return [];
    return [{ name: symbol.name, section: section.name, ...linkProgram(elf, extended, section, symbol) }];
  });
}

function isCode({ type, flags }: ElfSection): boolean {
  return type === SHT_PROGBITS && (flags & SHF_EXECINSTR) !== 0;
}

function invalid(why: string): EbpfError {
  return new EbpfError('PP_EBPF_OBJECT_INVALID', `the BPF object cannot be used: ${why}`, { isRetriable: false });
}
