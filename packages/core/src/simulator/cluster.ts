/** Several nodes end to end: what leaves the sender's node and what arrives at the receiver's both count. */
import type { WorkloadKey } from '../state';
import { commonVerdict } from './common-verdict';
import { type OpenFlow, replyPacket } from './open-flow';
import type { Destination, Judgement, Packet, PacketEntry, TraceStep, Verdict } from './packet';
import type { NodeSimulator } from './simulator';

/**
 * Who sends: a workload or a process of a simulated node, or a machine outside. `via` is the node that a packet from
 * outside comes to; absent: the one that owns its destination.
 */
export type ClusterSender =
  | { readonly kind: 'workload'; readonly node: string; readonly workload: WorkloadKey }
  | { readonly kind: 'host'; readonly node: string }
  | { readonly kind: 'external'; readonly via?: string };

/** A packet that opens a flow, without its entry, which follows from the sender. */
export type ClusterPacket = Omit<Packet, 'entry' | 'connection'>;

/** One node on a packet's way, and what the packet met there. */
export interface Hop {
  readonly node: string;
  readonly steps: readonly TraceStep[];
  /** The flow as this node let it through; absent: it did not. */
  readonly flow?: OpenFlow;
}

/** Where the packet may end, after every translation on its way. */
export interface ClusterDestination extends Omit<Destination, 'steps'> {
  /** The last node on its way; absent: it met none. */
  readonly node?: string;
  readonly hops: readonly Hop[];
}

/** What becomes of a packet on its way through the cluster. */
export interface ClusterJudgement {
  /** The verdict common to all destinations; where they differ, `deny`. */
  readonly verdict: Verdict;
  readonly destinations: readonly ClusterDestination[];
  /** As {@link Judgement}'s, on any node. */
  readonly isTranslated: boolean;
  /** As {@link Judgement}'s, on the first node that has one. */
  readonly affinityTimeoutSeconds?: number;
  /** As {@link Judgement}'s, on any node. */
  readonly isExplicitlyAccepted: boolean;
  /** For a packet that went nowhere: the nodes that it met. Else empty, for each destination has its own. */
  readonly hops: readonly Hop[];
}

/** What becomes of an answer. */
export interface ReplyJudgement {
  readonly verdict: Verdict;
  /** The nodes that it met, the receiver's first. */
  readonly hops: readonly Hop[];
}

/** A packet that is sent on from node to node more often than this goes in circles. */
const MAXIMUM_HOPS = 8;

/** Judges packets end to end: what the source's node says, and the destination's. */
export class ClusterSimulator {
  constructor(private readonly nodes: ReadonlyMap<string, NodeSimulator>) {}

  /** What becomes of a packet. */
  judge(sender: ClusterSender, packet: ClusterPacket): ClusterJudgement {
    const node = sender.kind === 'external' ? (sender.via ?? this.ownerOf(packet)) : sender.node;
    return this.judgeAt(node, { ...packet, entry: entryOf(sender) }, []);
  }

  /**
   * What becomes of the answer to a packet that reached this destination: the nodes on its way judge it from the
   * receiver's back to the sender's.
   */
  judgeReply({ hops }: ClusterDestination): ReplyJudgement {
    const met: Hop[] = [];
    for (const { node, flow } of [...hops].reverse()) {
      const simulator = this.nodes.get(node);
      if (simulator === undefined || flow === undefined || isPassedBy(simulator, flow)) continue;
      const { verdict, steps, destinations } = simulator.judge(replyPacket(flow));
      met.push({ node, steps: [...steps, ...destinations.flatMap((destination) => destination.steps)] });
      if (verdict !== 'allow') return { verdict, hops: met };
    }
    return { verdict: 'allow', hops: met };
  }

  private judgeAt(node: string | undefined, packet: Packet, earlier: readonly Hop[]): ClusterJudgement {
    const simulator = node === undefined ? undefined : this.nodes.get(node);
    if (node === undefined || simulator === undefined) return metNoNode(packet);
    if (earlier.length === MAXIMUM_HOPS) {
      return refused('drop', [...earlier, { node, steps: [{ stage: 'route', rule: 'in circles', outcome: 'drop' }] }]);
    }
    const judgement = simulator.judge(packet);
    if (judgement.destinations.length === 0) {
      return refused(judgement.verdict, [...earlier, { node, steps: judgement.steps }]);
    }
    const { isTracked, steps } = judgement;
    const onward = judgement.destinations.map((destination) => {
      const flow = destination.verdict === 'allow' ? { flow: { packet, destination, isTracked } } : {};
      const hops = [...earlier, { node, steps: [...steps, ...destination.steps], ...flow }];
      return this.follow(simulator, packet, destination, hops);
    });
    return join(judgement, onward);
  }

