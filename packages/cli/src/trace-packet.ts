/** The packet of a trace: who really sends it, and where it enters the node's dataplane. */
import { type DesiredState, familyOf, type IpAddress, type ResourceOf } from '@polyplane/core';
import type { Packet, PacketEntry } from '@polyplane/core/simulator';
import { CliError } from './cli-error';
import { addressesOfPod, type Cluster, nodeOf, podOf } from './cluster';
import { dialledAddresses, type TraceDestination } from './trace-destination';
import type { TraceSource } from './trace-source';

/**
 * The packet as its sender sends it. What comes from a pod or node elsewhere enters through the node's uplink; an address
 * stands for the local pod, or the node, that has it. Of a destination with several addresses the first counts that the sender
 * has an address of the same family for.
 * @throws CliError PP_CLI_NODE_UNKNOWN, PP_CLI_POD_UNKNOWN, or PP_CLI_USAGE when source and destination share no IP family; what
 *   {@link dialledAddresses} throws
 */
export function tracePacket(
  source: TraceSource,
  destination: TraceDestination,
  cluster: Cluster,
  state: DesiredState,
  nodeName: string,
): Packet {
  const own = addressesOf(source, cluster, nodeName);
  const dialled = dialledAddresses(destination, cluster);
  for (const { address, port, protocol, icmp } of dialled) {
    const from = own.find((candidate) => familyOf(candidate) === familyOf(address));
    if (from === undefined) continue;
    return {
      entry: entryOf(from, nodeOf(cluster, nodeName), state),
      source: from,
      destination: address,
      protocol,
      ...(port === undefined ? {} : { destinationPort: port }),
      ...(icmp === undefined ? {} : { icmp }),
    };
  }
  const families = [...new Set(dialled.map(({ address }) => `IPv${familyOf(address)}`))].join(' or ');
  throw new CliError('PP_CLI_USAGE', `the source has no ${families} address`);
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

function entryOf(source: IpAddress, node: ResourceOf<'Node'>, state: DesiredState): PacketEntry {
  for (const { key, addresses } of state.workloads.values()) {
    if (addresses.includes(source)) return { kind: 'workload', workload: key };
  }
  return { kind: node.status.addresses.some(({ address }) => address === source) ? 'host' : 'network' };
}
