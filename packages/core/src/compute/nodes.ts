/** The cluster's nodes. */
import type { Node } from '../resources/kinds/kubernetes';
import type { IpSets } from './ip-sets';
import { nodeKey } from './keys';
import type { Output } from './output';
import type { Settings } from './settings';

export class Nodes {
  constructor(
    private readonly nodeName: string,
    private readonly settings: Settings,
    private readonly ipSets: IpSets,
    private readonly output: Output,
  ) {}

  put(node: Node): void {
    const { name, labels } = node.metadata;
    const isLocal = name === this.nodeName;
    const addresses = [...new Set(node.status.addresses.map(({ address }) => address))];
    this.ipSets.nodes.put(name, labels, [], { addresses, nets: [], ports: [] });
    this.output.put({
      type: 'node',
      key: nodeKey(name),
      origin: { object: node.ref, field: '' },
      name,
      isLocal,
      addresses,
      podCidrs: node.spec.podCIDRs,
    });
    if (isLocal) this.settings.putNodeAddresses(addresses);
  }

  remove(name: string): void {
    this.ipSets.nodes.remove(name);
    this.output.remove(nodeKey(name));
    if (name === this.nodeName) this.settings.putNodeAddresses([]);
  }
}
