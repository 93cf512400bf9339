/** One attempt of a probe on a socket of its own: connect or send, then wait for the listener's answer. */
import { TCP, UDP } from '@polyplane/core';
import {
  type CallResult,
  connectSocket,
  EPOLLIN,
  EPOLLOUT,
  ERRNO,
  formatErrno,
  must,
  receiveFrom,
  resetOnClose,
  sendTo,
  takeSocketError,
} from '@polyplane/linux';
import { type Answer, parseAnswer } from './answer';
import type { Dialogue } from './dialogue';
import type { ProbeRequest, ProbeResult } from './probe';
import { encodeSocketAddress, SOCKET_ADDRESS_BYTES } from './socket-address';
import type { SocketLoop, Waiting } from './socket-loop';

/** After the handshake the path is proven; what is left is the listener's own time. */
const ANSWER_MILLISECONDS = 2000;
const LONGEST_ANSWER_BYTES = 2048;

/**
 * Tries once on `fd`, a fresh non-blocking socket of the request's protocol, and closes it.
 * @param dialogue how datagrams are exchanged; absent for TCP
 * @throws LinuxError PP_LINUX_SYSTEM_CALL for an error that says nothing about the path
 */
export function attemptProbe(
  loop: SocketLoop,
  fd: number,
  request: ProbeRequest,
  dialogue: Dialogue | undefined,
  timeoutMilliseconds: number,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    new Attempt(loop, fd, dialogue, timeoutMilliseconds, resolve, reject).start(request);
  });
}

class Attempt implements Waiting {
  private isOver = false;
  private received = Buffer.alloc(0);

  constructor(
    private readonly loop: SocketLoop,
    private readonly fd: number,
    private readonly dialogue: Dialogue | undefined,
    private remainingMilliseconds: number,
    private readonly resolve: (result: ProbeResult) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  start(request: ProbeRequest): void {
    this.guard(() => {
      if (this.dialogue === undefined) resetOnClose(this.fd);
      const { destination, destinationPort } = request;
      const port = hasSockets(request) ? (destinationPort ?? 0) : 0;
      const connected = connectSocket(this.fd, encodeSocketAddress({ address: destination, port }));
      const begun = connected === -ERRNO.EINPROGRESS ? 0 : connected;
      const sent = this.dialogue === undefined || begun < 0 ? begun : sendTo(this.fd, this.dialogue.question, null);
      if (NEVER_LEFT.has(-sent)) this.finish({ outcome: 'notSendable', reason: formatErrno(-sent) });
      // The sender's own firewall stopped the datagram: whether it told so, only the socket says.
      else if (sent >= 0 || (STOPPED_HERE.has(-sent) && begun >= 0)) this.await();
      else this.fail(sent);
    });
  }

  elapse(milliseconds: number): boolean {
    this.remainingMilliseconds -= milliseconds;
    if (!this.isOver && this.remainingMilliseconds <= 0) this.finish({ outcome: 'timeout' });
    return this.isOver;
  }

  private await(): void {
    if (this.dialogue === undefined)
      this.loop.watch(this.fd, EPOLLOUT, () => this.guard(() => this.finishConnecting()));
    else this.loop.watch(this.fd, EPOLLIN, () => this.guard(() => this.readAnswer()));
    this.loop.wait(this);
  }

  private finishConnecting(): void {
    const error = takeSocketError(this.fd);
    if (error !== 0) {
      this.fail(-error);
      return;
    }
    this.remainingMilliseconds = Math.max(this.remainingMilliseconds, ANSWER_MILLISECONDS);
    this.loop.watch(this.fd, EPOLLIN, () => this.guard(() => this.readAnswer()));
  }

  private readAnswer(): void {
    const chunk = Buffer.alloc(LONGEST_ANSWER_BYTES);
    const length = receiveFrom(this.fd, chunk, Buffer.alloc(SOCKET_ADDRESS_BYTES));
    if (length < 0) {
      if (length !== -ERRNO.EAGAIN) this.fail(length);
      return;
    }
    const answer = this.understand(chunk.subarray(0, length));
    if (answer === 'refused') this.finish({ outcome: 'refused', reason: 'the listener refuses' });
    else if (answer !== undefined) this.finish(connectedBy(answer));
    else if (length === 0 && this.dialogue === undefined) this.fail(-ERRNO.ECONNRESET);
  }

  /** A datagram says all or nothing; a stream's line may come in pieces. */
  private understand(chunk: Buffer): Answer | 'refused' | undefined {
    if (this.dialogue !== undefined) return this.dialogue.readAnswer(chunk);
    this.received = Buffer.concat([this.received, chunk]);
    return parseAnswer(this.received);
  }

  private fail(error: CallResult): void {
    const reason = formatErrno(-error);
    if (REFUSALS.has(-error)) this.finish({ outcome: 'refused', reason });
    // A program of the sender's own cgroup forbade the call; a drop further on is silent.
    else if (error === -ERRNO.EPERM) this.finish({ outcome: 'timeout' });
    else must('connect or send', error);
  }

  private finish(result: ProbeResult): void {
    this.end();
    this.resolve(result);
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.end();
      this.reject(error);
    }
  }

  private end(): void {
    if (!this.isOver) this.loop.closeSocket(this.fd);
    this.isOver = true;
  }
}

/** A raw socket has no port: the protocol's own, if it has one, is in the question. */
function hasSockets({ protocol }: ProbeRequest): boolean {
  return protocol === TCP || protocol === UDP;
}

function connectedBy({ by, at, seen }: Answer): ProbeResult {
  const { address: seenSource, port: seenPort } = seen;
  return { outcome: 'connected', by, at, seenSource, ...(seenPort !== undefined && { seenPort }) };
}

/** Error numbers that stand for an RST or an ICMP error. */
const REFUSALS: ReadonlySet<number> = new Set([
  ERRNO.ECONNREFUSED,
  ERRNO.ECONNRESET,
  ERRNO.EHOSTUNREACH,
  ERRNO.ENETUNREACH,
  ERRNO.EACCES,
  ERRNO.ENOPROTOOPT,
]);

/** Error numbers of a sender's own firewall: a packet filter's, a classifier's. */
const STOPPED_HERE: ReadonlySet<number> = new Set([ERRNO.EPERM, ERRNO.ENOBUFS]);

/** Error numbers of a `connect` that found no route or no address to send from. */
const NEVER_LEFT: ReadonlySet<number> = new Set([ERRNO.ENETUNREACH, ERRNO.EADDRNOTAVAIL]);
