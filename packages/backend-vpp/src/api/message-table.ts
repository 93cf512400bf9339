/** Which number each message has in the VPP that was met: it says so at the beginning of each connection. */
import { VppError } from '../vpp-error';
import type { ApiDefinition, MessageDefinition } from './definition';

/** VPP cuts `name_crc` to what a field of 64 bytes holds. */
const LONGEST_NAME = 63;

/** An entry of VPP's table, as VPP writes it. */
export interface TableEntry {
  readonly index: number;
  /** `control_ping_51077d14`. */
  readonly name: string;
}

/** The numbers of messages in one VPP. */
export class MessageTable {
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly namesByNumber = new Map<number, string>();

  constructor(
    entries: readonly TableEntry[],
    private readonly definition: ApiDefinition,
  ) {
    this.numbers = new Map(entries.map(({ name, index }) => [name, index]));
    for (const message of definition.messages.values()) {
      const number = this.numbers.get(tableName(message));
      if (number !== undefined) this.namesByNumber.set(number, message.name);
    }
  }

  /** The name of the message with this number; undefined: the definition has none that VPP has too. */
  nameOf(number: number): string | undefined {
    return this.namesByNumber.get(number);
  }

  /** VPP has the message, in the form of the definition. */
  has(name: string): boolean {
    const message = this.definition.messages.get(name);
    return message !== undefined && this.numbers.has(tableName(message));
  }

  /** @throws VppError PP_VPP_API_MESSAGE_UNKNOWN, saying whether VPP lacks the message or has another form of it */
  numberOf(name: string): number {
    const message = this.definition.messages.get(name);
    const number = message === undefined ? undefined : this.numbers.get(tableName(message));
    if (number !== undefined) return number;
    throw new VppError('PP_VPP_API_MESSAGE_UNKNOWN', this.explain(name, message), { isRetriable: false });
  }

  private explain(name: string, message: MessageDefinition | undefined): string {
    if (message === undefined) return `the definition of VPP's API has no message ${name}`;
    const other = [...this.numbers.keys()].find(
      (entry) => entry.startsWith(`${name}_`) && entry.length === name.length + 9,
    );
    if (other === undefined) return `this VPP has no message ${name}`;
    return `this VPP has ${name} in another form: ${other.slice(-8)}, where ${message.crc} is known`;
  }
}

/** The message as VPP's table names it. */
export function tableName({ name, crc }: MessageDefinition): string {
  return `${name}_${crc}`.slice(0, LONGEST_NAME);
}
