/** Claims: what one object of the desired state wants to stand in a map. Several objects may want something of one entry. */
import type { IpAddress } from '@polyplane/core/backend';
import { ROUTE, ROUTE_FLAG } from '../layout/layouts';
import type { MapEntry, RenderedMap } from './map-entry';

/** What an object wants. Of several whole entries under one key that of the smallest owner stands; what is said of a route is put together. */
export type Claim =
  | { readonly kind: 'entry'; readonly map: RenderedMap; readonly key: string; readonly value: Buffer }
  | { readonly kind: 'route'; readonly map: 'pp_routes'; readonly key: string; readonly route: RouteClaim };

/** What an object knows of an address or a range. */
export interface RouteClaim {
  /** Bits of {@link ROUTE_FLAG}. */
  readonly flags: number;
  /** Index of a local workload's interface. */
  readonly ifindex?: number;
  /** The node of a remote workload. */
  readonly node?: IpAddress;
}

/** A claim and the key of the object whose it is. */
export interface OwnedClaim {
  readonly owner: string;
  readonly claim: Claim;
}

/** The entry that follows from all claims of one place, by rising owner. There is at least one. */
export function entryOf(claims: readonly [OwnedClaim, ...OwnedClaim[]]): MapEntry {
  const [{ claim: first }] = claims;
  if (first.kind === 'entry') return { map: first.map, key: first.key, value: first.value };
  const routes = claims.flatMap(({ claim }) => (claim.kind === 'route' ? [claim.route] : []));
  return { map: first.map, key: first.key, value: ROUTE.encode(mergeRoutes(routes)) };
}

/** A workload of this node goes before the host's own address, and both before another node's workload. */
function mergeRoutes(routes: readonly RouteClaim[]) {
  const all = routes.reduce((flags, route) => flags | route.flags, 0);
  const kinds = [ROUTE_FLAG.workload, ROUTE_FLAG.host, ROUTE_FLAG.remote];
  const kind = kinds.find((flag) => (all & flag) !== 0) ?? 0;
  const others = kinds.reduce((bits, flag) => bits | flag, 0) & ~kind;
  const winner = routes.find(({ flags }) => (flags & kind) !== 0);
  return {
    flags: all & ~others,
    ifindex: kind === ROUTE_FLAG.workload ? (winner?.ifindex ?? 0) : 0,
    node: kind === ROUTE_FLAG.remote ? winner?.node : undefined,
  };
}