  /** The rest of the way to one destination. */
  private follow(
    simulator: NodeSimulator,
    packet: Packet,
    destination: Destination,
    hops: readonly Hop[],
  ): ClusterJudgement {
    const { steps: _, ...rest } = destination;
    const { source, address, port, target, interfaceName, verdict, isMasqueraded } = destination;
    const next = target === 'network' && verdict === 'allow' ? this.ownerOf({ destination: address }) : undefined;
    if (next === undefined) {
      const node = hops.at(-1)?.node;
      return { ...NOTHING, verdict, destinations: [{ ...rest, ...(node === undefined ? {} : { node }), hops }] };
    }
    const { destinationPort: __, ...unchanged } = packet;
    const sent: Packet = {
      ...unchanged,
      // Both ends of a tunnel have one name; an uplink's is each node's own affair.
      entry: interfaceName === simulator.uplink ? { kind: 'network' } : { kind: 'network', interfaceName },
      source,
      destination: address,
      ...(port === undefined ? {} : { destinationPort: port }),
    };
    const arrived = this.judgeAt(next, sent, hops);
    const ends: readonly ClusterDestination[] =
      arrived.destinations.length > 0
        ? arrived.destinations
        : [{ ...rest, verdict: arrived.verdict, node: next, hops: arrived.hops }];
    const destinations = ends.map((end) => ({ ...end, isMasqueraded: end.isMasqueraded || isMasqueraded }));
    return { ...arrived, destinations, hops: [] };
  }

  private ownerOf({ destination }: Pick<ClusterPacket, 'destination'>): string | undefined {
    for (const [name, simulator] of this.nodes) if (simulator.owns(destination)) return name;
    return undefined;
  }
}

function entryOf(sender: ClusterSender): PacketEntry {
  if (sender.kind === 'workload') return { kind: 'workload', workload: sender.workload };
  return { kind: sender.kind === 'host' ? 'host' : 'network' };
}

/** Under direct server return, answers to a client outside go past the node that only sent its packet on. */
function isPassedBy({ behaviours }: NodeSimulator, { packet, destination }: OpenFlow): boolean {
  const isSentOn = packet.entry.kind === 'network' && destination.target === 'network';
  return behaviours.isDirectServerReturn && isSentOn && !destination.isMasqueraded;
}

const NOTHING = { destinations: [], hops: [], isTranslated: false, isExplicitlyAccepted: false } as const;

/** A node's judgement with those of the nodes that its destinations lead to. */
function join(here: Judgement, onward: readonly ClusterJudgement[]): ClusterJudgement {
  const destinations = onward.flatMap((way) => way.destinations);
  const affinity = [here, ...onward].find(({ affinityTimeoutSeconds }) => affinityTimeoutSeconds !== undefined);
  return {
    verdict: commonVerdict(destinations),
    destinations,
    isTranslated: [here, ...onward].some(({ isTranslated }) => isTranslated),
    isExplicitlyAccepted: [here, ...onward].some(({ isExplicitlyAccepted }) => isExplicitlyAccepted),
    ...(affinity?.affinityTimeoutSeconds === undefined
      ? {}
      : { affinityTimeoutSeconds: affinity.affinityTimeoutSeconds }),
    hops: [],
  };
}

function refused(verdict: Verdict, hops: readonly Hop[]): ClusterJudgement {
  return { ...NOTHING, verdict, hops };
}

/** No simulated node sees the packet, so none of them stops it. */
function metNoNode({ source, destination, destinationPort }: Packet): ClusterJudgement {
  const end: ClusterDestination = {
    address: destination,
    ...(destinationPort === undefined ? {} : { port: destinationPort }),
    verdict: 'allow',
    target: 'network',
    interfaceName: '',
    isMasqueraded: false,
    source,
    hops: [],
  };
  return { ...NOTHING, verdict: 'allow', destinations: [end] };
}
