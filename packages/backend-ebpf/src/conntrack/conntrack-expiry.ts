/** When a tracked connection is over: how long it may be idle, by what is known of it. Pure. */
import { ICMP, ICMPV6, TCP, UDP } from '@polyplane/core/backend';
import { TCP_STATE } from '../layout/layouts';

/** Seconds without a packet. */
export const IDLE_SECONDS = {
  /** The handshake has not come to its end. */
  tcpOpening: 60,
  tcpEstablished: 86_400,
  /** One side has said that it is done. */
  tcpHalfClosed: 3_600,
  tcpClosed: 60,
  tcpReset: 10,
  udp: 120,
  icmp: 30,
  other: 600,
} as const;

/** What is asked of an entry. */
export interface TrackedState {
  /** IP protocol number. */
  readonly protocol: number;
  /** Bits of {@link TCP_STATE}. */
  readonly tcp: number;
}

/** Nothing is sooner forgotten than this. */
export const SHORTEST_IDLE_SECONDS = Math.min(...Object.values(IDLE_SECONDS));

/** How long the connection may be idle. */
export function idleSeconds({ protocol, tcp }: TrackedState): number {
  if (protocol === TCP) return tcpIdleSeconds(tcp);
  if (protocol === UDP) return IDLE_SECONDS.udp;
  return protocol === ICMP || protocol === ICMPV6 ? IDLE_SECONDS.icmp : IDLE_SECONDS.other;
}

function tcpIdleSeconds(tcp: number): number {
  const has = (state: number): boolean => (tcp & state) !== 0;
  if (has(TCP_STATE.reset)) return IDLE_SECONDS.tcpReset;
  const finished = [TCP_STATE.finOriginal, TCP_STATE.finReply].filter(has).length;
  if (finished === 2) return IDLE_SECONDS.tcpClosed;
  if (finished === 1) return IDLE_SECONDS.tcpHalfClosed;
  return has(TCP_STATE.established) ? IDLE_SECONDS.tcpEstablished : IDLE_SECONDS.tcpOpening;
}
