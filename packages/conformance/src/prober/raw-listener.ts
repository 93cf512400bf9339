/** Listeners on protocols without sockets of their own here: SCTP, ICMP echo, and any other by its number. */
import { familyOf, ICMP, ICMPV6, type IpAddress, type Port, type Protocol, SCTP } from '@polyplane/core';
import { bindSocket, closeFd, EPOLLIN, must, openSocket, receiveFrom, SOCK_RAW, sendTo } from '@polyplane/linux';
import { formatAnswer, QUESTION } from './answer';
import { encodeEcho, parseEcho } from './icmp-echo';
import { ipPayload } from './ip-payload';
import type { HostName } from './probe';
import { encodeSctpPacket, parseSctpPacket } from './sctp-packet';
import { decodeAddress, encodeSocketAddress, SOCKET_ADDRESS_BYTES, socketFamilyOf } from './socket-address';
import type { SocketLoop } from './socket-loop';

export interface RawListenerSpec {
  readonly name: HostName;
  readonly address: IpAddress;
  readonly protocol: Protocol;
  /** SCTP only: on any other port it refuses. */
  readonly ports: ReadonlySet<Port>;
}

const LONGEST_DATAGRAM_BYTES = 2048;

/**
 * Opens a listener in the calling thread's namespace; it answers while the loop turns.
 * @returns its descriptor
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function openRawListener(loop: SocketLoop, spec: RawListenerSpec): number {
  const { address, protocol } = spec;
  const fd = must(`socket, protocol ${protocol}`, openSocket(socketFamilyOf(address), SOCK_RAW, protocol));
  try {
    must(`bind ${address}`, bindSocket(fd, encodeSocketAddress({ address, port: 0 })));
    loop.watch(fd, EPOLLIN, () => answerDatagrams(fd, spec));
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

function answerDatagrams(fd: number, spec: RawListenerSpec): void {
  const data = Buffer.alloc(LONGEST_DATAGRAM_BYTES);
  const peer = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  for (let length = receiveFrom(fd, data, peer); length >= 0; length = receiveFrom(fd, data, peer)) {
    const from = decodeAddress(peer);
    const payload = ipPayload(familyOf(from), data.subarray(0, length));
    const answer = renderAnswer(spec, from, payload);
    if (answer !== undefined) sendTo(fd, answer, encodeSocketAddress({ address: from, port: 0 }));
  }
}

/** Undefined for what is no question. */
function renderAnswer(spec: RawListenerSpec, from: IpAddress, payload: Buffer): Buffer | undefined {
  const { name: by, address, protocol } = spec;
  if (protocol === SCTP) return renderSctpAnswer(spec, from, payload);
  const answer = formatAnswer({ by, at: { address }, seen: { address: from } });
  if (protocol !== ICMP && protocol !== ICMPV6) {
    // Two listeners that answered each other's answers would go on for ever.
    return payload.equals(QUESTION) ? answer : undefined;
  }
  const family = familyOf(address);
  const echo = parseEcho(family, payload);
  return echo?.kind === 'request' ? encodeEcho({ family, kind: 'reply', id: echo.id, data: answer }) : undefined;
}

function renderSctpAnswer(
  { name: by, address, ports }: RawListenerSpec,
  from: IpAddress,
  payload: Buffer,
): Buffer | undefined {
  const packet = parseSctpPacket(payload);
  if (packet?.chunk.type !== 'init') return undefined;
  // Sixteen bits from a packet; the set says which of them are ports that are listened on.
  const at = packet.destinationPort as Port;
  const seen = { address: from, port: packet.sourcePort as Port };
  const { initiateTag } = packet.chunk;
  return encodeSctpPacket({
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
    verificationTag: initiateTag,
    chunk: ports.has(at)
      ? { type: 'initAck', initiateTag, cookie: formatAnswer({ by, at: { address, port: at }, seen }) }
      : { type: 'abort' },
  });
}
