/** What a probe says in one datagram, and what it makes of those that come back. */
import { familyOf, ICMP, ICMPV6, type Port, type Protocol, SCTP, UDP } from '@polyplane/core';
import { SOCK_DGRAM, SOCK_RAW } from '@polyplane/linux';
import { type Answer, parseAnswer, QUESTION } from './answer';
import { encodeEcho, parseEcho } from './icmp-echo';
import { ipPayload } from './ip-payload';
import type { ProbeRequest } from './probe';
import { encodeSctpPacket, parseSctpPacket } from './sctp-packet';

export interface Dialogue {
  readonly question: Buffer;
  /** Undefined: the datagram is not about this probe. */
  readAnswer(datagram: Buffer): Answer | 'refused' | undefined;
}

/** The type and protocol that `socket()` wants for datagrams of a protocol: UDP has sockets of its own, the others are raw. */
export function datagramSocketOf(protocol: Protocol): { readonly type: number; readonly protocol: number } {
  return protocol === UDP ? { type: SOCK_DGRAM, protocol: 0 } : { type: SOCK_RAW, protocol };
}

/** @param id tells this probe from others of its sender: the source port of protocols that have one */
export function dialogueOf({ protocol, destination, destinationPort }: ProbeRequest, id: Port): Dialogue {
  const family = familyOf(destination);
  if (protocol === UDP) return { question: QUESTION, readAnswer: parseAnswer };
  if (protocol === SCTP) return sctpDialogue(id, destinationPort, (datagram) => ipPayload(family, datagram));
  if (protocol === ICMP || protocol === ICMPV6) {
    return {
      question: encodeEcho({ family, kind: 'request', id, data: QUESTION }),
      readAnswer: (datagram) => {
        const echo = parseEcho(family, ipPayload(family, datagram));
        return echo?.kind === 'reply' && echo.id === id ? parseAnswer(echo.data) : undefined;
      },
    };
  }
  return { question: QUESTION, readAnswer: (datagram) => parseAnswer(ipPayload(family, datagram)) };
}

function sctpDialogue(sourcePort: Port, port: Port | undefined, payloadOf: (datagram: Buffer) => Buffer): Dialogue {
  const destinationPort = port ?? 0;
  return {
    question: encodeSctpPacket({
      sourcePort,
      destinationPort,
      verificationTag: 0,
      chunk: { type: 'init', initiateTag: sourcePort },
    }),
    readAnswer(datagram) {
      const packet = parseSctpPacket(payloadOf(datagram));
      if (packet?.destinationPort !== sourcePort || packet.sourcePort !== destinationPort) return undefined;
      if (packet.chunk.type === 'abort') return 'refused';
      return packet.chunk.type === 'initAck' ? parseAnswer(packet.chunk.cookie) : undefined;
    },
  };
}
