/** A client of VPP's binary API: requests, streams and events, over a connection that is made anew whenever it is lost. */
import { asyncScheduler, BehaviorSubject, type Observable, type SchedulerLike, Subject, type Subscription } from 'rxjs';
import { VppError } from '../vpp-error';
import type { FieldValues } from './codec';
import { VppConnection } from './connection';
import type { ApiDefinition, ServiceDefinition } from './definition';
import { type Call, Exchange, PING } from './exchange';
import { MessageCodecs } from './message-codec';
import type { MessageTable } from './message-table';
import type { AnyMessages, MessageTypes } from './message-types';

/** How a client behaves. Every time is in milliseconds. */
export interface VppClientOptions {
  /** Path of VPP's API socket. */
  readonly socketPath: string;
  readonly definition: ApiDefinition;
  /** What VPP shows of this client. Default `polyplane`. */
  readonly clientName?: string;
  /** When a request without an answer is given up. Default 10,000. */
  readonly timeoutMs?: number;
  /** Requests that VPP has not answered. Default 64. */
  readonly maxInFlight?: number;
  /** Requests that wait for those. Default 65,536. */
  readonly maxWaiting?: number;
  /** After that long without a word from VPP it is asked for a sign of life; a connection that gives none is lost. Default 10,000; 0: never. */
  readonly keepAliveMs?: number;
  /** How long after a loss the first attempt comes, and how long between two at the most. Default 100 and 5,000. */
  readonly reconnectMs?: { readonly first: number; readonly most: number };
  /** Default: the clock of the process. */
  readonly scheduler?: SchedulerLike;
}

/** `lost`: requests fail at once until it is `connected` again, to a VPP that may have forgotten everything. */
export type ClientState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly error: VppError }
  | { readonly kind: 'closed' };

/** VPP's error number for a stream that goes on at a cursor (vnet/error.h: EAGAIN). */
const RETVAL_AGAIN = -165;
const KEEP_ALIVE = 'memclnt_keepalive';
const KEEP_ALIVE_REPLY = 'memclnt_keepalive_reply';
/** How often it is looked for requests that wait too long, of their time-out. */
const EXPIRY_CHECKS = 4;

/** Types of messages are those of `Types`; what VPP really has is known once it was met. */
export class VppClient<Types extends MessageTypes = AnyMessages> {
  private readonly codecs: MessageCodecs;
  private readonly options: Required<VppClientOptions>;
  private readonly state = new BehaviorSubject<ClientState>({ kind: 'closed' });
  private readonly eventSubjects = new Map<string, Subject<FieldValues>>();
  private readonly eventNames: ReadonlySet<string>;
  private link: { readonly connection: VppConnection; readonly exchange: Exchange } | undefined;
  private watch: Subscription | undefined;
  private reconnect: Subscription | undefined;
  private lastHeardAt = 0;
  private isClosed = false;

  private constructor(options: VppClientOptions) {
    this.options = {
      clientName: 'polyplane',
      timeoutMs: 10_000,
      maxInFlight: 64,
      maxWaiting: 65_536,
      keepAliveMs: 10_000,
      reconnectMs: { first: 100, most: 5_000 },
      scheduler: asyncScheduler,
      ...options,
    };
    this.codecs = new MessageCodecs(options.definition);
    this.eventNames = new Set([...options.definition.services.values()].flatMap(({ events }) => events));
  }

  /**
   * Connects; from then on a lost connection is made anew until {@link close}.
   * @throws VppError PP_VPP_LOST, PP_VPP_TIMEOUT, PP_VPP_API_REPLY
   */
  static async connect<Types extends MessageTypes = AnyMessages>(options: VppClientOptions): Promise<VppClient<Types>> {
    const client = new VppClient<Types>(options);
    await client.open();
    return client;
  }

  /** Begins with what is. Ends with {@link close}. */
  get state$(): Observable<ClientState> {
    return this.state.asObservable();
  }

