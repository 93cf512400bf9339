/** The packet of a trace: who really sends it, and where it enters the node's dataplane. */
import { type DesiredState, familyOf, type IpAddress, type ResourceOf } from '@polyplane/core';
import type { Packet, PacketEntry } from '@polyplane/core/simulator';
import { CliError } from './cli-error';
import { type Cluster, nodeOf, podOf } from './cluster';
import type { TraceDestination, TraceSource } from './trace-ends';

/**
 * The packet as its sender sends it. What comes from a pod or node elsewhere enters through the node's uplink; an address
 * stands for the local pod, or the node, that has it.
 * @throws CliError PP_CLI_NODE_UNKNOWN, PP_CLI_POD_UNKNOWN, or PP_CLI_USAGE when source and destination share no IP family
 */
export function tracePacket(
  source: TraceSource,
  { address: destination, port, protocol, icmp }: TraceDestination,
  cluster: Cluster,
  state: DesiredState,
  nodeName: string,
): Packet {
  const family = familyOf(destination);
  const address = addressesOf(source, cluster, nodeName).find((candidate) => familyOf(candidate) === family);
  if (address === undefined) throw new CliError('PP_CLI_USAGE', `the source has no IPv${family} address`);
  return {
    entry: entryOf(address, nodeOf(cluster, nodeName), state),
    source: address,
    destination,
    protocol,
    ...(port === undefined ? {} : { destinationPort: port }),
    ...(icmp === undefined ? {} : { icmp }),
  };
}

function addressesOf(source: TraceSource, cluster: Cluster, nodeName: string): readonly IpAddress[] {
  switch (source.kind) {
    case 'address':
      return [source.address];
    case 'host':
      return addressesOfNode(nodeOf(cluster, nodeName));
    case 'node':
      return addressesOfNode(nodeOf(cluster, source.name));
    case 'pod':
      return addressesOfPod(podOf(cluster, source.namespace, source.name));
  }
}

function addressesOfNode({ metadata, status }: ResourceOf<'Node'>): readonly IpAddress[] {
  if (status.addresses.length > 0) return status.addresses.map(({ address }) => address);
  throw new CliError('PP_CLI_NODE_UNKNOWN', `node ${metadata.name} has no address: status.addresses is empty`);
}

function addressesOfPod({ metadata, spec, status }: ResourceOf<'Pod'>): readonly IpAddress[] {
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (!hasEnded && spec.nodeName !== undefined && status.podIPs.length > 0) return status.podIPs;
  const lack = hasEnded ? 'has ended' : spec.nodeName === undefined ? 'has no spec.nodeName' : 'has no status.podIP';
  throw new CliError(
    'PP_CLI_POD_UNKNOWN',
    `pod ${metadata.namespace}/${metadata.name} is not on the network: it ${lack}`,
  );
}

function entryOf(source: IpAddress, node: ResourceOf<'Node'>, state: DesiredState): PacketEntry {
  for (const { key, addresses } of state.workloads.values()) {
    if (addresses.includes(source)) return { kind: 'workload', workload: key };
  }
  return { kind: node.status.addresses.some(({ address }) => address === source) ? 'host' : 'network' };
}
