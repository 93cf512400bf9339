/** The schemas of Calico's BGPConfiguration and BGPPeer. */
import { z } from 'zod';
import { familyOf, type IpAddress, type Port, parseIpAddress, parsePort } from '../../state';
import type { BGPConfiguration, BGPPeer } from '../kinds/settings';
import { anySelector, calicoName, net } from './calico-fields';
import {
  addressOfFamily,
  flag,
  ipAddress,
  list,
  optional,
  optionalText,
  parsed,
  port,
  quote,
  refuse,
  structure,
  textOf,
  truthValue,
  withoutAbsent,
  word,
} from './fields';
import type { ResourceBody } from './kind-schema';

const MAX_AS_NUMBER = 0xffffffff;
const MAX_LIST = 500;
const MAX_COMMUNITIES = 50;
const ROUTE_PRIORITY = { min: 1, max: 2_147_483_646 };
const IGNORED_INTERFACE = /^[a-zA-Z0-9_.*-]{1,15}$/;
const PEER_WITH_PORT = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\]):(\d+)$/;
const COMMUNITY = /^\d+:\d+(:\d+)?$/;

/** A number, or text of one, or two halves parted by a dot (RFC 5396). */
export const asNumber = z
  .union([z.int().min(0).max(MAX_AS_NUMBER), z.string()], { error: 'expected an AS number' })
  .transform((value, context): number => {
    if (typeof value === 'number') return value;
    const halves = /^(\d{1,5})\.(\d{1,5})$/.exec(value)?.slice(1).map(Number);
    if (halves?.every((half) => half <= 0xffff)) return (halves[0] ?? 0) * 0x10000 + (halves[1] ?? 0);
    if (/^\d{1,10}$/.test(value) && Number(value) <= MAX_AS_NUMBER) return Number(value);
    refuse(context, [], `${quote(value)} is not an AS number`);
    return z.NEVER;
  });

const blocks = list(z.object({ cidr: net })).transform((entries) => entries.map((entry) => entry.cidr));
const community = z.object({
  name: calicoName,
  value: textOf(isCommunity, 'a community (aa:nn of 16 bits, aa:nn:mm of 32)'),
});
const advertisement = z.object({
  cidr: net,
  communities: z.array(z.string()).max(MAX_COMMUNITIES),
});
const routePriority = optional(z.int().min(ROUTE_PRIORITY.min).max(ROUTE_PRIORITY.max));

const configuration = z
  .object({
    logSeverityScreen: word(['Trace', 'Debug', 'Info', 'Warning', 'Error', 'Fatal'], 'anyCase'),
    nodeToNodeMeshEnabled: optional(truthValue),
    asNumber: optional(asNumber),
    listenPort: optional(port),
    serviceClusterIPs: blocks,
    serviceExternalIPs: blocks,
    serviceLoadBalancerIPs: blocks,
    serviceLoadBalancerAggregation: word(['Enabled', 'Disabled']),
    communities: list(community),
    prefixAdvertisements: list(advertisement),
    nodeMeshPassword: optional(z.object({})),
    nodeMeshMaxRestartTime: optional(z.string()),
    bindMode: word(['None', 'NodeIP']),
    ignoredInterfaces: list(textOf((value) => value !== '*' && IGNORED_INTERFACE.test(value), 'an interface name')),
    localWorkloadPeeringIPV4: addressOfFamily(4),
    localWorkloadPeeringIPV6: addressOfFamily(6),
    programClusterRoutes: word(['Enabled', 'Disabled', 'EnabledIPIPOnly', 'EnabledNoEncapOnly']),
    ipv4NormalRoutePriority: routePriority,
    ipv6NormalRoutePriority: routePriority,
  })
  .transform((raw, context): BGPConfiguration['spec'] => {
    for (const field of ['nodeMeshPassword', 'nodeMeshMaxRestartTime'] as const) {
      if (raw.nodeToNodeMeshEnabled === false && raw[field] !== undefined) refuse(context, [field], 'there is no mesh');
    }
    refuseBadCommunities(raw, context);
    return withoutAbsent({
      nodeToNodeMeshEnabled: raw.nodeToNodeMeshEnabled,
      asNumber: raw.asNumber,
      listenPort: raw.listenPort,
      serviceClusterIPs: raw.serviceClusterIPs,
      serviceExternalIPs: raw.serviceExternalIPs,
      serviceLoadBalancerIPs: raw.serviceLoadBalancerIPs,
    });
  });

export const bgpConfigurationBody: z.ZodType<ResourceBody<BGPConfiguration>> = z.object({
  spec: structure(configuration),
});

/** `address`, `IPv4:port` or `[IPv6]:port`. */
const peerAddress = parsed(z.string(), (value): { readonly peerIP: IpAddress; readonly peerPort?: Port } => {
  const [, address, peerPort] = PEER_WITH_PORT.exec(value) ?? [];
  if (address === undefined || peerPort === undefined) return { peerIP: parseIpAddress(value) };
  return { peerIP: parseIpAddress(address.replace(/[[\]]/g, '')), peerPort: parsePort(Number(peerPort)) };
});

