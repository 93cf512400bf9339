/** Which tracked connections a change leaves behind: of workloads that are gone, and of UDP clients that would keep to an endpoint that is. */
import {
  type DesiredState,
  familyOf,
  type IpAddress,
  placesWithStaleFlows,
  type ServedPlaces,
  servedPlaces,
  staleServiceFlows,
  type TrackedFlow,
  UDP,
} from '@polyplane/core/backend';
import { BOUND, BOUND_KEY } from '../layout/layouts';
import { addressText, type ConntrackEntry } from './conntrack-entry';

/** What is to be forgotten. */
export interface StaleConnections {
  /** UDP connections to these places, but to those who serve there. */
  readonly places: ServedPlaces;
  /** Where node ports are met. */
  readonly nodePortAddresses: ReadonlySet<IpAddress>;
  /** Addresses that nobody has any more; as {@link addressText} has them. */
  readonly addresses: ReadonlySet<string>;
}

/** @param before undefined: nobody knows, all services are looked at */
export function staleConnections(
  before: DesiredState | undefined,
  after: DesiredState,
  ownAddresses: readonly IpAddress[],
): StaleConnections {
  const ofNodes = [...after.nodes.values()].flatMap(({ addresses }) => addresses);
  return {
    places: before === undefined ? servedPlaces(after) : placesWithStaleFlows(before, after),
    nodePortAddresses: new Set([...ofNodes, ...ownAddresses]),
    addresses: before === undefined ? NONE : goneAddresses(before, after),
  };
}

export function isAnyStale({ places, addresses }: StaleConnections): boolean {
  return places.size > 0 || addresses.size > 0;
}

/** Asked of connections, not of the translations that lead to them. */
export function isStale(entry: ConntrackEntry, { places, nodePortAddresses, addresses }: StaleConnections): boolean {
  if (addresses.size > 0 && entry.isOf(addresses)) return true;
  if (places.size === 0) return false;
  const flow = trackedFlow(entry);
  return flow !== undefined && staleServiceFlows([flow], places, nodePortAddresses).length > 0;
}

/** Asked of what sockets were connected to, by key and value of `pp_bound`. */
export function isBoundStale(key: Buffer, value: Buffer, { places, nodePortAddresses }: StaleConnections): boolean {
  const { dialed, port } = BOUND_KEY.decode(key);
  const endpoint = BOUND.decode(value);
  if (dialed === undefined || endpoint.address === undefined) return true;
  const flow = {
    family: familyOf(dialed),
    destination: dialed,
    destinationPort: port,
    answeredBy: endpoint.address,
    answeredPort: endpoint.port,
  };
  // Loopback answers on node ports as the node's own addresses do.
  const local = dialed.startsWith('127.') ? new Set([...nodePortAddresses, dialed]) : nodePortAddresses;
  return staleServiceFlows([flow], places, local).length > 0;
}

/** A UDP connection, as what is stale is told of; undefined: it is none. */
export function trackedFlow(entry: ConntrackEntry): TrackedFlow | undefined {
  if (entry.state.protocol !== UDP) return undefined;
  const { dialed, receiver } = entry;
  if (dialed.address === undefined || receiver.address === undefined) return undefined;
  return {
    family: familyOf(dialed.address),
    destination: dialed.address,
    destinationPort: dialed.port,
    answeredBy: receiver.address,
    answeredPort: receiver.port,
  };
}

/** Addresses of workloads of this node that no workload of it has any more. */
function goneAddresses(before: DesiredState, after: DesiredState): ReadonlySet<string> {
  const gone = new Set<IpAddress>();
  for (const old of before.workloads.values()) {
    const now = after.workloads.get(old.key);
    if (now === old) continue;
    for (const address of old.addresses) if (now?.addresses.includes(address) !== true) gone.add(address);
  }
  if (gone.size === 0) return NONE;
  for (const { addresses } of after.workloads.values()) for (const address of addresses) gone.delete(address);
  return new Set([...gone].map(addressText));
}

const NONE: ReadonlySet<string> = new Set();
