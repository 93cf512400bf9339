/** IP pools: ranges that pods' addresses come from, and how packets of them travel between nodes. */
import type { Brand } from '../brand';
import type { Cidr } from './address';
import type { Origin } from './origin';

/** Identifies an IP pool. */
export type PoolKey = Brand<`pool/${string}`, 'PoolKey'>;

/** How a packet to a pod of another node is wrapped. */
export type Encapsulation = 'none' | 'vxlan' | 'ipip';

/** A range of pod addresses (Calico API reference, IPPool). */
export interface IpPool {
  readonly type: 'pool';
  readonly key: PoolKey;
  readonly origin: Origin;
  readonly name: string;
  readonly cidr: Cidr;
  readonly encapsulation: Encapsulation;
  /** Packets to nodes of the same subnet are not encapsulated. */
  readonly crossSubnetOnly: boolean;
  /** Packets from the pool to anything outside all pools get the node's address. */
  readonly natOutgoing: boolean;
}
