/** The question of a probe, and the line with which a listener names itself and the peer that it saw. */
import type { HostName } from './probe';
import type { SocketAddress } from './socket-address';

export interface Answer {
  readonly by: HostName;
  /** Where the listener listens. */
  readonly at: SocketAddress;
  readonly seen: SocketAddress;
}

/** What senders of datagrams say; at least the eight bytes that an ICMP error has to quote (RFC 792) to be told of. */
export const QUESTION = Buffer.from('who are you?\n');

export function formatAnswer(answer: Answer): Buffer {
  return Buffer.from(`${JSON.stringify(answer)}\n`);
}

/**
 * Undefined while the line is not complete, and for a question: where a protocol has no ports, two hosts that ask each other hear
 * each other's questions, too.
 */
export function parseAnswer(data: Buffer): Answer | undefined {
  if (data.equals(QUESTION)) return undefined;
  const end = data.indexOf(0x0a);
  // Only listeners of this package answer in the testbed: they write what formatAnswer gives.
  return end < 0 ? undefined : (JSON.parse(data.toString('utf8', 0, end)) as Answer);
}