const peer = z
  .object({
    node: optionalText.pipe(calicoName.optional()),
    nodeSelector: anySelector,
    peerIP: optionalText.pipe(peerAddress.optional()),
    asNumber: optional(asNumber).transform((value) => (value === 0 ? undefined : value)),
    localASNumber: optional(asNumber),
    peerSelector: anySelector,
    localWorkloadSelector: anySelector,
    keepOriginalNextHop: flag,
    nextHopMode: word(['Auto', 'Self', 'Keep']),
    password: optional(z.object({})),
    sourceAddress: word(['UseNodeIP', 'None']),
    numAllowedLocalASNumbers: optional(z.int()),
    ttlSecurity: optional(z.int().min(0).max(255)),
    reachableBy: optionalText.pipe(ipAddress.optional()),
    filters: list(calicoName),
    reversePeering: word(['Auto', 'Manual']),
  })
  .transform((raw, context): BGPPeer['spec'] => {
    refuseBadPeer(raw, context);
    return withoutAbsent({
      node: raw.node,
      nodeSelector: raw.nodeSelector,
      peerIP: raw.peerIP?.peerIP,
      peerPort: raw.peerIP?.peerPort,
      peerSelector: raw.peerSelector,
      localWorkloadSelector: raw.localWorkloadSelector,
      asNumber: raw.asNumber,
    });
  });

export const bgpPeerBody: z.ZodType<ResourceBody<BGPPeer>> = z.object({ spec: structure(peer) });

/** What the cross-field rules of a peer look at. */
interface PeerFields {
  readonly node?: string | undefined;
  readonly nodeSelector?: string | undefined;
  readonly peerIP?: { readonly peerIP: IpAddress } | undefined;
  readonly peerSelector?: string | undefined;
  readonly localWorkloadSelector?: string | undefined;
  readonly asNumber?: number | undefined;
  readonly reachableBy?: IpAddress | undefined;
  readonly keepOriginalNextHop: boolean;
  readonly nextHopMode?: string | undefined;
}

function refuseBadPeer(peerFields: PeerFields, context: z.RefinementCtx): void {
  const exclusive = [
    ['node', 'nodeSelector'],
    ['peerIP', 'peerSelector'],
    ['peerSelector', 'asNumber'],
    ['localWorkloadSelector', 'peerIP'],
    ['localWorkloadSelector', 'peerSelector'],
  ] as const;
  for (const [one, other] of exclusive) {
    if (peerFields[one] !== undefined && peerFields[other] !== undefined) {
      refuse(context, [other], `cannot stand beside ${one}`);
    }
  }
  const { localWorkloadSelector, asNumber: number, reachableBy, peerIP, keepOriginalNextHop, nextHopMode } = peerFields;
  if (localWorkloadSelector !== undefined && number === undefined) {
    refuse(context, ['asNumber'], 'is needed beside localWorkloadSelector');
  }
  if (reachableBy !== undefined && peerIP === undefined) refuse(context, ['reachableBy'], 'needs peerIP');
  if (reachableBy !== undefined && peerIP !== undefined && familyOf(reachableBy) !== familyOf(peerIP.peerIP)) {
    refuse(context, ['reachableBy'], 'is of another IP family than peerIP');
  }
  if (keepOriginalNextHop && nextHopMode !== undefined) {
    refuse(context, ['keepOriginalNextHop'], 'stands beside nextHopMode, which takes its place');
  }
}

interface Communities {
  readonly communities: readonly z.infer<typeof community>[];
  readonly prefixAdvertisements: readonly z.infer<typeof advertisement>[];
}

function refuseBadCommunities({ communities, prefixAdvertisements }: Communities, context: z.RefinementCtx): void {
  if (communities.length > MAX_LIST) refuse(context, ['communities'], `more than ${MAX_LIST} communities`);
  if (prefixAdvertisements.length > MAX_LIST) {
    refuse(context, ['prefixAdvertisements'], `more than ${MAX_LIST} prefixes`);
  }
  if (communities.length > 0 && prefixAdvertisements.length === 0) {
    refuse(context, ['communities'], 'are not used in prefixAdvertisements');
  }
  prefixAdvertisements.forEach((entry, index) => {
    entry.communities.forEach((value, position) => {
      if (isCommunity(value) || communities.some(({ name }) => name === value)) return;
      refuse(context, ['prefixAdvertisements', index, 'communities', position], `${quote(value)} is no community`);
    });
  });
}

/** `aa:nn` of 16 bits each (RFC 1997), or `aa:nn:mm` of 32 bits each (RFC 8092). */
export function isCommunity(value: string): boolean {
  if (!COMMUNITY.test(value) || value.length > 40) return false;
  const parts = value.split(':').map(Number);
  return parts.every((part) => part <= (parts.length === 2 ? 0xffff : 0xffffffff));
}
