/** The cluster's nodes, and the settings of this one. */
import type { Node } from '../resources/kinds/kubernetes';
import {
  type FailsafePort,
  type IpAddress,
  type NodeSettings,
  type Protocol,
  parsePortRange,
  SETTINGS_KEY,
  TCP,
  UDP,
} from '../state';
import type { IpSets } from './ip-sets';
import { nodeKey } from './keys';
import type { Output } from './output';

/** What the agent may decide about its node; the rest follows from the cluster. */
export type ChosenSettings = Partial<Omit<NodeSettings, 'type' | 'key' | 'nodeName' | 'nodeAddresses'>>;

/** Calico's defaults (Felix configuration reference, FailsafeInboundHostPorts and FailsafeOutboundHostPorts). */
const FAILSAFE_INBOUND = [
  ...failsafe(TCP, 22),
  ...failsafe(UDP, 68),
  ...failsafe(TCP, 179, 2379, 2380, 5473, 6443, 6666, 6667),
];
const FAILSAFE_OUTBOUND = [...failsafe(UDP, 53, 67), ...failsafe(TCP, 179, 2379, 2380, 5473, 6443, 6666, 6667)];

const DEFAULTS: Required<Omit<ChosenSettings, 'nodePortAddresses'>> = {
  localhostNodePorts: true,
  masqueradeAll: false,
  localDetector: { kind: 'workloadInterfaces' },
  workloadInterfacePrefixes: ['cali'],
  endpointToHostAction: 'drop',
  failsafeInbound: FAILSAFE_INBOUND,
  failsafeOutbound: FAILSAFE_OUTBOUND,
};

export class Nodes {
  constructor(
    private readonly nodeName: string,
    private readonly chosen: ChosenSettings,
    private readonly ipSets: IpSets,
    private readonly output: Output,
  ) {
    this.renderSettings([]);
  }

  put(node: Node): void {
    const { name } = node.metadata;
    const isLocal = name === this.nodeName;
    const addresses = [...new Set(node.status.addresses.map(({ address }) => address))];
    this.ipSets.nodes.put(name, node.metadata.labels, [], { addresses, nets: [], ports: [] });
    this.output.put({
      type: 'node',
      key: nodeKey(name),
      origin: { object: node.ref, field: '' },
      name,
      isLocal,
      addresses,
      podCidrs: node.spec.podCIDRs,
    });
    if (isLocal) this.renderSettings(addresses);
  }

  remove(name: string): void {
    this.ipSets.nodes.remove(name);
    this.output.remove(nodeKey(name));
    if (name === this.nodeName) this.renderSettings([]);
  }

  private renderSettings(nodeAddresses: readonly IpAddress[]): void {
    const { nodeName } = this;
    this.output.put({ type: 'settings', key: SETTINGS_KEY, nodeName, nodeAddresses, ...DEFAULTS, ...this.chosen });
  }
}

function failsafe(protocol: Protocol, ...ports: readonly number[]): readonly FailsafePort[] {
  return ports.map((port) => ({ protocol, ports: parsePortRange(port, port) }));
}
