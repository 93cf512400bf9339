/** The maps that an object defines in its section `.maps`, one variable a map, as BTF describes them (libbpf's convention). */
import type { Btf, BtfMember } from '../btf/btf';
import { EbpfError } from '../ebpf-error';

/** A map as an object defines it. */
export interface MapDefinition {
  readonly name: string;
  /** `BPF_MAP_TYPE_*`. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*`. */
  readonly flags: number;
  /** Types of key and value in the object's BTF; 0: none is told. */
  readonly keyType: number;
  readonly valueType: number;
}

/** Name of the section that holds map definitions. */
export const MAPS_SECTION = '.maps';

/** @throws EbpfError PP_EBPF_OBJECT_INVALID for a definition that has no such form */
export function readMapDefinitions(btf: Btf): readonly MapDefinition[] {
  const section = btf.find('section', MAPS_SECTION);
  return (section?.type.variables ?? []).map(({ type }) => readDefinition(btf, type));
}

function readDefinition(btf: Btf, variable: number): MapDefinition {
  const { kind, name, type } = variableOf(btf, variable);
  const definition = btf.resolve(type).type;
  if (kind !== 'variable' || definition.kind !== 'struct') throw invalid(name, 'it is no structure');
  const members = new Map(definition.members.map((member) => [member.name, member]));
  const key = pointedAt(btf, members.get('key'));
  const value = pointedAt(btf, members.get('value'));
  return {
    name,
    type: numberIn(btf, name, members.get('type')) ?? invalidMember(name, 'type'),
    keySize: numberIn(btf, name, members.get('key_size')) ?? sizeOf(btf, key),
    valueSize: numberIn(btf, name, members.get('value_size')) ?? sizeOf(btf, value),
    maxEntries: numberIn(btf, name, members.get('max_entries')) ?? 0,
    flags: numberIn(btf, name, members.get('map_flags')) ?? 0,
    keyType: key,
    valueType: value,
  };
}

function variableOf(btf: Btf, id: number) {
  const type = btf.type(id);
  return type.kind === 'variable' ? type : { kind: type.kind, name: type.name, type: 0 };
}

/** A number is the length of an array that a pointer leads to: `int (*max_entries)[1024]`. */
function numberIn(btf: Btf, map: string, member: BtfMember | undefined): number | undefined {
  if (member === undefined) return undefined;
  const pointer = btf.resolve(member.type).type;
  const array = pointer.kind === 'pointer' ? btf.resolve(pointer.type).type : undefined;
  if (array?.kind !== 'array') throw invalid(map, `${member.name} is no number`);
  return array.length;
}

/** The type that the member points to; 0: there is no such member. */
function pointedAt(btf: Btf, member: BtfMember | undefined): number {
  const type = member === undefined ? undefined : btf.resolve(member.type).type;
  return type?.kind === 'pointer' ? type.type : 0;
}

function sizeOf(btf: Btf, type: number): number {
  return type === 0 ? 0 : btf.sizeOf(type);
}

function invalidMember(map: string, member: string): never {
  throw invalid(map, `${member} is missing`);
}

function invalid(map: string, why: string): EbpfError {
  return new EbpfError('PP_EBPF_OBJECT_INVALID', `the map ${map} of the BPF object is not defined rightly: ${why}`, {
    isRetriable: false,
  });
}
