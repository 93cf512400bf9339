/** Routes: this node's workloads by their addresses, other nodes by their pod ranges. */
import { isDeepStrictEqual } from 'node:util';
import type { Node } from '../resources/kinds/kubernetes';
import {
  type Cidr,
  cidrContains,
  cidrOf,
  type Encapsulation,
  familyOf,
  type IpAddress,
  type IpPool,
  isIpAddress,
  type ObjectRef,
  parseCidr,
  type Route,
  type WorkloadKey,
} from '../state';
import { nodeKey, routeKey } from './keys';
import type { Output } from './output';
import type { Pools } from './pools';
import { compareNames } from './tiers';

/** Calico's note of a node's address with the length of its subnet. */
const SUBNET_ANNOTATIONS = { 4: 'projectcalico.org/IPv4Address', 6: 'projectcalico.org/IPv6Address' } as const;

/** Where two workloads or nodes claim a destination, the smaller key has it: a function of who is there. */
export class Routes {
  private readonly claims = new Map<Cidr, Map<string, Route>>();
  private readonly claimed = new Map<string, readonly Cidr[]>();
  private readonly nodes = new Map<string, Node>();

  constructor(
    private readonly nodeName: string,
    private readonly pools: Pools,
    private readonly output: Output,
  ) {}

  putWorkload(workload: WorkloadKey, ref: ObjectRef, addresses: readonly IpAddress[]): void {
    const routes = addresses.map((address): Route => {
      const destination = cidrOf(address);
      const origin = { object: ref, field: 'status.podIPs' };
      return { type: 'route', key: routeKey(destination), origin, destination, target: { kind: 'workload', workload } };
    });
    this.claim(workload, routes);
  }

  removeWorkload(workload: WorkloadKey): void {
    this.claim(workload, []);
  }

  putNode(node: Node): void {
    const { name } = node.metadata;
    const before = this.nodes.get(name);
    this.nodes.set(name, node);
    this.renderNode(node);
    // A node's object changes often, the subnet that decides over the others' routes hardly ever.
    if (name === this.nodeName && !isDeepStrictEqual(before && subnetsOf(before), subnetsOf(node))) this.renderNodes();
  }

  removeNode(name: string): void {
    this.nodes.delete(name);
    this.claim(nodeKey(name), []);
    if (name === this.nodeName) this.renderNodes();
  }

  /** A pool came, changed or went: packets to other nodes may travel otherwise. */
  poolsChanged(): void {
    this.renderNodes();
  }

  private renderNodes(): void {
    for (const node of this.nodes.values()) this.renderNode(node);
  }

  private renderNode(node: Node): void {
    const key = nodeKey(node.metadata.name);
    if (node.metadata.name === this.nodeName) {
      this.claim(key, []);
      return;
    }
    const routes = node.spec.podCIDRs.flatMap((destination, index): readonly Route[] => {
      const gateway = node.status.addresses.find(({ address }) => familyOf(address) === familyOf(destination))?.address;
      if (gateway === undefined) return [];
      const encapsulation = this.encapsulationTo(gateway, this.pools.poolOf(destination));
      const origin = { object: node.ref, field: `spec.podCIDRs[${index}]` };
      const target = { kind: 'node', node: key, gateway, encapsulation } as const;
      return [{ type: 'route', key: routeKey(destination), origin, destination, target }];
    });
    this.claim(key, routes);
  }

  private encapsulationTo(gateway: IpAddress, pool: IpPool | undefined): Encapsulation {
    if (pool === undefined) return 'none';
    return pool.crossSubnetOnly && this.isOnSubnet(gateway) ? 'none' : pool.encapsulation;
  }

  /** The address lies in this node's own subnet, as far as Calico noted that. */
  private isOnSubnet(address: IpAddress): boolean {
    const noted = this.nodes.get(this.nodeName)?.metadata.annotations[SUBNET_ANNOTATIONS[familyOf(address)]];
    const [own = '', length] = noted?.split('/') ?? [];
    if (noted === undefined || length === undefined || !isIpAddress(own) || !/^\d{1,3}$/.test(length)) return false;
    return Number(length) <= (own.includes(':') ? 128 : 32) && cidrContains(parseCidr(noted), address);
  }

  private claim(owner: string, routes: readonly Route[]): void {
    const before = this.claimed.get(owner) ?? [];
    const destinations = routes.map(({ destination }) => destination);
    if (routes.length === 0) this.claimed.delete(owner);
    else this.claimed.set(owner, destinations);
    for (const destination of before) this.claims.get(destination)?.delete(owner);
    for (const route of routes) {
      const claims = this.claims.get(route.destination) ?? new Map<string, Route>();
      this.claims.set(route.destination, claims);
      claims.set(owner, route);
    }
    for (const destination of new Set([...before, ...destinations])) this.renderDestination(destination);
  }

  private renderDestination(destination: Cidr): void {
    const claims = this.claims.get(destination) ?? new Map<string, Route>();
    const [winner] = [...claims].sort(([a], [b]) => compareNames(a, b));
    if (winner !== undefined) {
      this.output.put(winner[1]);
      return;
    }
    this.claims.delete(destination);
    this.output.remove(routeKey(destination));
  }
}

function subnetsOf({ metadata: { annotations } }: Node): readonly (string | undefined)[] {
  return [annotations[SUBNET_ANNOTATIONS[4]], annotations[SUBNET_ANNOTATIONS[6]]];
}
