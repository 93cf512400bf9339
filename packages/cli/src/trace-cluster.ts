/** A trace from node to node: what each node on the packet's way does to it. */
import type { DataplaneBackend, Diagnostic, LimitChoice } from '@polyplane/core';
import {
  type ClusterJudgement,
  type ClusterSender,
  ClusterSimulator,
  NodeSimulator,
  type Packet,
} from '@polyplane/core/simulator';
import { acceptedState } from './accepted-state';
import { ownersOf } from './address-owners';
import { type Cluster, computeNode } from './cluster';

export interface ClusterTrace {
  readonly judgement: ClusterJudgement;
  /** Limits of the backend that the nodes on the way meet. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Judges a packet from `nodeName` on, and on every node of the cluster that it comes to. All run the same backend. */
export function traceCluster(
  cluster: Cluster,
  backend: DataplaneBackend,
  nodeName: string,
  packet: Packet,
  choice: LimitChoice = {},
): ClusterTrace {
  const owners = ownersOf(cluster);
  const simulators = new Map<string, NodeSimulator>();
  const diagnostics: Diagnostic[] = [];
  const simulate = (name: string): void => {
    const accepted = acceptedState(backend, computeNode(cluster, name), choice);
    const { behaviours } = backend;
    simulators.set(name, new NodeSimulator(accepted.state, { behaviours, tellsUnmatched: true }));
    diagnostics.push(...accepted.diagnostics);
  };
  simulate(nodeName);
  // Only nodes on the way are computed: a cluster may have thousands.
  for (;;) {
    const judgement = new ClusterSimulator(simulators).judge(senderOf(packet, nodeName), packet);
    const next = judgement.destinations
      .filter(({ target, verdict }) => target === 'network' && verdict === 'allow')
      .map(({ address }) => owners.get(address))
      .filter((owner) => owner !== undefined && !simulators.has(owner));
    if (next.length === 0) return { judgement, diagnostics };
    for (const name of new Set(next)) if (name !== undefined) simulate(name);
  }
}

function senderOf({ entry }: Packet, node: string): ClusterSender {
  if (entry.kind === 'workload') return { kind: 'workload', node, workload: entry.workload };
  return entry.kind === 'host' ? { kind: 'host', node } : { kind: 'external', via: node };
}
