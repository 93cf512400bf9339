/** Codecs of structures, unions and whole messages, made from a definition. */

import { VppError } from '../vpp-error';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';
import {
  BASE_CODECS,
  byteString,
  type Codec,
  countedText,
  type FieldValues,
  fixedText,
  listOf,
  readList,
  unfit,
  within,
} from './codec';
import type { ApiDefinition, FieldDefinition, TypeDefinition } from './definition';
import { messageTypeName } from './definition';

/** Makes codecs from a definition; the codec of a type is made once, however often the type is used. */
export class CodecFactory {
  private readonly codecs = new Map<string, Codec>(BASE_CODECS);
  /** Types whose codec is being made: a type that holds itself has no end. */
  private readonly inMaking = new Set<string>();

  constructor(private readonly definition: ApiDefinition) {}

  /** The codec of a structure's, or a message's, fields. */
  structure(fields: readonly FieldDefinition[], owner: string): Codec {
    const counted = new Map<string, FieldDefinition>();
    for (const field of fields) if (field.shape.kind === 'counted') counted.set(field.shape.countField, field);
    const parts = fields.map((field): Part => {
      const countOf = counted.get(field.name);
      return {
        name: field.name,
        codec: this.field(field, owner),
        ...(countOf === undefined ? {} : { countOf: countOf.name }),
        ...(field.shape.kind === 'counted'
          ? { counted: { countField: field.shape.countField, element: this.element(field, owner) } }
          : {}),
        ...(field.discriminator === undefined ? {} : { member: this.memberChooser(field, fields, owner) }),
      };
    });
    return structureCodec(parts);
  }

  private field(field: FieldDefinition, owner: string): Codec {
    const { type, shape } = field;
    if (shape.kind === 'text') return countedText();
    if (shape.kind === 'fixed' && type === 'string') return fixedText(shape.length);
    const element = this.element(field, owner);
    if (shape.kind === 'one') return element;
    const count = shape.kind === 'fixed' ? shape.length : undefined;
    return type === 'u8' ? byteString(count) : listOf(element, count);
  }

  private element({ type, name }: FieldDefinition, owner: string): Codec {
    const known = this.codecs.get(type);
    if (known !== undefined) return known;
    const found = this.definition.types.get(type);
    if (found === undefined) throw invalid(`${owner}.${name} is of the type ${type}, which is not defined`);
    if (this.inMaking.has(type)) throw invalid(`the type ${type} holds itself`);
    this.inMaking.add(type);
    const codec = this.typeCodec(found);
    this.inMaking.delete(type);
    this.codecs.set(type, codec);
    return codec;
  }

  private typeCodec(type: TypeDefinition): Codec {
    switch (type.kind) {
      case 'struct':
        return this.structure(type.fields, type.name);
      case 'union':
        return unionCodec(new Map(type.fields.map((field) => [field.name, this.field(field, type.name)])));
      case 'enum':
        return this.element({ name: 'carrier', type: type.carrier, shape: { kind: 'one' } }, type.name);
      case 'alias': {
        const shape =
          type.length === undefined ? ({ kind: 'one' } as const) : ({ kind: 'fixed', length: type.length } as const);
        return this.field({ name: 'alias', type: type.type, shape }, type.name);
      }
    }
  }

  /** Which member a union holds, by the value of another field of the same structure. */
  private memberChooser(field: FieldDefinition, siblings: readonly FieldDefinition[], owner: string): Part['member'] {
    const { discriminator = '' } = field;
    const enumeration = this.definition.types.get(siblings.find(({ name }) => name === discriminator)?.type ?? '');
    const union = this.definition.types.get(field.type);
    if (enumeration?.kind !== 'enum' || union?.kind !== 'union') {
      throw invalid(`${owner}.${field.name} is no union that ${discriminator} tells the member of`);
    }
    const members = new Map<number, { readonly name: string; readonly codec: Codec }>();
    for (const member of union.fields) {
      const value = enumeration.values.get(member.enumerator ?? '');
      if (value !== undefined)
        members.set(value, { name: member.name, codec: this.field(member, messageTypeName(union.name)) });
    }
    return { discriminator, members };
  }
}

/** A field in the making of a structure's codec. */
interface Part {
  readonly name: string;
  readonly codec: Codec;
  /** The list whose length this field tells. */
  readonly countOf?: string;
  readonly counted?: { readonly countField: string; readonly element: Codec };
  readonly member?: {
    readonly discriminator: string;
    readonly members: ReadonlyMap<number, { readonly name: string; readonly codec: Codec }>;
  };
}

function structureCodec(parts: readonly Part[]): Codec {
  return {
    minimumBytes: parts.reduce((bytes, { codec }) => bytes + codec.minimumBytes, 0),
    write(writer, value) {
      if (!isFieldValues(value)) throw unfit(value, 'an object');
      for (const part of parts) writePart(writer, part, value);
    },
    read(reader) {
      const values: Record<string, unknown> = {};
      for (const part of parts) values[part.name] = readPart(reader, part, values);
      return values;
    },
  };
}

function writePart(writer: ByteWriter, { name, codec, countOf }: Part, values: FieldValues): void {
  // The place is told only when something does not fit: almost every value does.
  try {
    codec.write(writer, countOf === undefined ? values[name] : lengthOf(values[countOf]));
  } catch (error) {
    within(`.${name}`, () => {
      throw error;
    });
  }
}

function lengthOf(list: unknown): number {
  if (Array.isArray(list) || list instanceof Uint8Array) return list.length;
  throw unfit(list, 'a list');
}

function readPart(reader: ByteReader, { codec, counted, member }: Part, values: FieldValues): unknown {
  if (counted !== undefined) {
    const count = Number(values[counted.countField]);
    return counted.element === BASE_CODECS.get('u8')
      ? new Uint8Array(reader.take(count))
      : readList(reader, counted.element, count);
  }
  if (member === undefined) return codec.read(reader);
  const end = reader.at + codec.minimumBytes;
  reader.demand(codec.minimumBytes);
  const chosen = member.members.get(Number(values[member.discriminator]));
  const value = chosen === undefined ? codec.read(reader) : { [chosen.name]: chosen.codec.read(reader) };
  reader.at = end;
  return value;
}

/** The member that holds a union's bytes where nothing tells which one it is. */
export const RAW_MEMBER = 'raw';

/**
 * A union as an object of one member; the smaller ones are filled up with zeros. Which member bytes are of only a discriminator tells:
 * without one they are read as they are, under `raw`.
 */
function unionCodec(members: ReadonlyMap<string, Codec>): Codec {
  const size = Math.max(0, ...[...members.values()].map(({ minimumBytes }) => minimumBytes));
  const raw = byteString(size);
  return {
    minimumBytes: size,
    write(writer, value) {
      if (!isFieldValues(value)) throw unfit(value, 'an object of one member');
      const [name, ...more] = Object.keys(value);
      const codec = name === RAW_MEMBER ? raw : members.get(name ?? '');
      if (name === undefined || codec === undefined || more.length > 0) {
        throw unfit(value, `an object with one of the members ${[...members.keys()].join(', ')}`);
      }
      const start = writer.at;
      within(`.${name}`, () => codec.write(writer, value[name]));
      writer.writeZeros(size - (writer.at - start));
    },
    read: (reader) => ({ [RAW_MEMBER]: raw.read(reader) }),
  };
}

function isFieldValues(value: unknown): value is FieldValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(why: string): VppError {
  return new VppError('PP_VPP_API_DEFINITION', `the definition of VPP's API cannot be used: ${why}`, {
    isRetriable: false,
  });
}
