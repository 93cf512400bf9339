/** Flows that were let through, and the packets that follow the first. */
import { familyOf, hasPorts, ICMP, ICMPV6, type IcmpMatch, type Protocol, SCTP, TCP } from '../state';
import { EPHEMERAL_PORT } from './flow';
import type { Connection, Destination, Judgement, Packet, PacketEntry, SocketAddress } from './packet';

/** A flow as it goes through one node: its first packet as it came, and where it was let through to. */
export interface OpenFlow {
  readonly packet: Packet;
  readonly destination: Omit<Destination, 'steps'>;
  readonly isTracked: boolean;
}

/** The flows that a packet may have opened: one for each destination that it was let through to. */
export function openFlows(packet: Packet, { destinations, isTracked }: Judgement): readonly OpenFlow[] {
  return destinations
    .filter(({ verdict }) => verdict === 'allow')
    .map((destination) => ({ packet, destination, isTracked }));
}

/** The flow's next packet in its own direction, as it comes to the node. */
export function nextPacket({ packet, destination, isTracked }: OpenFlow): Packet {
  const { connection: _, ...again } = packet;
  if (!isTracked) return again;
  const source = { ...senderOf(packet), address: destination.source };
  return { ...again, connection: { state: 'established', direction: 'original', source, destination } };
}

/**
 * The answer of the flow's receiver, as it comes to the node. Without connection tracking it is a packet of its own: a
 * new one, or an invalid one where its protocol does not open a flow like this.
 */
export function replyPacket(flow: OpenFlow): Packet {
  const { packet, destination, isTracked } = flow;
  const connection = isTracked
    ? ({ state: 'established', direction: 'reply', ...restoredEnds(packet) } as const)
    : untrackedAnswer(packet.protocol);
  return {
    ...answerTo(flow),
    protocol: packet.protocol,
    ...(destination.port === undefined ? {} : { sourcePort: destination.port }),
    ...(hasPorts(packet.protocol) ? { destinationPort: packet.sourcePort ?? EPHEMERAL_PORT } : {}),
    ...(packet.icmp === undefined ? {} : { icmp: icmpAnswer(packet.icmp) }),
    ...(connection === undefined ? {} : { connection }),
  };
}

/** An ICMP error about the flow, sent by its receiver: port unreachable. */
export function errorPacket(flow: OpenFlow): Packet {
  const { packet, destination, isTracked } = flow;
  const isV4 = familyOf(destination.address) === 4;
  // The error keeps its own source; only what it is about tells whom it is for.
  const ends = { source: { address: destination.address }, destination: { address: packet.source } };
  return {
    ...answerTo(flow),
    protocol: isV4 ? ICMP : ICMPV6,
    icmp: isV4 ? { type: 3, code: 3 } : { type: 1, code: 4 },
    connection: isTracked ? { state: 'related', ...ends } : { state: 'invalid' },
  };
}

function answerTo({ destination }: OpenFlow): Pick<Packet, 'entry' | 'source' | 'destination'> {
  return { entry: entryOfAnswer(destination), source: destination.address, destination: destination.source };
}

function entryOfAnswer({ target, workload, interfaceName }: OpenFlow['destination']): PacketEntry {
  if (target === 'workload' && workload !== undefined) return { kind: 'workload', workload };
  return target === 'host' ? { kind: 'host' } : { kind: 'network', interfaceName };
}

/** The ends of an answer as the flow's sender knows them. */
function restoredEnds(packet: Packet): { readonly source: SocketAddress; readonly destination: SocketAddress } {
  const { destination: address, destinationPort: port } = packet;
  return { source: { address, ...(port === undefined ? {} : { port }) }, destination: senderOf(packet) };
}

function senderOf({ source: address, sourcePort, protocol }: Packet): SocketAddress {
  return { address, ...(hasPorts(protocol) ? { port: sourcePort ?? EPHEMERAL_PORT } : {}) };
}

/** An answer in a protocol with a handshake opens no flow. */
function untrackedAnswer(protocol: Protocol): Connection | undefined {
  return protocol === TCP || protocol === SCTP ? { state: 'invalid' } : undefined;
}

/** Echo, timestamp and information requests have answers of their own type. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
  [128, 129],
]);

function icmpAnswer({ type }: IcmpMatch): IcmpMatch {
  return { type: ICMP_ANSWERS.get(type) ?? type, code: 0 };
}
