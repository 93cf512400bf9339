/** What a prober may see of a packet if a simulator is the node: who answers and whom it saw, or that nobody does. */
import {
  type HostName,
  nodeHost,
  outsiderHost,
  type ProbeResult,
  podHost,
  type Topology,
} from '@polyplane/conformance';
import {
  familyOf,
  ICMP,
  ICMPV6,
  type IpAddress,
  type Port,
  type Protocol,
  parseIpAddress,
  UDP,
} from '@polyplane/core/backend';
import {
  errorPacket,
  type NodeSimulator,
  type OpenFlow,
  openFlows,
  type Packet,
  replyPacket,
  type Verdict,
} from '@polyplane/core/simulator';
import { EXPERIMENTAL } from './arbitrary-rules';
import { NODE } from './places';

/** Where it goes nobody answers, or the answer does not pass the node: nothing that is seen tells of the node. */
export const UNSEEN = 'unseen';

/** The simulator is that of the topology's first node, and the others are without rules. */
export class FlowOracle {
  private readonly machines: ReadonlyMap<IpAddress, HostName>;
  private readonly localPods: ReadonlySet<IpAddress>;
  private readonly listening: ReadonlySet<string>;

  constructor(
    private readonly simulator: NodeSimulator,
    { nodes, pods, outsiders, ports }: Topology,
  ) {
    const [judged] = nodes;
    this.machines = new Map([
      ...LOOPBACK_ADDRESSES.map((address) => [address, nodeHost(judged ?? { name: '' })] as const),
      ...nodes.flatMap((node) => node.addresses.map((address) => [address, nodeHost(node)] as const)),
      ...pods.flatMap((pod) => pod.addresses.map((address) => [address, podHost(pod)] as const)),
      ...outsiders.flatMap((outside) => outside.addresses.map((address) => [address, outsiderHost(outside)] as const)),
    ]);
    this.localPods = new Set(pods.filter(({ node }) => node === judged?.name).flatMap(({ addresses }) => addresses));
    this.listening = new Set(ports.map(({ protocol, port }) => placeOf(protocol, port)));
  }

  /**
   * Any of these, each once: `timeout`, `refused`, {@link UNSEEN}, or an answer as {@link describeResult} puts it. Undefined where it
   * may go to a pod that is there and that the state does not know: what becomes of it nobody promises. Nor of what goes to no machine
   * past connection tracking: the network brings service addresses back to the node, which does not know the packet again.
   */
  outcomesOf(packet: Packet): readonly string[] | undefined {
    const judgement = this.simulator.judge(packet);
    const { destinations, isTracked } = judgement;
    if (destinations.some(({ address, target }) => target === 'network' && this.localPods.has(address)))
      return undefined;
    if (!isTracked && destinations.some(({ address }) => !this.machines.has(address))) return undefined;
    if (destinations.length === 0) return [this.outcomeOfStop(packet, judgement.verdict, true)];
    const stopped = destinations
      .filter(({ verdict }) => verdict !== 'allow')
      .map(({ verdict }) => this.outcomeOfStop(packet, verdict, isTracked));
    const passed = openFlows(packet, judgement).map((flow) => this.outcomeOf(flow));
    return [...new Set([...stopped, ...passed])].sort();
  }

  /** The node's ICMP error meets what the node itself sends meets. */
  private outcomeOfStop(packet: Packet, verdict: Verdict, isTracked: boolean): string {
    if (verdict !== 'reject') return 'timeout';
    // What it takes for the checksum of an unknown protocol, and finds wrong, a kernel does not answer (`nf_send_unreach`).
    if (packet.protocol === EXPERIMENTAL) return UNSEEN;
    return this.simulator.judge(refusalOf(packet, isTracked)).verdict === 'allow' ? 'refused' : 'timeout';
  }

  private outcomeOf(flow: OpenFlow): string {
    const { packet, destination } = flow;
    const { address, port, source } = destination;
    const by = this.machines.get(address);
    if (by === undefined || isAnsweredPastTheNode(flow)) return UNSEEN;
    const isListening = this.listening.has(placeOf(packet.protocol, port));
    // Where nobody listens a kernel answers by an ICMP error, but to TCP and, as the prober does it, to SCTP.
    const answer = isListening || packet.protocol !== UDP ? replyPacket(flow) : errorPacket(flow);
    if (this.simulator.judge(answer).verdict !== 'allow') return 'timeout';
    return isListening ? formatAnswer(by, address, port, source) : 'refused';
  }
}

const LOOPBACK_ADDRESSES: readonly IpAddress[] = [parseIpAddress('127.0.0.1'), parseIpAddress('::1')];

function refusalOf({ source: destination, destination: dialled }: Packet, isTracked: boolean): Packet {
  const family = familyOf(destination);
  const source = LOOPBACK_ADDRESSES.includes(dialled) ? dialled : parseIpAddress(NODE[family]);
  return {
    entry: { kind: 'host' },
    source,
    destination,
    ...(family === 4
      ? { protocol: ICMP, icmp: { type: 3, code: 3 } }
      : { protocol: ICMPV6, icmp: { type: 1, code: 4 } }),
    connection: isTracked
      ? { state: 'related', source: { address: source }, destination: { address: destination } }
      : { state: 'invalid' },
  };
}

/** What became of a probe, in the words of {@link FlowOracle}. */
export function describeResult(result: ProbeResult | undefined): string {
  if (result?.outcome === 'connected') {
    return formatAnswer(result.by, result.at.address, result.at.port, result.seenSource);
  }
  return result?.outcome === 'notSendable' ? `not sendable: ${result.reason}` : (result?.outcome ?? 'nothing');
}

function formatAnswer(by: HostName, address: IpAddress, port: Port | undefined, source: IpAddress): string {
  return `${by} answers at ${address} ${port ?? 'without a port'}, and saw ${source}`;
}

/** Translated and sent back out with the client's own address: the answer takes the short way, and means nothing to the client. */
function isAnsweredPastTheNode({ packet, destination }: OpenFlow): boolean {
  const isPassedOn = packet.entry.kind === 'network' && destination.target === 'network';
  return isPassedOn && !destination.isMasqueraded;
}

function placeOf(protocol: Protocol, port: Port | undefined): string {
  return `${protocol} ${port ?? ''}`;
}
