/** Judges a suite's packets by the simulator, end to end over all nodes. */
import { type IpAddress, workloadKey } from '@polyplane/core';
import {
  type ClusterDestination,
  type ClusterJudgement,
  type ClusterSender,
  ClusterSimulator,
  type Hop,
  NodeSimulator,
  type TraceStep,
} from '@polyplane/core/simulator';
import type { SuiteProbe, SuiteState } from '../suites/suite';
import { reportFacts } from './fact-judge';
import type { Finding, Judged } from './finding';
import type { Judge } from './judge';
import { desiredStateOf, simulatorOptionsOf } from './node-settings';
import type { ProbeReport } from './report';
import { TierVerdicts } from './tier-verdicts';

export class SimulatorJudge implements Judge {
  async judgeProbes(state: SuiteState): Promise<readonly Finding[]> {
    const cluster = new SimulatedCluster(state);
    return state.probes.map((probe) => cluster.judge(probe));
  }

  reportFacts(state: SuiteState): readonly ProbeReport[] {
    return reportFacts(state);
  }

  async close(): Promise<void> {}
}

/** Every node of a state, with its desired state in force. */
export class SimulatedCluster {
  private readonly nodes: ReadonlyMap<string, NodeSimulator>;
  private readonly cluster: ClusterSimulator;
  private readonly tiers: TierVerdicts;

  constructor(private readonly state: SuiteState) {
    const desired = new Map(state.nodes.map((name) => [name, desiredStateOf(name, state)]));
    this.nodes = new Map(
      Array.from(desired, ([name, store]) => [name, new NodeSimulator(store, simulatorOptionsOf(state))]),
    );
    this.cluster = new ClusterSimulator(this.nodes);
    this.tiers = new TierVerdicts(state.resources, desired.values());
  }

  judge(probe: SuiteProbe): { readonly kind: 'judged' } & Judged {
    const judgement = this.cluster.judge(this.senderOf(probe), packetOf(probe));
    const { affinityTimeoutSeconds } = judgement;
    const isReplyBlocked = judgement.verdict === 'allow' && this.isReplyBlocked(judgement);
    return {
      kind: 'judged',
      // Whoever waits for an answer sees no connection.
      verdict: isReplyBlocked ? 'deny' : judgement.verdict,
      isReplyBlocked,
      isAcceptedExplicitly: judgement.isExplicitlyAccepted,
      // 0: none.
      affinityTimeoutSeconds: affinityTimeoutSeconds ?? 0,
      destinations: [...new Set(judgement.destinations.map(formatDestination))].sort(),
      isTranslated: judgement.isTranslated,
      isMasqueraded: judgement.destinations.some((destination) => destination.isMasqueraded),
      ...(probe.expected.tiers && { tiers: this.tiers.of(hopsOf(judgement).flatMap(({ steps }) => steps)) }),
      trace: hopsOf(judgement).flatMap(formatHop),
    };
  }

  private senderOf({ sender, destination }: SuiteProbe): ClusterSender {
    if (sender.kind === 'pod') {
      return { kind: 'workload', node: sender.node, workload: workloadKey(sender.namespace, sender.name) };
    }
    if (sender.kind === 'node') return { kind: 'host', node: sender.node };
    // The simulator knows no interface of such a pod: to it, the packet comes from somewhere beyond the node.
    if (sender.kind === 'unmanaged') return { kind: 'external', via: sender.node };
    const [first] = this.state.nodes;
    // Service addresses are no node's own: the network outside sends them to the suite's first node.
    return { kind: 'external', ...(first !== undefined && !this.isOwned(destination) && { via: first }) };
  }

  private isReplyBlocked({ destinations }: ClusterJudgement): boolean {
    return destinations.some((destination) => this.cluster.judgeReply(destination).verdict !== 'allow');
  }

  private isOwned(address: IpAddress): boolean {
    return [...this.nodes.values()].some((node) => node.owns(address));
  }
}

function packetOf({ source, sourcePort, destination, destinationPort, protocol, icmp }: SuiteProbe) {
  return {
    source,
    ...(sourcePort !== undefined && { sourcePort }),
    destination,
    ...(destinationPort !== undefined && { destinationPort }),
    protocol,
    ...(icmp !== undefined && { icmp }),
  };
}

function formatDestination({ address, port }: ClusterDestination): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === undefined ? address : `${host}:${port}`;
}

function hopsOf({ hops, destinations }: ClusterJudgement): readonly Hop[] {
  return [...hops, ...destinations.flatMap((destination) => destination.hops)];
}

function formatHop({ node, steps }: Hop): readonly string[] {
  return steps.map((step) => `  ${node} ${formatStep(step)}`);
}

function formatStep({ stage, endpoint, object, rule, outcome }: TraceStep): string {
  const subject = [endpoint, object === undefined ? undefined : `${object.kind} ${object.name}`, rule];
  return `${stage}: ${[...subject.filter((part) => part !== undefined), outcome].join(', ')}`;
}
