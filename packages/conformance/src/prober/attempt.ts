/** One attempt of a probe on a socket of its own: connect or send, then wait for the listener's answer. */
import { TCP } from '@polyplane/core';
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
} from '../kernel/system-calls';
import { parseAnswer } from './answer';
import type { ProbeRequest, ProbeResult } from './probe';
import { encodeSocketAddress, SOCKET_ADDRESS_BYTES } from './socket-address';
import type { SocketLoop, Waiting } from './socket-loop';

/** After the handshake the path is proven; what is left is the listener's own time. */
const ANSWER_MILLISECONDS = 2000;
const DATAGRAM = Buffer.from('probe\n');

/**
 * Tries once on `fd`, a fresh non-blocking TCP or UDP socket, and closes it.
 * @throws ConformanceError PP_TESTBED_SYSTEM_CALL for an error that says nothing about the path
 */
export function attemptProbe(
  loop: SocketLoop,
  fd: number,
  request: ProbeRequest,
  timeoutMilliseconds: number,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    new Attempt(loop, fd, timeoutMilliseconds, resolve, reject).start(request);
  });
}

class Attempt implements Waiting {
  private isOver = false;
  private received = Buffer.alloc(0);

  constructor(
    private readonly loop: SocketLoop,
    private readonly fd: number,
    private remainingMilliseconds: number,
    private readonly resolve: (result: ProbeResult) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  start(request: ProbeRequest): void {
    this.guard(() => {
      const isTcp = request.protocol === TCP;
      if (isTcp) resetOnClose(this.fd);
      const to = encodeSocketAddress({ address: request.destination, port: request.destinationPort });
      const connected = connectSocket(this.fd, to);
      const begun = connected === -ERRNO.EINPROGRESS ? 0 : connected;
      const sent = isTcp || begun < 0 ? begun : sendTo(this.fd, DATAGRAM, null);
      if (NEVER_LEFT.has(-sent)) this.finish({ outcome: 'notSendable', reason: formatErrno(-sent) });
      else if (sent < 0) this.fail(sent);
      else this.await(isTcp);
    });
  }

  elapse(milliseconds: number): boolean {
    this.remainingMilliseconds -= milliseconds;
    if (!this.isOver && this.remainingMilliseconds <= 0) this.finish({ outcome: 'timeout' });
    return this.isOver;
  }

  private await(isTcp: boolean): void {
    if (isTcp) this.loop.watch(this.fd, EPOLLOUT, () => this.guard(() => this.finishConnecting()));
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
    const chunk = Buffer.alloc(512);
    const length = receiveFrom(this.fd, chunk, Buffer.alloc(SOCKET_ADDRESS_BYTES));
    if (length < 0) {
      if (length !== -ERRNO.EAGAIN) this.fail(length);
      return;
    }
    this.received = Buffer.concat([this.received, chunk.subarray(0, length)]);
    const answer = parseAnswer(this.received);
    if (answer !== undefined) {
      const { by, at, seen } = answer;
      this.finish({ outcome: 'connected', by, at, seenSource: seen.address, seenPort: seen.port });
    } else if (length === 0) this.fail(-ERRNO.ECONNRESET);
  }

  private fail(error: CallResult): void {
    const reason = formatErrno(-error);
    if (REFUSALS.has(-error)) this.finish({ outcome: 'refused', reason });
    // The sender's own firewall dropped the packet; a drop further on is silent.
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

/** Error numbers that stand for an RST or an ICMP error. */
const REFUSALS: ReadonlySet<number> = new Set([
  ERRNO.ECONNREFUSED,
  ERRNO.ECONNRESET,
  ERRNO.EHOSTUNREACH,
  ERRNO.ENETUNREACH,
  ERRNO.EACCES,
  ERRNO.ENOPROTOOPT,
]);

/** Error numbers of a `connect` that found no route or no address to send from. */
const NEVER_LEFT: ReadonlySet<number> = new Set([ERRNO.ENETUNREACH, ERRNO.EADDRNOTAVAIL]);
