/** The IP pools, asked which packets they want to leave with the node's address. */
import type { IpPool, PoolKey } from '../state';
import { NetSet } from './address-value';
import type { Flow } from './flow';

export class PoolTable {
  private readonly pools = new Map<PoolKey, IpPool>();
  private all = new NetSet();
  private natOutgoing = new NetSet();

  put(pool: IpPool): void {
    this.pools.set(pool.key, pool);
    this.refresh();
  }

  remove(key: PoolKey): void {
    this.pools.delete(key);
    this.refresh();
  }

  /** The source is of a pool whose packets to anything outside all pools get the node's address, and this is one. */
  wantsNat({ source, destination }: Flow): boolean {
    return this.natOutgoing.contains(source.value) && !this.all.contains(destination.value);
  }

  private refresh(): void {
    const pools = [...this.pools.values()];
    this.all = NetSet.of(pools.map(({ cidr }) => cidr));
    this.natOutgoing = NetSet.of(pools.filter((pool) => pool.natOutgoing).map(({ cidr }) => cidr));
  }
}
