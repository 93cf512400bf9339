/** VPP's API as its own `*.api.json` files define it: messages, types, and which reply belongs to which request. */
import { z } from 'zod';
import { VppError } from '../vpp-error';

/** A field of a message or a structure. */
export interface FieldDefinition {
  readonly name: string;
  /** A base type, or a type of the definition by its name in messages (`vl_api_address_t`). */
  readonly type: string;
  /**
   * `one`: a single value. `fixed`: that many, always. `counted`: as many as another field of the same structure says.
   * `text`: a string that says its own length.
   */
  readonly shape:
    | { readonly kind: 'one' }
    | { readonly kind: 'fixed'; readonly length: number }
    | { readonly kind: 'counted'; readonly countField: string }
    | { readonly kind: 'text' };
  /** Of a union: the field whose value tells which member it holds. */
  readonly discriminator?: string;
  /** Of a union's member: the enumerator that stands for it. */
  readonly enumerator?: string;
}

/** A type of the definition. */
export type TypeDefinition =
  | { readonly kind: 'struct' | 'union'; readonly name: string; readonly fields: readonly FieldDefinition[] }
  | {
      readonly kind: 'enum';
      readonly name: string;
      /** The base type that carries it. */
      readonly carrier: string;
      readonly values: ReadonlyMap<string, number>;
    }
  | { readonly kind: 'alias'; readonly name: string; readonly type: string; readonly length?: number };

/** A message. */
export interface MessageDefinition {
  readonly name: string;
  /** Eight hexadecimal digits: the same on both sides, or the two speak of different messages. */
  readonly crc: string;
  /** Without the message's number, which is no field but its beginning. */
  readonly fields: readonly FieldDefinition[];
}

/** How a request is answered. */
export interface ServiceDefinition {
  readonly reply: string;
  /** Present: any number of these come, and then, where they are not the reply themselves, the reply. */
  readonly details?: string;
  readonly events: readonly string[];
}

/** Everything that is known of VPP's API. */
export interface ApiDefinition {
  readonly messages: ReadonlyMap<string, MessageDefinition>;
  readonly types: ReadonlyMap<string, TypeDefinition>;
  readonly services: ReadonlyMap<string, ServiceDefinition>;
}

const MESSAGE_NUMBER = '_vl_msg_id';
const FIELD = z.tuple([z.string(), z.string()]).rest(z.unknown());
const NAMED = z.tuple([z.string()]).rest(z.unknown());
const FIELD_OPTIONS = z.looseObject({ discriminator: z.string().optional(), case: z.string().optional() });
const SERVICE = z.looseObject({
  reply: z.string(),
  stream: z.boolean().optional(),
  stream_msg: z.string().optional(),
  events: z.array(z.string()).optional(),
});
const ALIAS = z.looseObject({ type: z.string(), length: z.number().int().nonnegative().optional() });
/** One file. */
const FILE = z.looseObject({
  types: z.array(NAMED),
  messages: z.array(NAMED),
  unions: z.array(NAMED).optional(),
  enums: z.array(NAMED).optional(),
  enumflags: z.array(NAMED).optional(),
  services: z.record(z.string(), SERVICE).optional(),
  aliases: z.record(z.string(), ALIAS).optional(),
});
const CRC = z.looseObject({ crc: z.string().regex(/^0x[0-9a-f]{1,8}$/) });
const ENUMERATOR = z.tuple([z.string(), z.number().int()]).rest(z.unknown());
const CARRIER = z.looseObject({ enumtype: z.string() });

/**
 * Reads the content of `*.api.json` files, each parsed already; what several files hold alike is taken once.
 * @throws VppError PP_VPP_API_DEFINITION
 */
export function readApiDefinition(files: Iterable<unknown>): ApiDefinition {
  const messages = new Map<string, MessageDefinition>();
  const types = new Map<string, TypeDefinition>();
  const services = new Map<string, ServiceDefinition>();
  for (const file of files) {
    const read = FILE.safeParse(file);
    if (!read.success) throw invalid(z.prettifyError(read.error));
    for (const type of typesOf(read.data)) types.set(messageTypeName(type.name), type);
    for (const message of read.data.messages) messages.set(message[0], readMessage(message));
    for (const [request, service] of Object.entries(read.data.services ?? {})) {
      services.set(request, readService(service));
    }
  }
  return { messages, types, services };
}

