/** Which random packets a testbed can send, and how. */
import { type HostName, type ProbeRequest, podHost } from '@polyplane/conformance';
import { hasPorts, ICMP, ICMPV6, type IpAddress, TCP, UDP } from '@polyplane/core/backend';
import type { Packet } from '@polyplane/core/simulator';
import { EXPERIMENTAL } from './arbitrary-rules';
import { PLACES_TOPOLOGY } from './places-topology';

const { nodes, pods, outsiders } = PLACES_TOPOLOGY;
const JUDGED = nodes[0];
/** What the network brings to the node, but for the node's pods, which it brings too. */
const TO_NODE: ReadonlySet<IpAddress> = new Set([
  ...(JUDGED?.addresses ?? []),
  ...(JUDGED?.routedAddresses ?? []),
  ...pods.filter(({ node }) => node === JUDGED?.name).flatMap(({ addresses }) => addresses),
]);
const SENDERS: ReadonlyMap<IpAddress, HostName> = new Map([
  ...pods.flatMap((pod) => pod.addresses.map((address) => [address, podHost(pod)] as const)),
  ...outsiders.flatMap(({ name, addresses }) => addresses.map((address) => [address, `outside:${name}`] as const)),
]);
/** The generator's port that stands for one that no rule names; the prober has its own. */
const EPHEMERAL = 50000;

/**
 * Those of the packets that leave their sender, meet the node, and are flows of their own: to connection tracking, for which of packets
 * without ports there is one, and of those from one named port one for each sender and protocol; and to the sender's raw sockets, all
 * of which hear an ICMP error about any packet of their protocol to their destination.
 */
export function sendableFlows(packets: readonly Packet[]): readonly Packet[] {
  const seen = new Set<string>();
  return packets.filter((packet) => {
    if (!isSent(packet) || !meetsNode(packet)) return false;
    const likenesses = likenessesOf(packet);
    if (likenesses.some((likeness) => seen.has(likeness))) return false;
    for (const likeness of likenesses) seen.add(likeness);
    return true;
  });
}

/** How the prober sends it. */
export function requestOf(packet: Packet, isAnswerExpected: boolean): ProbeRequest {
  const { source, sourcePort, destination, destinationPort, protocol } = packet;
  return {
    from: packet.entry.kind === 'host' ? 'node:node-1' : (SENDERS.get(source) ?? 'outside:nobody'),
    sourceAddress: source,
    ...(sourcePort === undefined || Number(sourcePort) === EPHEMERAL ? {} : { sourcePort }),
    destination,
    ...(destinationPort === undefined ? {} : { destinationPort }),
    protocol,
    isAnswerExpected,
  };
}

/** Of ICMP the prober sends echo requests. */
function isSent({ protocol, icmp, source, destination }: Packet): boolean {
  if (protocol === ICMP && icmp?.type !== 8) return false;
  if (protocol === ICMPV6 && icmp?.type !== 128) return false;
  return SENDERS.get(source) === undefined || SENDERS.get(source) !== SENDERS.get(destination);
}

function meetsNode({ entry, destination }: Packet): boolean {
  return entry.kind !== 'network' || TO_NODE.has(destination);
}

/** Two packets that share a likeness may be one flow, each other's answers, or hear of each other's refusal. */
function likenessesOf({ protocol, source, sourcePort, destination }: Packet): readonly string[] {
  const sender = SENDERS.get(source) ?? 'node';
  const isNamed = hasPorts(protocol) && Number(sourcePort) !== EPHEMERAL;
  return [
    ...(isNamed ? [`${protocol} from ${sender} ${sourcePort}`] : []),
    ...(protocol === TCP || protocol === UDP ? [] : [`${protocol} from ${sender} to ${destination}`]),
    ...(protocol === EXPERIMENTAL ? [`${protocol}`] : []),
  ];
}
