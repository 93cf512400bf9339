/** What becomes of the scenario's packets by the simulator, in the words of the prober. */
import { type DesiredState, type IpAddress, workloadKey } from '@polyplane/core';
import { NodeSimulator, type PacketEntry, type Verdict } from '@polyplane/core/simulator';
import type { HostName, ProbeRequest } from '../prober/probe';
import type { TestbedPod } from '../testbed/topology';
import type { ProbeOutcome } from './harness';
import { SCENARIO_NODE, SCENARIO_TOPOLOGY } from './scenario';

/** The outcome of each packet when this state is in force on the scenario's node; undefined where no dataplane has to answer for it. */
export function predictOutcomes(
  state: DesiredState,
  packets: readonly ProbeRequest[],
): readonly (ProbeOutcome | undefined)[] {
  const simulator = new NodeSimulator(state);
  return packets.map((packet) =>
    isToUnknownPod(state, packet.destination) ? undefined : judgeProbe(simulator, packet),
  );
}

/** What the prober would find if the simulator were the node. */
export function judgeProbe(simulator: NodeSimulator, { from, sourceAddress, ...packet }: ProbeRequest): ProbeOutcome {
  const { destination, destinationPort, protocol } = packet;
  const { verdict, destinations } = simulator.judge({
    entry: entryOf(from),
    source: sourceAddress ?? destination,
    destination,
    destinationPort,
    protocol,
  });
  if (verdict !== 'allow') return OUTCOMES[verdict];
  if (destinations.some(({ address }) => !MACHINE_ADDRESSES.has(address))) return 'timeout';
  return destinations.some(({ port }) => !LISTENED_PORTS.has(port)) ? 'refused' : 'connected';
}

const OUTCOMES: Readonly<Record<Exclude<Verdict, 'allow'>, ProbeOutcome>> = {
  deny: 'timeout',
  drop: 'timeout',
  reject: 'refused',
};

const LISTENED_PORTS: ReadonlySet<number | undefined> = new Set(SCENARIO_TOPOLOGY.ports.map(({ port }) => port));
const MACHINE_ADDRESSES: ReadonlySet<IpAddress> = new Set(
  [...SCENARIO_TOPOLOGY.nodes, ...SCENARIO_TOPOLOGY.pods, ...SCENARIO_TOPOLOGY.outsiders].flatMap(
    ({ addresses }) => addresses,
  ),
);
const LOCAL_PODS: readonly TestbedPod[] = SCENARIO_TOPOLOGY.pods.filter(({ node }) => node === SCENARIO_NODE);

/** A pod's interface that outlives its API object: whether it is still delivered to is nobody's promise. */
function isToUnknownPod({ workloads }: DesiredState, destination: IpAddress): boolean {
  const pod = LOCAL_PODS.find(({ addresses }) => addresses.includes(destination));
  return pod !== undefined && !workloads.has(workloadKey(pod.namespace, pod.name));
}

function entryOf(from: HostName): PacketEntry {
  const pod = LOCAL_PODS.find(({ namespace, name }) => from === `pod:${namespace}/${name}`);
  if (pod !== undefined) return { kind: 'workload', workload: workloadKey(pod.namespace, pod.name) };
  return { kind: from === `node:${SCENARIO_NODE}` ? 'host' : 'network' };
}
