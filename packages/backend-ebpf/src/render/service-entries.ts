/** A service port as entries: its endpoints, the addresses that it answers on, and who may come there. */
import {
  type Cidr,
  cidrContains,
  cidrOf,
  type Frontend,
  familyOf,
  type IpAddress,
  type ServiceEndpoint,
  type ServicePort,
} from '@polyplane/core/backend';
import { firstAddress, prefixBits } from '../layout/address';
import {
  BACKEND,
  BACKEND_FLAG,
  BACKEND_KEY,
  FRONTEND,
  FRONTEND_FLAG,
  FRONTEND_KEY,
  FRONTEND_KIND,
  LOCAL_BACKENDS,
  SOURCE_RANGE_KEY,
} from '../layout/layouts';
import type { Claim } from './claim';
import type { Identifiers } from './identifiers';

/** A group stands before the address in a key of ranges. */
const PREFIX_OF_GROUP = 32;
const PRESENT = Buffer.from([1, 0, 0, 0]);

/** `nodeAddress` is the node's own in the service's family. */
export function serviceEntries(
  service: ServicePort,
  identifiers: Identifiers,
  nodeAddress: IpAddress | undefined,
): readonly Claim[] {
  const id = identifiers.of(service.key);
  return [
    ...service.clusterEndpoints.map((endpoint, index) => backend(id, index, endpoint)),
    ...localEndpointsOf(service).map((endpoint, index) => backend(id, LOCAL_BACKENDS + index, endpoint)),
    ...service.frontends.flatMap((frontend) => frontendEntries(service, frontend, id, identifiers, nodeAddress)),
  ];
}

/** Policy Local asks for them, and what another node sends through the tunnel is for them alone. */
function localEndpointsOf({ frontends, localEndpoints, clusterEndpoints }: ServicePort): readonly ServiceEndpoint[] {
  const isAskedFor = frontends.some(({ trafficPolicy }) => trafficPolicy === 'local');
  return isAskedFor ? localEndpoints : clusterEndpoints.filter(({ isLocal }) => isLocal);
}

/** The names of everything that {@link serviceEntries} took a number for. */
export function identifiersOf({ key, frontends }: ServicePort): readonly string[] {
  return [
    key,
    ...frontends.flatMap(({ sourceRanges }) => (sourceRanges === undefined ? [] : [groupName(key, sourceRanges)])),
  ];
}

function backend(service: number, index: number, { address, port, isLocal }: ServiceEndpoint): Claim {
  const key = BACKEND_KEY.encode({ service, index });
  const value = BACKEND.encode({ address, port, flags: isLocal ? BACKEND_FLAG.local : 0, pad: 0 });
  return { kind: 'entry', map: 'pp_backends', key: key.toString('latin1'), value };
}

function frontendEntries(
  service: ServicePort,
  frontend: Frontend,
  id: number,
  identifiers: Identifiers,
  nodeAddress: IpAddress | undefined,
): readonly Claim[] {
  const { address, port, sourceRanges } = frontend;
  const nodePortKind = service.family === 4 ? FRONTEND_KIND.nodePort4 : FRONTEND_KIND.nodePort6;
  const key = FRONTEND_KEY.encode({
    address,
    port,
    protocol: service.protocol,
    kind: address === undefined ? nodePortKind : FRONTEND_KIND.address,
  });
  const group = sourceRanges === undefined ? 0 : identifiers.of(groupName(service.key, sourceRanges));
  const value = FRONTEND.encode({
    service: id,
    cluster_count: service.clusterEndpoints.length,
    local_count: localEndpointsOf(service).length,
    flags: flagsOf(service, frontend),
    affinity_seconds: service.affinityTimeoutSeconds ?? 0,
    source_group: group,
  });
  return [
    ...rangesOf(service, sourceRanges ?? [], nodeAddress).map((range) => rangeEntry(group, range)),
    { kind: 'entry', map: 'pp_frontends', key: key.toString('latin1'), value },
  ];
}

function flagsOf({ hasEndpoints }: ServicePort, { kind, trafficPolicy, sourceRanges }: Frontend): number {
  return (
    (trafficPolicy === 'local' ? FRONTEND_FLAG.local : 0) |
    (hasEndpoints ? FRONTEND_FLAG.elsewhere : 0) |
    (sourceRanges === undefined ? 0 : FRONTEND_FLAG.ranges) |
    (kind === 'clusterIp' ? 0 : FRONTEND_FLAG.external)
  );
}

/**
 * Where the load balancer's address is one of the node's, the node's own packets to it carry that address as their source: they may
 * come when the node may.
 */
function rangesOf(
  { frontends, family }: ServicePort,
  ranges: readonly Cidr[],
  nodeAddress: IpAddress | undefined,
): readonly Cidr[] {
  const own = ranges.filter((range) => familyOf(range) === family);
  if (nodeAddress === undefined || !own.some((range) => cidrContains(range, nodeAddress))) return own;
  const balancers = frontends.filter(({ kind }) => kind === 'loadBalancerIp');
  return [...own, ...balancers.flatMap(({ address }) => (address === undefined ? [] : [cidrOf(address)]))];
}

/** A range of a group of ranges. */
export function rangeEntry(group: number, range: Cidr): Claim {
  const key = SOURCE_RANGE_KEY.encode({
    prefix_length: PREFIX_OF_GROUP + prefixBits(range),
    group,
    address: firstAddress(range),
  });
  return { kind: 'entry', map: 'pp_source_ranges', key: key.toString('latin1'), value: PRESENT };
}

function groupName(service: string, ranges: readonly Cidr[]): string {
  return `${service} ${ranges.join()}`;
}