/** The name by which fields refer to a type. */
export function messageTypeName(type: string): string {
  return `vl_api_${type}_t`;
}

function* typesOf(file: z.infer<typeof FILE>): Iterable<TypeDefinition> {
  for (const [name, ...rest] of file.types) yield { kind: 'struct', name, fields: readFields(rest, name) };
  for (const [name, ...rest] of file.unions ?? []) yield { kind: 'union', name, fields: readFields(rest, name) };
  for (const entry of [...(file.enums ?? []), ...(file.enumflags ?? [])]) yield readEnum(entry);
  for (const [name, { type, length }] of Object.entries(file.aliases ?? {})) {
    yield { kind: 'alias', name, type, ...(length === undefined ? {} : { length }) };
  }
}

function readMessage([name, ...rest]: z.infer<typeof NAMED>): MessageDefinition {
  const last = CRC.safeParse(rest.at(-1));
  if (!last.success) throw invalid(`the message ${name} has no CRC`);
  const fields = readFields(rest, name).filter((field) => field.name !== MESSAGE_NUMBER);
  return { name, crc: last.data.crc.slice(2).padStart(8, '0'), fields };
}

/** What is no field (a comment, a CRC) is an object. */
function readFields(parts: readonly unknown[], owner: string): readonly FieldDefinition[] {
  return parts.filter((part) => Array.isArray(part)).map((part) => readField(part, owner));
}

function readField(part: unknown, owner: string): FieldDefinition {
  const read = FIELD.safeParse(part);
  if (!read.success) throw invalid(`${owner} has a field that is none: ${JSON.stringify(part)}`);
  const [type, name, ...rest] = read.data;
  const options = FIELD_OPTIONS.safeParse(rest.find((value) => typeof value === 'object' && value !== null));
  const { discriminator, case: enumerator } = options.success ? options.data : {};
  return {
    name,
    type,
    shape: readShape(type, name, rest, owner),
    ...(discriminator === undefined ? {} : { discriminator }),
    ...(enumerator === undefined ? {} : { enumerator }),
  };
}

function readShape(type: string, name: string, rest: readonly unknown[], owner: string): FieldDefinition['shape'] {
  const [length, countField] = rest;
  if (length === undefined || typeof length === 'object') return { kind: 'one' };
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0)
    throw invalid(`${owner}.${name} has no length`);
  if (typeof countField === 'string') return { kind: 'counted', countField };
  if (length > 0) return { kind: 'fixed', length };
  if (type === 'string') return { kind: 'text' };
  throw invalid(`${owner}.${name} is an array of no length`);
}

function readEnum([name, ...rest]: z.infer<typeof NAMED>): TypeDefinition {
  const carrier = CARRIER.safeParse(rest.find((part) => !Array.isArray(part)));
  if (!carrier.success) throw invalid(`the enumeration ${name} has no type`);
  const values = new Map<string, number>();
  for (const part of rest.filter((value) => Array.isArray(value))) {
    const read = ENUMERATOR.safeParse(part);
    if (!read.success) throw invalid(`the enumeration ${name} has a value that is none`);
    values.set(read.data[0], read.data[1]);
  }
  return { kind: 'enum', name, carrier: carrier.data.enumtype, values };
}

/** A stream's details are its reply, or come before a reply of their own. */
function readService({ reply, stream, stream_msg, events = [] }: z.infer<typeof SERVICE>): ServiceDefinition {
  if (stream !== true) return { reply, events };
  return { reply, details: stream_msg ?? reply, events };
}

function invalid(why: string): VppError {
  return new VppError('PP_VPP_API_DEFINITION', `the definition of VPP's API cannot be used: ${why}`, {
    isRetriable: false,
  });
}
