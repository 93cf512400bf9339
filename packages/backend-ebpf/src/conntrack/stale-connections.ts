/** Which tracked connections a change leaves behind: of workloads that are gone, and of UDP clients that would keep to an endpoint that is. */
import {
  type DesiredState,
  type FlowFilter,
  familyOf,
  type IpAddress,
  staleServiceFlows,
  type TrackedFlow,
  UDP,
} from '@polyplane/core/backend';
import { addressText, type ConntrackEntry } from './conntrack-entry';

/** What is to be forgotten. */
export interface StaleConnections {
  readonly flows: readonly FlowFilter[];
  /** As {@link addressText} has them. */
  readonly addresses: ReadonlySet<string>;
}

export function staleConnections(before: DesiredState, after: DesiredState): StaleConnections {
  return { flows: staleServiceFlows(before, after), addresses: goneAddresses(before, after) };
}

export function isAnyStale({ flows, addresses }: StaleConnections): boolean {
  return flows.length > 0 || addresses.size > 0;
}

/** Asked of connections, not of the translations that lead to them. */
export function isStale(entry: ConntrackEntry, { flows, addresses }: StaleConnections): boolean {
  if (addresses.size > 0 && entry.isOf(addresses)) return true;
  if (flows.length === 0 || entry.state.protocol !== UDP) return false;
  const flow = trackedFlow(entry);
  return flow !== undefined && flows.some((filter) => matches(filter, flow));
}

/** A UDP connection, as what is stale is told of; undefined: it is none. */
export function trackedFlow(entry: ConntrackEntry): TrackedFlow | undefined {
  const { dialed, receiver, state } = entry;
  if (state.protocol !== UDP || dialed.address === undefined || receiver.address === undefined) return undefined;
  return {
    family: familyOf(dialed.address),
    destination: dialed.address,
    destinationPort: dialed.port,
    answeredBy: receiver.address,
  };
}

function matches(filter: FlowFilter, { family, destination, destinationPort, answeredBy }: TrackedFlow): boolean {
  if (filter.family !== family) return false;
  if (filter.kind === 'answered') return filter.address === destination && filter.answeredBy === answeredBy;
  if (filter.kind === 'workload') return false;
  if (filter.port !== destinationPort) return false;
  if (filter.address !== undefined && filter.address !== destination) return false;
  return filter.endpoint === undefined ? answeredBy === destination : filter.endpoint === answeredBy;
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
