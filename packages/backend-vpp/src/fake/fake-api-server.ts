/** VPP's side of the API socket: the handshake, the table of messages, requests handed to handlers, answers, events, faults on demand. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { FieldValues } from '../api/codec';
import type { ApiDefinition } from '../api/definition';
import { FrameReader, frameOf } from '../api/frame';
import { MessageCodecs } from '../api/message-codec';
import { MessageTable, tableName } from '../api/message-table';

/**
 * What a request is answered with: the reply's fields, `retval` being 0 where it is not given; or details and then, where the stream has
 * one of its own, the reply. `nothing`: VPP stays silent.
 */
export type FakeAnswer =
  | { readonly reply: FieldValues }
  | { readonly details: readonly FieldValues[]; readonly reply?: FieldValues }
  | 'nothing';

/** Answers requests by their names. */
export type FakeHandler = (request: FieldValues, clientIndex: number) => FakeAnswer;

/** What goes wrong, until it is changed again. */
export interface FakeFaults {
  /** Frames go out in pieces of that many bytes. */
  pieceBytes?: number;
  /** Requests are read and not answered. */
  isStalled?: boolean;
  /** The connection ends in the place of the answer to the request with this number, counted from the last change. */
  endAtRequest?: number;
  /** What goes out in the place of the next answer. */
  nextAnswer?: Buffer;
}

const FIRST_NUMBER = 17;
const HANDSHAKE_REPLY_NUMBER = 16;
const HANDSHAKE_NUMBER = 15;
const PING = 'control_ping';

interface Client {
  readonly socket: Socket;
  readonly index: number;
}

/** Listens on a socket of its own; what messages mean is its handlers' matter. */
export class FakeApiServer {
  readonly codecs: MessageCodecs;
  readonly table: MessageTable;
  readonly faults: FakeFaults = {};
  /** Requests that came, by name, in their order. */
  readonly received: { readonly name: string; readonly values: FieldValues }[] = [];
  private readonly entries: readonly { readonly index: number; readonly name: string }[];
  private readonly clients = new Set<Client>();
  private server: Server | undefined;
  private nextClientIndex = 0;
  private requestsSinceFault = 0;

  constructor(
    readonly definition: ApiDefinition,
    private readonly handlers: ReadonlyMap<string, FakeHandler>,
    /** Messages that this VPP does not have, though the definition does. */
    lacking: ReadonlySet<string> = new Set(),
  ) {
    this.codecs = new MessageCodecs(definition);
    const messages = [...definition.messages.values()].filter(({ name }) => !lacking.has(name));
    this.entries = messages.map((message, index) => ({ index: FIRST_NUMBER + index, name: tableName(message) }));
    this.table = new MessageTable(this.entries, definition);
  }

  /** A socket that somebody left there is taken away first. */
  listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    const server = createServer((socket) => this.greet(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  /** Ends every connection and listens no more, as VPP does when it is stopped. */
  stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.dropClients();
    return new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  /** Ends every connection; it goes on listening. */
  dropClients(): void {
    for (const { socket } of this.clients) socket.destroy();
    this.clients.clear();
  }

  /** Tells an event to every client. */
  tell(name: string, values: FieldValues): void {
    const number = this.table.numberOf(name);
    for (const client of this.clients) {
      this.send(client, this.codecs.encode(name, number, { client_index: client.index, pid: 0, ...values }));
    }
  }

  /** From now on exactly these faults. */
  setFaults(faults: FakeFaults): void {
    for (const key of Object.keys(this.faults)) delete this.faults[key as keyof FakeFaults];
    Object.assign(this.faults, faults);
    this.requestsSinceFault = 0;
  }

  private greet(socket: Socket): void {
    const client: Client = { socket, index: this.nextClientIndex };
    this.nextClientIndex += 1;
    this.clients.add(client);
    const frames = new FrameReader();
    socket.on('data', (piece) => {
      for (const body of frames.push(piece)) this.receive(client, body);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.clients.delete(client));
  }

  private receive(client: Client, body: Buffer): void {
    const number = body.readUInt16BE();
    if (number === HANDSHAKE_NUMBER) {
      this.send(client, this.codecs.encode('sockclnt_create_reply', HANDSHAKE_REPLY_NUMBER, this.welcome(client)));
      return;
    }
    const name = this.table.nameOf(number);
    // A real VPP passes unknown messages over.
    if (name === undefined) return;
    const values = this.codecs.decode(name, body);
    this.received.push({ name, values });
    this.requestsSinceFault += 1;
    if (this.faults.endAtRequest === this.requestsSinceFault) client.socket.destroy();
    else if (this.faults.isStalled !== true) this.answer(client, name, values);
  }

  private welcome({ index }: Client): FieldValues {
    return { client_index: 0, context: 1, response: 0, index, message_table: this.entries };
  }

  private answer(client: Client, name: string, values: FieldValues): void {
    const { nextAnswer } = this.faults;
    if (nextAnswer !== undefined) {
      delete this.faults.nextAnswer;
      client.socket.write(nextAnswer);
      return;
    }
    const service = this.definition.services.get(name);
    if (service === undefined) return;
    const answer = name === PING ? PING_ANSWER : (this.handlers.get(name)?.(values, client.index) ?? 'nothing');
    if (answer === 'nothing') return;
    const { context } = values;
    if ('details' in answer && service.details !== undefined) {
      for (const details of answer.details) this.reply(client, service.details, { context, ...details });
    }
    if (answer.reply !== undefined) {
      this.reply(client, service.reply, { context, retval: 0, client_index: client.index, ...answer.reply });
    }
  }

  private reply(client: Client, name: string, values: FieldValues): void {
    this.send(client, this.codecs.encode(name, this.table.numberOf(name), values));
  }

  private send({ socket }: Client, body: Buffer): void {
    const frame = frameOf(body);
    const { pieceBytes = frame.length } = this.faults;
    for (let at = 0; at < frame.length; at += pieceBytes) socket.write(frame.subarray(at, at + pieceBytes));
  }
}

const PING_ANSWER: FakeAnswer = { reply: { vpe_pid: 1 } };
