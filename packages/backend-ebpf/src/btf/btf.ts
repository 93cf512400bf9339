/** Reads BTF, the types that a BPF object carries (kernel documentation, bpf/btf.rst). */
import { EbpfError } from '../ebpf-error';
import { BTF_KIND, type BtfRecord, readBtfParts, readText } from './records';

/** A member of a structure or union. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** Bits from the beginning of the structure. */
  readonly bitOffset: number;
}

/** A type; other types are named by their number, 0 being `void`. */
export type BtfType =
  /** Integers, enumerations, floating-point numbers. */
  | { readonly kind: 'int'; readonly name: string; readonly size: number }
  | { readonly kind: 'pointer'; readonly name: string; readonly type: number }
  | { readonly kind: 'array'; readonly name: string; readonly type: number; readonly length: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  /** `typedef`, `const`, `volatile`, `restrict`, type tags: another name for a type. */
  | { readonly kind: 'alias'; readonly name: string; readonly type: number }
  | { readonly kind: 'variable'; readonly name: string; readonly type: number }
  | { readonly kind: 'section'; readonly name: string; readonly variables: readonly BtfVariable[] }
  /** What has no size: `void`, functions, tags, types that are only declared. */
  | { readonly kind: 'other'; readonly name: string };

/** A variable of a data section. */
export interface BtfVariable {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

const ALIASES: ReadonlySet<number> = new Set([
  BTF_KIND.typedef,
  BTF_KIND.volatile,
  BTF_KIND.const,
  BTF_KIND.restrict,
  BTF_KIND.typeTag,
]);

/** The types of an object. */
export class Btf {
  private constructor(
    private readonly types: readonly BtfType[],
    private readonly texts: Buffer,
  ) {}

  /** @throws RangeError when the bytes are no BTF or are cut short */
  static parse(data: Buffer): Btf {
    const { records, texts } = readBtfParts(data);
    const types = [...records].map((record) => readType(data, record, texts));
    return new Btf([{ kind: 'other', name: 'void' }, ...types], texts);
  }

  /** A text by its offset, as records beside the types (`.BTF.ext`) name it. */
  text(offset: number): string {
    return readText(this.texts, offset);
  }

  /** @throws EbpfError PP_EBPF_OBJECT_INVALID when there is no such type */
  type(id: number): BtfType {
    const type = this.types[id];
    if (type === undefined) {
      throw new EbpfError('PP_EBPF_OBJECT_INVALID', `the object's BTF has no type ${id}`, { isRetriable: false });
    }
    return type;
  }

  /** Number and type of the first type of this kind and name. */
  find<Kind extends BtfType['kind']>(
    kind: Kind,
    name: string,
  ): { readonly id: number; readonly type: BtfType & { readonly kind: Kind } } | undefined {
    const id = this.types.findIndex((type) => type.kind === kind && type.name === name);
    // The kind was compared: it says which member of the union this is.
    return id < 0 ? undefined : { id, type: this.types[id] as BtfType & { readonly kind: Kind } };
  }

  /** The type behind all its other names. */
  resolve(id: number): { readonly id: number; readonly type: BtfType } {
    const type = this.type(id);
    return type.kind === 'alias' ? this.resolve(type.type) : { id, type };
  }

  /** Bytes that a value of the type takes. */
  sizeOf(id: number): number {
    const { type } = this.resolve(id);
    switch (type.kind) {
      case 'int':
      case 'struct':
      case 'union':
        return type.size;
      case 'pointer':
        return 8;
      case 'array':
        return type.length * this.sizeOf(type.type);
      default:
        throw new EbpfError('PP_EBPF_OBJECT_INVALID', `the type ${type.name} of the object's BTF has no size`, {
          isRetriable: false,
        });
    }
  }
}

function readType(data: Buffer, { at, kind, count, isBitfield, sizeOrType }: BtfRecord, texts: Buffer): BtfType {
  const name = readText(texts, data.readUInt32LE(at));
  const body = at + 12;
  if (ALIASES.has(kind)) return { kind: 'alias', name, type: sizeOrType };
  switch (kind) {
    case BTF_KIND.int:
    case BTF_KIND.enumeration:
    case BTF_KIND.enumeration64:
    case BTF_KIND.float:
      return { kind: 'int', name, size: sizeOrType };
    case BTF_KIND.pointer:
      return { kind: 'pointer', name, type: sizeOrType };
    case BTF_KIND.array:
      return { kind: 'array', name, type: data.readUInt32LE(body), length: data.readUInt32LE(body + 8) };
    case BTF_KIND.struct:
    case BTF_KIND.union: {
      const members = Array.from({ length: count }, (_, index) =>
        readMember(data, body + index * 12, texts, isBitfield),
      );
      return { kind: kind === BTF_KIND.struct ? 'struct' : 'union', name, size: sizeOrType, members };
    }
    case BTF_KIND.variable:
      return { kind: 'variable', name, type: sizeOrType };
    case BTF_KIND.section: {
      const variables = Array.from({ length: count }, (_, index) => readVariable(data, body + index * 12));
      return { kind: 'section', name, variables };
    }
    default:
      return { kind: 'other', name };
  }
}

function readMember(data: Buffer, at: number, texts: Buffer, isBitfield: boolean): BtfMember {
  const offset = data.readUInt32LE(at + 8);
  return {
    name: readText(texts, data.readUInt32LE(at)),
    type: data.readUInt32LE(at + 4),
    bitOffset: isBitfield ? offset & 0xffffff : offset,
  };
}

function readVariable(data: Buffer, at: number): BtfVariable {
  return { type: data.readUInt32LE(at), offset: data.readUInt32LE(at + 4), size: data.readUInt32LE(at + 8) };
}
