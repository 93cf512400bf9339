/** IP pools of the cluster, and how packets to an address of one travel between nodes. */
import type { IPPool } from '../resources/kinds/settings';
import { type Cidr, cidrContains, type Encapsulation, type IpPool, splitCidr } from '../state';
import { poolKey } from './keys';
import type { Output } from './output';

export class Pools {
  private readonly pools = new Map<string, IpPool>();

  constructor(private readonly output: Output) {}

  /** Pools that give out no more addresses still have those that they gave. */
  put({ ref, metadata, spec }: IPPool): void {
    const { name } = metadata;
    const encapsulation: Encapsulation =
      spec.vxlanMode !== 'Never' ? 'vxlan' : spec.ipipMode !== 'Never' ? 'ipip' : 'none';
    const pool: IpPool = {
      type: 'pool',
      key: poolKey(name),
      origin: { object: ref, field: '' },
      name,
      cidr: spec.cidr,
      encapsulation,
      crossSubnetOnly: (encapsulation === 'vxlan' ? spec.vxlanMode : spec.ipipMode) === 'CrossSubnet',
      natOutgoing: spec.natOutgoing,
    };
    this.pools.set(name, pool);
    this.output.put(pool);
  }

  remove(name: string): void {
    this.pools.delete(name);
    this.output.remove(poolKey(name));
  }

  /** The pool that a range of pod addresses is part of: the longest, by its name where two are alike. */
  poolOf(range: Cidr): IpPool | undefined {
    const { address, length } = splitCidr(range);
    return [...this.pools.values()]
      .filter(({ cidr }) => splitCidr(cidr).length <= length && cidrContains(cidr, address))
      .sort((a, b) => splitCidr(b.cidr).length - splitCidr(a.cidr).length || (a.name < b.name ? -1 : 1))[0];
  }
}
