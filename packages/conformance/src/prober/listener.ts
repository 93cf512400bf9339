/** Listeners: on TCP they answer with a line and close, on UDP they answer each datagram. */
import { formatProtocol, type Protocol, TCP, UDP } from '@polyplane/core';
import {
  acceptConnection,
  allowAddressReuse,
  bindSocket,
  closeFd,
  EPOLLIN,
  listenOn,
  must,
  openSocket,
  receiveFrom,
  restrictToIpv6,
  SOCK_DGRAM,
  SOCK_STREAM,
  sendTo,
} from '@polyplane/linux';
import { ConformanceError } from '../conformance-error';
import { formatAnswer } from './answer';
import type { HostName } from './probe';
import {
  decodeSocketAddress,
  encodeSocketAddress,
  SOCKET_ADDRESS_BYTES,
  type SocketAddress,
  socketFamilyOf,
} from './socket-address';
import type { SocketLoop } from './socket-loop';

const BACKLOG = 1024;

/** Where a listener listens, and under which name it answers. */
export interface ListenerSpec {
  readonly name: HostName;
  /** An address of the host: what listens on one address answers from it. */
  readonly address: Required<SocketAddress>;
  readonly protocol: Protocol;
}

/**
 * Opens a listener in the calling thread's namespace; it answers while the loop turns.
 * @returns its descriptor
 * @throws LinuxError PP_LINUX_SYSTEM_CALL for an address or port that cannot be had; ConformanceError PP_TESTBED_SYSTEM_CALL for a
 *   protocol other than TCP and UDP
 */
export function openListener(loop: SocketLoop, spec: ListenerSpec): number {
  const { address, protocol } = spec;
  if (protocol !== TCP && protocol !== UDP) {
    throw new ConformanceError('PP_TESTBED_SYSTEM_CALL', `no listener for protocol ${formatProtocol(protocol)}`);
  }
  const type = protocol === TCP ? SOCK_STREAM : SOCK_DGRAM;
  const fd = must('socket', openSocket(socketFamilyOf(address.address), type));
  try {
    if (address.address.includes(':')) restrictToIpv6(fd);
    // For UDP too: a probe may be sent from the port that its own host listens on.
    allowAddressReuse(fd);
    must(`bind ${address.address} port ${address.port}`, bindSocket(fd, encodeSocketAddress(address)));
    if (protocol === TCP) must('listen', listenOn(fd, BACKLOG));
    loop.watch(fd, EPOLLIN, protocol === TCP ? () => answerConnections(fd, spec) : () => answerDatagrams(fd, spec));
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

function answerConnections(fd: number, { name: by, address: at }: ListenerSpec): void {
  const peer = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  // Ends with EAGAIN when the queue is empty; a connection that was reset meanwhile is skipped by the next turn.
  for (let connection = acceptConnection(fd, peer); connection >= 0; connection = acceptConnection(fd, peer)) {
    sendTo(connection, formatAnswer({ by, at, seen: decodeSocketAddress(peer) }), null);
    closeFd(connection);
  }
}

function answerDatagrams(fd: number, { name: by, address: at }: ListenerSpec): void {
  const data = Buffer.alloc(64);
  const peer = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  while (receiveFrom(fd, data, peer) >= 0) {
    const seen = decodeSocketAddress(peer);
    sendTo(fd, formatAnswer({ by, at, seen }), encodeSocketAddress(seen));
  }
}
