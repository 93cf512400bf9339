/** The node's routes to pods, asked by address. */
import { ClaimIndex } from '../dataplane/claim-index';
import { type Encapsulation, type IpFamily, type Route, type RouteKey, splitCidr } from '../state';
import { type AddressValue, addressValueOf } from './address-value';

/** The longest matching destination counts; of several routes with one destination, the one with the smallest key. */
export class RouteTable {
  private readonly routes = new Map<RouteKey, Route>();
  private readonly v4 = new PrefixTable(32);
  private readonly v6 = new PrefixTable(128);

  put(route: Route): void {
    this.remove(route.key);
    this.routes.set(route.key, route);
    const { value, length } = prefixOf(route);
    this.tableOf(value).add(value, length, route);
  }

  remove(key: RouteKey): void {
    const route = this.routes.get(key);
    if (route === undefined) return;
    this.routes.delete(key);
    const { value, length } = prefixOf(route);
    this.tableOf(value).delete(value, length, key);
  }

  find(value: AddressValue): Route | undefined {
    return this.tableOf(value).find(value);
  }

  private tableOf(value: AddressValue): PrefixTable {
    return typeof value === 'number' ? this.v4 : this.v6;
  }
}

/** The interface into which packets go that are wrapped for another node, as Calico names it. */
export function tunnelInterface(encapsulation: Exclude<Encapsulation, 'none'>, family: IpFamily): string {
  if (encapsulation === 'ipip') return 'tunl0';
  return family === 4 ? 'vxlan.calico' : 'vxlan-v6.calico';
}

/** Routes of one family by prefix length, the longest first. */
class PrefixTable {
  private readonly levels: { readonly shift: bigint; readonly routes: ClaimIndex<bigint, RouteKey, Route> }[] = [];

  constructor(private readonly bits: number) {}

  add(value: AddressValue, length: number, route: Route): void {
    const shift = BigInt(this.bits - length);
    this.levelOf(shift).add(BigInt(value) >> shift, route);
  }

  delete(value: AddressValue, length: number, key: RouteKey): void {
    const shift = BigInt(this.bits - length);
    this.levelOf(shift).delete(BigInt(value) >> shift, key);
  }

  find(value: AddressValue): Route | undefined {
    for (const { shift, routes } of this.levels) {
      const route = routes.get(BigInt(value) >> shift);
      if (route !== undefined) return route;
    }
    return undefined;
  }

  private levelOf(shift: bigint): ClaimIndex<bigint, RouteKey, Route> {
    const found = this.levels.find((level) => level.shift === shift);
    if (found !== undefined) return found.routes;
    const level = { shift, routes: new ClaimIndex<bigint, RouteKey, Route>() };
    this.levels.push(level);
    this.levels.sort((a, b) => (a.shift < b.shift ? -1 : 1));
    return level.routes;
  }
}

function prefixOf({ destination }: Route): { readonly value: AddressValue; readonly length: number } {
  const { address, length } = splitCidr(destination);
  return { value: addressValueOf(address), length };
}
