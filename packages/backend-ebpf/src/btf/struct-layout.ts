/** How a C structure lies in memory, as the object's BTF says: what codecs of map keys and values are held against. */
import { EbpfError } from '../ebpf-error';
import type { Btf } from './btf';

/** A field of a structure, those of nested structures by their path (`key.addr`). */
export interface FieldLayout {
  readonly name: string;
  /** Bytes from the beginning of the structure. */
  readonly offset: number;
  /** Bytes; of an array, all its elements together. */
  readonly size: number;
}

/** Size and fields of a structure. */
export interface StructLayout {
  readonly size: number;
  readonly fields: readonly FieldLayout[];
}

/** @throws EbpfError PP_EBPF_OBJECT_INVALID when the object has no structure of this name */
export function structLayoutOf(btf: Btf, name: string): StructLayout {
  const found = btf.find('struct', name);
  if (found === undefined) {
    throw new EbpfError('PP_EBPF_OBJECT_INVALID', `the object's BTF has no struct ${name}`, { isRetriable: false });
  }
  return { size: found.type.size, fields: fieldsOf(btf, found.id, '', 0) };
}

function fieldsOf(btf: Btf, id: number, path: string, base: number): FieldLayout[] {
  const { type } = btf.resolve(id);
  if (type.kind !== 'struct' && type.kind !== 'union') return [{ name: path, offset: base, size: btf.sizeOf(id) }];
  return type.members.flatMap((member) => {
    const name = path === '' ? member.name : member.name === '' ? path : `${path}.${member.name}`;
    return fieldsOf(btf, member.type, name, base + member.bitOffset / 8);
  });
}
