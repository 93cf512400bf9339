/** Arbitrary values of any message of a definition: what fits each of its fields. */
import fc from 'fast-check';
import type { FieldValues } from '../api/codec';
import type { ApiDefinition, FieldDefinition } from '../api/definition';

const BASE: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  u8: fc.nat(0xff),
  i8: fc.integer({ min: -0x80, max: 0x7f }),
  u16: fc.nat(0xffff),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  u32: fc.nat(0xffff_ffff),
  i32: fc.integer(),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f64: fc.double({ noNaN: true }),
  bool: fc.boolean(),
};
const LONGEST_LIST = 4;
const text = (most: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme-ascii', maxLength: most }).filter((value) => !value.includes('\0'));

/** Fields that only count others' elements count them rightly. */
export function arbitraryMessage(definition: ApiDefinition, name: string): fc.Arbitrary<FieldValues> {
  return arbitraryFields(definition, definition.messages.get(name)?.fields ?? []);
}

function arbitraryFields(definition: ApiDefinition, fields: readonly FieldDefinition[]): fc.Arbitrary<FieldValues> {
  const arbitraries = Object.fromEntries(fields.map((field) => [field.name, arbitraryField(definition, field)]));
  return fc.record(arbitraries).map((values) => {
    const counts = fields.flatMap(({ name, shape }) => {
      const list = values[name];
      return shape.kind === 'counted' && (Array.isArray(list) || list instanceof Uint8Array)
        ? [[shape.countField, list.length] as const]
        : [];
    });
    return withMembers(definition, fields, { ...values, ...Object.fromEntries(counts) });
  });
}

/** A union whose member another field tells holds that member; where none has its value, the field tells the first. */
function withMembers(definition: ApiDefinition, fields: readonly FieldDefinition[], values: FieldValues): FieldValues {
  const told = fields.flatMap(({ name, type, discriminator }) => {
    if (discriminator === undefined) return [];
    const union = definition.types.get(type);
    const enumeration = definition.types.get(fields.find((field) => field.name === discriminator)?.type ?? '');
    if (union?.kind !== 'union' || enumeration?.kind !== 'enum') return [];
    // `arbitraryType` makes a union whose member is told as a sample of each member.
    const samples = values[name] as FieldValues;
    const numberOf = ({ enumerator = '' }: FieldDefinition): number | undefined => enumeration.values.get(enumerator);
    const member = union.fields.find((field) => numberOf(field) === values[discriminator]) ?? union.fields[0];
    if (member === undefined) return [];
    const chosen = [name, { [member.name]: samples[member.name] }] as const;
    return [chosen, [discriminator, numberOf(member)] as const];
  });
  return { ...values, ...Object.fromEntries(told) };
}

function arbitraryField(definition: ApiDefinition, field: FieldDefinition): fc.Arbitrary<unknown> {
  const { type, shape } = field;
  if (shape.kind === 'text') return text(40);
  if (type === 'string') return text(shape.kind === 'fixed' ? shape.length - 1 : 40);
  if (shape.kind === 'one') return arbitraryType(definition, type, field.discriminator !== undefined);
  const length =
    shape.kind === 'fixed' ? { minLength: shape.length, maxLength: shape.length } : { maxLength: LONGEST_LIST };
  if (type === 'u8') return fc.uint8Array(length).map((bytes) => new Uint8Array(bytes));
  return fc.array(arbitraryType(definition, type, false), length);
}

function arbitraryType(definition: ApiDefinition, name: string, isMemberTold: boolean): fc.Arbitrary<unknown> {
  const base = BASE[name];
  if (base !== undefined) return base;
  const type = definition.types.get(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  switch (type.kind) {
    case 'struct':
      return arbitraryFields(definition, type.fields);
    case 'enum':
      return fc.constantFrom(...type.values.values());
    case 'alias': {
      const shape =
        type.length === undefined ? ({ kind: 'one' } as const) : ({ kind: 'fixed', length: type.length } as const);
      return arbitraryField(definition, { name, type: type.type, shape });
    }
    case 'union': {
      const members = type.fields.map((field) => [field.name, arbitraryField(definition, field)] as const);
      if (isMemberTold) return fc.record(Object.fromEntries(members));
      return fc.oneof(...members.map(([member, value]) => value.map((known) => ({ [member]: known }))));
    }
  }
}