  /** VPP, as it was met last, has the message in the form of the definition. */
  has(message: string): boolean {
    return this.link?.connection.table.has(message) ?? false;
  }

  /** Which number each message has in the VPP that was met last. */
  get table(): MessageTable | undefined {
    return this.link?.connection.table;
  }

  /**
   * Asks, and gives VPP's answer.
   * @throws VppError PP_VPP_API_REFUSED with VPP's `retval`; PP_VPP_API_MESSAGE_UNKNOWN, PP_VPP_API_VALUE when nothing was sent;
   *   PP_VPP_TIMEOUT, PP_VPP_LOST, PP_VPP_API_REPLY when nobody knows whether VPP did it; PP_VPP_BUSY
   */
  request<Name extends keyof Types['requests'] & string>(
    name: Name,
    values: Types['requests'][Name]['request'],
  ): Promise<Types['requests'][Name]['reply']> {
    return new Promise((resolve, reject) => {
      this.start(name, values, {
        onDetails: () => undefined,
        onDone: (reply) => {
          const retval = Number(reply.retval ?? 0);
          if (retval === 0) resolve(reply);
          else reject(refused(name, retval));
        },
        onFailed: reject,
      });
    });
  }

  /** Asks for everything that there is of a kind; errors as of {@link request}. */
  async dump<Name extends keyof Types['streams'] & string>(
    name: Name,
    values: Types['streams'][Name]['request'],
  ): Promise<readonly Types['streams'][Name]['details'][]> {
    const details: FieldValues[] = [];
    for (let cursor: unknown; ; ) {
      const at = cursor === undefined ? {} : { cursor };
      const reply = await this.streamOnce(name, { ...asFieldValues(values), ...at }, details);
      if (Number(reply.retval ?? 0) !== RETVAL_AGAIN) return details;
      cursor = reply.cursor;
    }
  }

  /** What VPP tells by itself, once it was asked to. Ends with {@link close}. */
  events$<Name extends keyof Types['events'] & string>(name: Name): Observable<Types['events'][Name]> {
    const subject = this.eventSubjects.get(name) ?? new Subject<FieldValues>();
    this.eventSubjects.set(name, subject);
    // The types say of an event's fields what the definition says.
    return subject.asObservable() as Observable<Types['events'][Name]>;
  }

