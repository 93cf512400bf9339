/** What entries depend on beside the object that they are of: the host's interfaces, the node's settings, pools. */
import {
  type Cidr,
  cidrContains,
  type DesiredState,
  familyOf,
  type IpAddress,
  type IpFamily,
  type IpPool,
  type NodeSettings,
  nodePortEntrances,
  SETTINGS_KEY,
  splitCidr,
} from '@polyplane/core/backend';
import { ROUTE_FLAG } from '../layout/layouts';

/** An interface of the host. */
export interface HostInterface {
  readonly index: number;
  readonly addresses: readonly IpAddress[];
}

/** By name. */
export type HostInterfaces = ReadonlyMap<string, HostInterface>;

/** What a rendering of the whole state knows. */
export interface NodeFacts {
  readonly settings: NodeSettings | undefined;
  /** The host's own addresses, the first of a family being the one that it puts in the place of others. */
  readonly ownAddresses: readonly IpAddress[];
  readonly interfaces: HostInterfaces;
  readonly pools: readonly IpPool[];
}

export function nodeFactsOf(state: DesiredState, interfaces: HostInterfaces): NodeFacts {
  const settings = state.settings.get(SETTINGS_KEY);
  const local = [...state.nodes.values()].filter(({ isLocal }) => isLocal);
  const found = [...interfaces.values()].flatMap(({ addresses }) => addresses);
  const own = [...(settings?.nodeAddresses ?? []), ...local.flatMap(({ addresses }) => addresses), ...found];
  return { settings, ownAddresses: [...new Set(own)], interfaces, pools: [...state.pools.values()] };
}

/** The address that the node puts in the place of others'. */
export function ownAddress({ ownAddresses }: NodeFacts, family: IpFamily): IpAddress | undefined {
  return ownAddresses.find((address) => familyOf(address) === family);
}

/** The bits that hold of every address in the range because of the pool that it lies in. */
export function poolFlags({ pools }: NodeFacts, range: Cidr): number {
  const { address, length } = splitCidr(range);
  const around = pools.filter(({ cidr }) => splitCidr(cidr).length <= length && cidrContains(cidr, address));
  const [closest] = around.sort((a, b) => splitCidr(b.cidr).length - splitCidr(a.cidr).length);
  if (closest === undefined) return 0;
  return ROUTE_FLAG.pool | (closest.natOutgoing ? ROUTE_FLAG.natOutgoing : 0);
}

/** One of the node's own addresses answers on node ports. */
export function answersNodePorts({ settings }: NodeFacts, address: IpAddress): boolean {
  if (settings === undefined) return false;
  const { excluded, ranges } = nodePortEntrances(familyOf(address), settings);
  if (excluded.some((range) => cidrContains(range, address))) return false;
  return ranges?.some((range) => cidrContains(range, address)) ?? true;
}
