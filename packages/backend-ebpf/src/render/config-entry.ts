/** The node's settings as the programs read them. */
import type { NodeSettings } from '@polyplane/core/backend';
import {
  CLOSED_TO_WORKLOADS,
  CONFIG,
  CONFIG_FLAG,
  ENDPOINT_TO_HOST,
  LAYOUT_VERSION,
  RANGE_GROUP,
} from '../layout/layouts';
import type { Claim } from './claim';
import { type NodeFacts, ownAddress } from './node-facts';
import { rangeEntry } from './service-entries';

/** What the backend's own options and the host add. */
export interface ConfigOptions {
  readonly isDirectServerReturn: boolean;
  /** Absent: none goes between nodes. */
  readonly tunnel?: { readonly port: number; readonly mtu: number; readonly id: number };
  /** Of each processor; 0: none is told. */
  readonly eventsPerSecond: number;
  /** Sockets of this network namespace alone are translated when they connect; 0: none. */
  readonly namespaceCookie: bigint;
  /** Packets of the host's own are tracked though nothing judges them. */
  readonly tracksHost: boolean;
}

const KEY = Buffer.alloc(4).toString('latin1');

/** @throws RangeError when more kinds of tunnel traffic are closed than the programs have room for */
export function configEntries(facts: NodeFacts, options: ConfigOptions): readonly Claim[] {
  const { settings } = facts;
  if (settings === undefined) return [];
  const { tunnel } = options;
  const value = CONFIG.encode({
    layout: LAYOUT_VERSION,
    flags: flagsOf(settings, options),
    node4: ownAddress(facts, 4),
    node6: ownAddress(facts, 6),
    endpoint_to_host: ENDPOINT_TO_HOST[settings.endpointToHostAction],
    tunnel_port: tunnel?.port ?? 0,
    tunnel_mtu: tunnel?.mtu ?? 0,
    tunnel_id: tunnel?.id ?? 0,
    events_per_second: options.eventsPerSecond,
    netns_cookie: options.namespaceCookie,
    closed: closedTo(settings),
  });
  return [{ kind: 'entry', map: 'pp_config', key: KEY, value }, ...rangesOf(settings)];
}

function flagsOf(
  { isForwarding, localDetector, localhostNodePorts, serviceLoopPrevention }: NodeSettings,
  options: ConfigOptions,
): number {
  const flags: readonly (readonly [number, boolean])[] = [
    [CONFIG_FLAG.forwarding, isForwarding !== false],
    [CONFIG_FLAG.directServerReturn, options.isDirectServerReturn],
    [CONFIG_FLAG.podsByInterface, localDetector.kind === 'workloadInterfaces'],
    [CONFIG_FLAG.podsByRange, localDetector.kind !== 'workloadInterfaces'],
    [CONFIG_FLAG.localhostNodePorts, localhostNodePorts],
    [CONFIG_FLAG.loopDrop, serviceLoopPrevention?.action === 'drop'],
    [CONFIG_FLAG.loopRefuse, serviceLoopPrevention?.action === 'reject'],
    [CONFIG_FLAG.trackHost, options.tracksHost],
    [CONFIG_FLAG.events, options.eventsPerSecond > 0],
  ];
  return flags.reduce((bits, [flag, isSet]) => (isSet ? bits | flag : bits), 0);
}

function closedTo({ closedToWorkloads = [] }: NodeSettings) {
  if (closedToWorkloads.length > CLOSED_TO_WORKLOADS) {
    throw new RangeError(
      `${closedToWorkloads.length} kinds of traffic are closed to workloads: there is room for ${CLOSED_TO_WORKLOADS}`,
    );
  }
  const closed = closedToWorkloads.map(({ protocol, port }) => ({ port: port ?? 0, protocol, pad: 0 }));
  // The first of protocol 0 ends the list.
  return Array.from({ length: CLOSED_TO_WORKLOADS }, (_, index) => closed[index] ?? { port: 0, protocol: 0, pad: 0 });
}

function rangesOf({ localDetector, serviceLoopPrevention }: NodeSettings): readonly Claim[] {
  const pods = localDetector.kind === 'cidrs' ? localDetector.cidrs : [];
  const services = serviceLoopPrevention?.cidrs ?? [];
  return [
    ...pods.map((range) => rangeEntry(RANGE_GROUP.pods, range)),
    ...services.map((range) => rangeEntry(RANGE_GROUP.services, range)),
  ];
}