  /** Waits for the answers that are still to come, then hangs up. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.link?.exchange.idle();
    this.watch?.unsubscribe();
    this.reconnect?.unsubscribe();
    const { link } = this;
    this.link = undefined;
    link?.connection.close();
    link?.exchange.end(lost('the client is closed'));
    for (const subject of this.eventSubjects.values()) subject.complete();
    this.state.next({ kind: 'closed' });
    this.state.complete();
  }

  private streamOnce(name: string, values: FieldValues, details: FieldValues[]): Promise<FieldValues> {
    return new Promise((resolve, reject) => {
      this.start(name, values, {
        onDetails: (item) => details.push(item),
        onDone: (reply) => {
          const retval = Number(reply.retval ?? 0);
          if (retval === 0 || retval === RETVAL_AGAIN) resolve(reply);
          else reject(refused(name, retval));
        },
        onFailed: reject,
      });
    });
  }

  private start(name: string, values: unknown, answers: Pick<Call, 'onDetails' | 'onDone' | 'onFailed'>): void {
    const service = this.options.definition.services.get(name);
    if (service === undefined) {
      answers.onFailed(
        new VppError('PP_VPP_API_MESSAGE_UNKNOWN', `${name} is no request of VPP's API`, { isRetriable: false }),
      );
      return;
    }
    if (this.link === undefined || this.isClosed) {
      answers.onFailed(lost(`${name} was not sent: there is no connection to VPP`));
      return;
    }
    const call: Call = { request: name, values: asFieldValues(values), ...endOf(service), ...answers };
    this.link.exchange.start(call, this.options.scheduler.now() + this.options.timeoutMs);
  }

  private async open(): Promise<void> {
    const { socketPath, clientName, timeoutMs, scheduler, maxInFlight, maxWaiting } = this.options;
    const user = { onMessage: (body: Buffer) => this.receive(body), onLost: (error: VppError) => this.lose(error) };
    const connection = await VppConnection.open(
      { socketPath, clientName, handshakeTimeoutMs: timeoutMs, scheduler },
      this.codecs,
      user,
    );
    if (this.isClosed) {
      connection.close();
      return;
    }
    this.link = { connection, exchange: new Exchange(connection, this.codecs, { maxInFlight, maxWaiting }) };
    this.lastHeardAt = scheduler.now();
    this.watchOver();
    this.state.next({ kind: 'connected' });
  }

  private receive(body: Buffer): void {
    const { link } = this;
    if (link === undefined) return;
    this.lastHeardAt = this.options.scheduler.now();
    const name = link.connection.table.nameOf(body.readUInt16BE());
    if (name === undefined) return;
    if (this.eventNames.has(name)) this.eventSubjects.get(name)?.next(this.codecs.decode(name, body));
    else if (name === KEEP_ALIVE) {
      const { context } = this.codecs.decode(name, body);
      link.exchange.answer(KEEP_ALIVE_REPLY, { context, retval: 0 });
    } else link.exchange.receive(name, body);
  }

  private lose(error: VppError): void {
    const { link } = this;
    this.link = undefined;
    this.watch?.unsubscribe();
    link?.connection.close();
    link?.exchange.end(error);
    if (this.isClosed) return;
    this.state.next({ kind: 'lost', error });
    this.tryAgain(this.options.reconnectMs.first);
  }

  private tryAgain(delayMs: number): void {
    const { scheduler, reconnectMs } = this.options;
    this.reconnect = scheduler.schedule(() => {
      void this.open().catch(() => {
        // Who listens knows that it is lost; the next attempt comes.
        if (!this.isClosed) this.tryAgain(Math.min(delayMs * 2, reconnectMs.most));
      });
    }, delayMs);
  }

  /** Fails what waits too long, and asks a VPP that says nothing for a sign of life. */
  private watchOver(): void {
    const { scheduler, timeoutMs, keepAliveMs } = this.options;
    const look = (): void => {
      const now = scheduler.now();
      this.link?.exchange.expire(now);
      if (keepAliveMs > 0 && now - this.lastHeardAt >= keepAliveMs && this.link?.exchange.isIdle === true)
        this.askForLife();
      if (this.link !== undefined) this.watchOver();
    };
    this.watch?.unsubscribe();
    this.watch = scheduler.schedule(look, Math.max(1, Math.min(timeoutMs, keepAliveMs || timeoutMs) / EXPIRY_CHECKS));
  }

  private askForLife(): void {
    const asked = this.link;
    this.start(
      PING,
      {},
      {
        onDetails: () => undefined,
        onDone: () => undefined,
        onFailed: (error) => {
          if (this.link === asked && error.code === 'PP_VPP_TIMEOUT')
            this.lose(lost('VPP gives no sign of life', error));
        },
      },
    );
  }
}

function endOf({ reply, details }: ServiceDefinition): Pick<Call, 'details' | 'last' | 'isEndedByPing'> {
  return { last: reply, isEndedByPing: details === reply, ...(details === undefined ? {} : { details }) };
}

function asFieldValues(values: unknown): FieldValues {
  // What is no object is refused by the codec, which names the message.
  return typeof values === 'object' && values !== null ? (values as FieldValues) : {};
}

function refused(name: string, retval: number): VppError {
  return new VppError('PP_VPP_API_REFUSED', `VPP refused ${name}: ${retval}`, { isRetriable: false, retval });
}

function lost(message: string, cause?: unknown): VppError {
  return new VppError('PP_VPP_LOST', message, { isRetriable: true, cause });
}
