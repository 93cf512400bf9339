/** Probes: what is sent from where to where, and what came of it. */
import type { IpAddress, Port, Protocol } from '@polyplane/core';
import type { SocketAddress } from './socket-address';

/** A machine of the testbed: `pod:NAMESPACE/NAME`, `node:NAME`, or `outside:NAME`. */
export type HostName = `pod:${string}/${string}` | `node:${string}` | `outside:${string}`;

/**
 * One attempt to talk: TCP connects and reads the listener's line, SCTP opens an association as far as the listener's first
 * answer, ICMP and ICMPv6 ask for an echo, every other protocol sends a datagram and waits for its answer. Every request is
 * a flow of its own.
 */
export interface ProbeRequest {
  readonly from: HostName;
  /** Absent: the address that the sender's routes choose. It must be one of the sender's own. */
  readonly sourceAddress?: IpAddress;
  /** Absent: one that this run has not used yet for these two hosts. */
  readonly sourcePort?: Port;
  readonly destination: IpAddress;
  /** Absent for protocols without ports. */
  readonly destinationPort?: Port;
  readonly protocol: Protocol;
  /** An answer, be it a refusal, is expected: silence is asked once more, with more time, before it counts. */
  readonly isAnswerExpected: boolean;
}

/**
 * `connected`: a listener answered; `by` names its host, `at` is where it listens, `seenSource` is the address it saw (so translation of either end
 * shows). `refused`: RST or an ICMP error came back. `timeout`: nothing came back. `notSendable`: the packet never left.
 */
export type ProbeResult =
  | {
      readonly outcome: 'connected';
      readonly by: HostName;
      readonly at: SocketAddress;
      readonly seenSource: IpAddress;
      readonly seenPort?: Port;
    }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'notSendable'; readonly reason: string };

/** How long a probe waits for its answer. */
export interface ProbeTimeouts {
  readonly firstMilliseconds: number;
  /** Of the second attempt, if an answer is expected. */
  readonly secondMilliseconds: number;
}

/** How long a probe waits unless told otherwise. */
export const DEFAULT_PROBE_TIMEOUTS: ProbeTimeouts = { firstMilliseconds: 300, secondMilliseconds: 2500 };
