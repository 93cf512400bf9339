/** Routes: where packets to pods go, on this node and on others. */
import type { Brand } from '../brand';
import type { Cidr, IpAddress } from './address';
import type { WorkloadKey } from './endpoint';
import type { NodeKey } from './node';
import type { Origin } from './origin';
import type { Encapsulation } from './pool';

/** Identifies a route. */
export type RouteKey = Brand<`route/${string}`, 'RouteKey'>;

/** To a workload's interface, or to another node by one of its addresses. */
export type RouteTarget =
  | { readonly kind: 'workload'; readonly workload: WorkloadKey }
  | {
      readonly kind: 'node';
      readonly node: NodeKey;
      readonly gateway: IpAddress;
      readonly encapsulation: Encapsulation;
    };

/** One a destination. The longest matching destination counts. */
export interface Route {
  readonly type: 'route';
  readonly key: RouteKey;
  readonly origin: Origin;
  readonly destination: Cidr;
  readonly target: RouteTarget;
}
