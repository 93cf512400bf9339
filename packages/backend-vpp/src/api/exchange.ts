/** What is under way on one connection: requests that wait for their answers, and those that wait to be sent. */
import { VppError } from '../vpp-error';
import { ByteWriter } from './byte-writer';
import type { FieldValues } from './codec';
import type { VppConnection } from './connection';
import { HEADER_BYTES, writeHeader } from './frame';
import type { MessageCodecs } from './message-codec';

/** Answers to one request. */
export interface Call {
  readonly request: string;
  readonly values: FieldValues;
  /** Messages that any number of come before the last answer. */
  readonly details?: string;
  /** The message that ends it. */
  readonly last: string;
  /** VPP is asked for a sign of life behind the request: its answer ends the call. */
  readonly isEndedByPing: boolean;
  onDetails(values: FieldValues): void;
  onDone(reply: FieldValues): void;
  onFailed(error: VppError): void;
}

/** How much may be under way. */
export interface ExchangeLimits {
  /** Requests that VPP has not answered. More than some dozens make nothing faster, and hold up VPP's packets. */
  readonly maxInFlight: number;
  /** Requests that wait for those. */
  readonly maxWaiting: number;
}

const CONTEXT_OFFSET = 2;
const CONTEXT_BYTES = 4;
export const PING = 'control_ping';
const PING_REPLY = 'control_ping_reply';

interface InFlight {
  readonly call: Call;
  /** By the clock that {@link Exchange.expire} is asked with. */
  readonly deadline: number;
}

export class Exchange {
  private readonly inFlight = new Map<number, InFlight>();
  private readonly waiting: { readonly call: Call; readonly deadline: number }[] = [];
  private readonly outbox = new ByteWriter();
  private nextContext = 1;
  private isFlushDue = false;
  private isBlocked = false;
  private ended: VppError | undefined;
  private readonly whenIdle: (() => void)[] = [];

  constructor(
    private readonly connection: VppConnection,
    private readonly codecs: MessageCodecs,
    private readonly limits: ExchangeLimits,
  ) {}

  /** Sends the request now or when its turn comes. Every call is answered, with one of its three. */
  start(call: Call, deadline: number): void {
    if (this.ended !== undefined) call.onFailed(this.ended);
    else if (!this.isBlocked && this.inFlight.size < this.limits.maxInFlight) this.send(call, deadline);
    else if (this.waiting.length < this.limits.maxWaiting) this.waiting.push({ call, deadline });
    else call.onFailed(busy(call, this.limits.maxWaiting));
  }

  /** True: the message answered a call, or came too late for one. */
  receive(name: string, body: Buffer): boolean {
    if (body.length < CONTEXT_OFFSET + CONTEXT_BYTES) return false;
    const context = body.readUInt32BE(CONTEXT_OFFSET);
    const found = this.inFlight.get(context);
    if (found === undefined) return true;
    const { call } = found;
    if (name === call.details && !(name === call.last && !call.isEndedByPing)) {
      call.onDetails(this.codecs.decode(name, body));
      return true;
    }
    const isLast = name === (call.isEndedByPing ? PING_REPLY : call.last);
    if (!isLast) return false;
    this.inFlight.delete(context);
    this.settle(call, name, body);
    this.sendWaiting();
    return true;
  }

  /** Fails what has waited too long. Answers that come later are passed over. */
  expire(now: number): void {
    for (const [context, { call, deadline }] of this.inFlight) {
      if (deadline > now) continue;
      this.inFlight.delete(context);
      call.onFailed(late(call));
    }
    const expired = this.waiting.filter(({ deadline }) => deadline <= now);
    if (expired.length > 0) {
      this.waiting.splice(0, this.waiting.length, ...this.waiting.filter(({ deadline }) => deadline > now));
      for (const { call } of expired) call.onFailed(late(call));
    }
    this.sendWaiting();
  }

  /** Fails everything, now and from now on. */
  end(error: VppError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    const calls = [...this.inFlight.values(), ...this.waiting].map(({ call }) => call);
    this.inFlight.clear();
    this.waiting.length = 0;
    for (const call of calls) call.onFailed(error);
    this.tellIdle();
  }

  /** Settles when nothing is under way. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  get isIdle(): boolean {
    return this.inFlight.size === 0 && this.waiting.length === 0;
  }

  /** Answers VPP: a message that nobody answers. */
  answer(name: string, values: FieldValues): void {
    this.put(name, values);
  }

  private settle(call: Call, name: string, body: Buffer): void {
    let reply: FieldValues;
    try {
      reply = this.codecs.decode(name, body);
    } catch (error) {
      call.onFailed(error instanceof VppError ? error : unreadable(name, error));
      // What follows cannot be trusted either.
      throw error;
    }
    call.onDone(reply);
  }

  private send(call: Call, deadline: number): void {
    const context = this.freeContext();
    const { clientIndex } = this.connection;
    try {
      this.put(call.request, { ...call.values, client_index: clientIndex, context });
      if (call.isEndedByPing) this.put(PING, { client_index: clientIndex, context });
    } catch (error) {
      call.onFailed(error instanceof VppError ? error : unreadable(call.request, error));
      return;
    }
    this.inFlight.set(context, { call, deadline });
  }

  private freeContext(): number {
    while (this.inFlight.has(this.nextContext)) this.nextContext = (this.nextContext + 1) >>> 0;
    const context = this.nextContext;
    this.nextContext = (this.nextContext + 1) >>> 0;
    return context;
  }

  /** Frames gather until this turn of the event loop is over, and go out in one write. */
  private put(name: string, values: FieldValues): void {
    const { outbox } = this;
    const number = this.connection.table.numberOf(name);
    const start = outbox.at;
    outbox.writeZeros(HEADER_BYTES);
    try {
      this.codecs.encodeInto(outbox, name, number, values);
    } catch (error) {
      outbox.at = start;
      throw error;
    }
    writeHeader(outbox.bytes, start, outbox.at - start - HEADER_BYTES);
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.isFlushDue = false;
    if (this.outbox.at === 0) return;
    const hasRoom = this.connection.write(this.outbox.copyFrom(0));
    this.outbox.at = 0;
    if (hasRoom) return;
    this.isBlocked = true;
    void this.connection.room().then(() => {
      this.isBlocked = false;
      this.sendWaiting();
    });
  }

  private sendWaiting(): void {
    while (!this.isBlocked && this.inFlight.size < this.limits.maxInFlight) {
      const next = this.waiting.shift();
      if (next === undefined) break;
      this.send(next.call, next.deadline);
    }
    if (this.isIdle) this.tellIdle();
  }

  private tellIdle(): void {
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}

function busy({ request }: Call, most: number): VppError {
  return new VppError('PP_VPP_BUSY', `${request} was not sent: ${most} requests wait for VPP already`, {
    isRetriable: true,
  });
}

function late({ request }: Call): VppError {
  return new VppError('PP_VPP_TIMEOUT', `VPP did not answer ${request} in time`, { isRetriable: true });
}

function unreadable(name: string, cause: unknown): VppError {
  return new VppError('PP_VPP_API_REPLY', `${name} cannot be dealt with`, { isRetriable: true, cause });
}
