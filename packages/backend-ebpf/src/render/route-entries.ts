/** What the node knows of addresses: its own, its workloads', other nodes', pools'. */
import {
  type Cidr,
  type ClusterNode,
  cidrOf,
  type IpAddress,
  type IpPool,
  type Route,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import { firstAddress, prefixBits } from '../layout/address';
import { ALLOWED_SOURCE_KEY, ROUTE_FLAG, ROUTE_KEY } from '../layout/layouts';
import type { Claim, RouteClaim } from './claim';
import { answersNodePorts, type NodeFacts, poolFlags } from './node-facts';

const PRESENT = Buffer.from([1, 0, 0, 0]);
/** An interface's index stands before the address in a key of sources. */
const PREFIX_OF_INTERFACE = 32;

/** A workload whose interface is not there has none: packets to it go nowhere, and nothing comes from it. */
export function workloadEntries(workload: WorkloadEndpoint, facts: NodeFacts): readonly Claim[] {
  const index = facts.interfaces.get(workload.interfaceName)?.index;
  if (index === undefined) return [];
  const own = workload.addresses.map(cidrOf);
  return [
    ...own.map((range) => routeClaim(facts, range, { flags: ROUTE_FLAG.workload, ifindex: index })),
    ...[...own, ...workload.allowedSources].map((range) => allowedSource(index, range)),
  ];
}

/** Routes to local workloads say no more than the workloads' own addresses do. */
export function routeEntries({ destination, target }: Route, facts: NodeFacts): readonly Claim[] {
  if (target.kind === 'workload') return [];
  return [routeClaim(facts, destination, { flags: ROUTE_FLAG.remote, node: target.gateway })];
}

/** Every address of another node answers on node ports here: any node may translate them. */
export function nodeEntries({ isLocal, addresses }: ClusterNode, facts: NodeFacts): readonly Claim[] {
  if (isLocal) return [];
  const flags = ROUTE_FLAG.node | ROUTE_FLAG.nodePorts;
  return addresses.map((address) => routeClaim(facts, cidrOf(address), { flags }));
}

/** The host's own addresses. */
export function ownAddressEntries(facts: NodeFacts): readonly Claim[] {
  return facts.ownAddresses.map((address) => routeClaim(facts, cidrOf(address), { flags: ownFlags(facts, address) }));
}

export function poolEntries({ cidr }: IpPool, facts: NodeFacts): readonly Claim[] {
  return [routeClaim(facts, cidr, { flags: 0 })];
}

function ownFlags(facts: NodeFacts, address: IpAddress): number {
  return ROUTE_FLAG.host | ROUTE_FLAG.node | (answersNodePorts(facts, address) ? ROUTE_FLAG.nodePorts : 0);
}

/** The longest match alone is found, so each range says also what its pool says. */
function routeClaim(facts: NodeFacts, range: Cidr, route: RouteClaim): Claim {
  const key = ROUTE_KEY.encode({ prefix_length: prefixBits(range), address: firstAddress(range) });
  const flags = route.flags | poolFlags(facts, range);
  return { kind: 'route', map: 'pp_routes', key: key.toString('latin1'), route: { ...route, flags } };
}

function allowedSource(ifindex: number, range: Cidr): Claim {
  const key = ALLOWED_SOURCE_KEY.encode({
    prefix_length: PREFIX_OF_INTERFACE + prefixBits(range),
    ifindex,
    address: firstAddress(range),
  });
  return { kind: 'entry', map: 'pp_allowed_sources', key: key.toString('latin1'), value: PRESENT };
}
