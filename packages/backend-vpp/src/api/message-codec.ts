/** Whole messages: their names, the CRC that both sides must agree on, and their bytes after the message's number. */
import { VppError } from '../vpp-error';
import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { type Codec, type FieldValues, ValueError } from './codec';
import type { ApiDefinition, MessageDefinition } from './definition';
import { CodecFactory } from './structure-codec';

/** The number of a message stands before its fields. */
const NUMBER_BYTES = 2;

/** Codecs of all messages of a definition, each made when it is first used. */
export class MessageCodecs {
  private readonly factory: CodecFactory;
  private readonly codecs = new Map<string, Codec>();
  private readonly writer = new ByteWriter();

  constructor(readonly definition: ApiDefinition) {
    this.factory = new CodecFactory(definition);
  }

  /**
   * The bytes of a message, its number before its fields.
   * @throws VppError PP_VPP_API_VALUE, PP_VPP_API_MESSAGE_UNKNOWN
   */
  encode(name: string, number: number, values: FieldValues): Buffer {
    const { writer } = this;
    writer.at = 0;
    this.encodeInto(writer, name, number, values);
    return writer.copyFrom(0);
  }

  /** The same, at the end of what the writer holds. After an error the writer is where it was before. */
  encodeInto(writer: ByteWriter, name: string, number: number, values: FieldValues): void {
    const start = writer.at;
    writer.reserve(NUMBER_BYTES);
    writer.view.setUint16(writer.at, number);
    writer.at += NUMBER_BYTES;
    try {
      this.codecOf(name).write(writer, values);
    } catch (error) {
      writer.at = start;
      if (!(error instanceof ValueError)) throw error;
      throw new VppError('PP_VPP_API_VALUE', `${name}${error.place}: ${error.reason}`, {
        isRetriable: false,
        cause: error,
      });
    }
  }

  /**
   * The fields of a message. Bytes beyond them are left alone.
   * @throws VppError PP_VPP_API_REPLY when it is too short for what it says of itself
   */
  decode(name: string, body: Uint8Array): FieldValues {
    const codec = this.codecOf(name);
    try {
      // The codec of a message reads a structure.
      return codec.read(new ByteReader(body, NUMBER_BYTES)) as FieldValues;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new VppError('PP_VPP_API_REPLY', `${name} of ${body.length} bytes cannot be read: ${error.message}`, {
        isRetriable: true,
        cause: error,
      });
    }
  }

  /** @throws VppError PP_VPP_API_MESSAGE_UNKNOWN */
  messageOf(name: string): MessageDefinition {
    const message = this.definition.messages.get(name);
    if (message !== undefined) return message;
    throw new VppError('PP_VPP_API_MESSAGE_UNKNOWN', `the definition of VPP's API has no message ${name}`, {
      isRetriable: false,
    });
  }

  private codecOf(name: string): Codec {
    const known = this.codecs.get(name);
    if (known !== undefined) return known;
    const codec = this.factory.structure(this.messageOf(name).fields, name);
    this.codecs.set(name, codec);
    return codec;
  }
}
