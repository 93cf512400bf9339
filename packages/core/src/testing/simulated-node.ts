/** A node with two open pods under the simulator, and packets to judge there. */
import type { ClusterPacket } from '../simulator/cluster';
import type { SimulatorOptions } from '../simulator/options';
import type { Judgement, Packet, PacketEntry } from '../simulator/packet';
import { NodeSimulator } from '../simulator/simulator';
import { type DesiredObject, parseIpAddress, parsePort, TCP, type WorkloadEndpoint } from '../state';
import { buildProfile, buildRule, buildSettings, buildWorkload, stateOf } from './desired-objects';

/** Lets everything through both ways. */
export const OPEN = buildProfile('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
export const A = buildWorkload('a', '10.0.1.1', { profiles: [OPEN.key] });
export const B = buildWorkload('b', '10.0.1.2', { profiles: [OPEN.key] });

export const FROM_NETWORK: PacketEntry = { kind: 'network' };
export const FROM_HOST: PacketEntry = { kind: 'host' };

export function fromPod(workload: WorkloadEndpoint): PacketEntry {
  return { kind: 'workload', workload: workload.key };
}

/** A packet over TCP that enters the node there. */
export function packetAt(entry: PacketEntry, source: string, destination: string, port = 80): Packet {
  return { entry, ...packet(source, destination, port) };
}

/** A packet over TCP, wherever it enters. */
export function packet(source: string, destination: string, port = 80): ClusterPacket {
  return {
    source: parseIpAddress(source),
    destination: parseIpAddress(destination),
    destinationPort: parsePort(port),
    protocol: TCP,
  };
}

/** A node with these objects, {@link OPEN} and the usual settings. */
export function simulateNode(objects: readonly DesiredObject[], options?: SimulatorOptions): NodeSimulator {
  return new NodeSimulator(stateOf(buildSettings(), OPEN, ...objects), options);
}

/** What becomes of a packet on {@link simulateNode such a node}. */
export function judge(objects: readonly DesiredObject[], sent: Packet, options?: SimulatorOptions): Judgement {
  return simulateNode(objects, options).judge(sent);
}
