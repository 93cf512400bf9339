/** One connection to VPP's API socket, from its handshake to its end. */
import { connect, type Socket } from 'node:net';
import type { SchedulerLike } from 'rxjs';
import { VppError } from '../vpp-error';
import { FrameReader, frameOf } from './frame';
import type { MessageCodecs } from './message-codec';
import { MessageTable, type TableEntry } from './message-table';

/** Numbers that every VPP gives to the messages of the handshake, before it has told any. */
const HANDSHAKE_NUMBER = 15;
const HANDSHAKE_REPLY_NUMBER = 16;
const HANDSHAKE = 'sockclnt_create';
const HANDSHAKE_REPLY = 'sockclnt_create_reply';
const NUMBER_BYTES = 2;

/** How a connection is made. */
export interface ConnectionOptions {
  readonly socketPath: string;
  /** What VPP shows of this client; fewer than 64 bytes. */
  readonly clientName: string;
  readonly handshakeTimeoutMs: number;
  readonly scheduler: SchedulerLike;
}

/** Who uses a connection. */
export interface ConnectionUser {
  /** A message came; `body` begins with its number. */
  onMessage(body: Buffer): void;
  /** The connection is over; told once, unless {@link VppConnection.close} was called. */
  onLost(error: VppError): void;
}

export class VppConnection {
  private isOver = false;
  private readonly waitingForRoom: (() => void)[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly frames: FrameReader,
    private readonly user: ConnectionUser,
    /** What each request must carry; after a reconnect the new one only. */
    readonly clientIndex: number,
    readonly table: MessageTable,
  ) {
    socket.on('data', (piece) => this.receive(piece));
    socket.on('drain', () => {
      for (const goOn of this.waitingForRoom.splice(0)) goOn();
    });
    socket.on('error', (cause) => this.fail(lost('the connection to VPP broke', cause)));
    socket.on('close', () => this.fail(lost('VPP closed the connection')));
  }

  /** @throws VppError PP_VPP_LOST, PP_VPP_TIMEOUT, PP_VPP_API_REPLY */
  static async open(options: ConnectionOptions, codecs: MessageCodecs, user: ConnectionUser): Promise<VppConnection> {
    const socket = connect(options.socketPath);
    const frames = new FrameReader();
    try {
      const body = await handshake(socket, frames, options, codecs);
      const reply = codecs.decode(HANDSHAKE_REPLY, body);
      if (reply.response !== 0) throw lost(`VPP refused the client: ${String(reply.response)}`);
      // The definition of the reply says what these fields are.
      const table = new MessageTable(reply.message_table as readonly TableEntry[], codecs.definition);
      return new VppConnection(socket, frames, user, Number(reply.index), table);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** False: the kernel has no room for more; what was handed in is kept. {@link room} tells when to go on. */
  write(frames: Buffer): boolean {
    return this.isOver || this.socket.write(frames);
  }

  /** Settles when the kernel takes more, or when the connection is over. */
  room(): Promise<void> {
    if (this.isOver || !this.socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  /** VPP throws away what it has not read when the socket is closed: wait for the last answer before. */
  close(): void {
    this.isOver = true;
    this.socket.destroy();
    for (const goOn of this.waitingForRoom.splice(0)) goOn();
  }

  private receive(piece: Buffer): void {
    try {
      for (const body of this.frames.push(piece)) {
        if (this.isOver) return;
        if (body.length >= NUMBER_BYTES) this.user.onMessage(body);
      }
    } catch (error) {
      this.fail(error instanceof VppError ? error : lost('a message of VPP could not be dealt with', error));
    }
  }

  private fail(error: VppError): void {
    if (this.isOver) return;
    this.close();
    this.user.onLost(error);
  }
}

function handshake(
  socket: Socket,
  frames: FrameReader,
  options: ConnectionOptions,
  codecs: MessageCodecs,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const end = (action: () => void): void => {
      timer.unsubscribe();
      socket.removeAllListeners();
      action();
    };
    const timer = options.scheduler.schedule(() => end(() => reject(timedOut(options))), options.handshakeTimeoutMs);
    socket.once('connect', () => {
      socket.write(frameOf(codecs.encode(HANDSHAKE, HANDSHAKE_NUMBER, { context: 1, name: options.clientName })));
    });
    socket.on('data', (piece) => {
      try {
        for (const body of frames.push(piece)) {
          if (body.length < NUMBER_BYTES || body.readUInt16BE() !== HANDSHAKE_REPLY_NUMBER) {
            throw new VppError('PP_VPP_API_REPLY', 'what answers on the API socket is no VPP', { isRetriable: true });
          }
          end(() => resolve(body));
          return;
        }
      } catch (error) {
        end(() => reject(error));
      }
    });
    socket.once('error', (cause) => end(() => reject(lost(`no connection to ${options.socketPath}`, cause))));
    socket.once('close', () => end(() => reject(lost('VPP closed the connection before it said anything'))));
  });
}

function timedOut({ socketPath, handshakeTimeoutMs }: ConnectionOptions): VppError {
  return new VppError('PP_VPP_TIMEOUT', `VPP did not greet on ${socketPath} in ${handshakeTimeoutMs} ms`, {
    isRetriable: true,
  });
}

function lost(message: string, cause?: unknown): VppError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new VppError('PP_VPP_LOST', `${message}${reason}`, { isRetriable: true, cause });
}
