/** What rtnetlink tells of links, addresses, routes and neighbours (man 7 rtnetlink, linux/rtnetlink.h), parsed. */
import { type Cidr, type IpAddress, parseCidr, parseIpAddress } from '@polyplane/core/address';
import { parseAttributes, textOf } from './message';

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** It was switched on. */
  readonly isUp: boolean;
  /** It carries packets: so does what it hangs on. */
  readonly isRunning: boolean;
  /** `ee:ee:ee:ee:ee:ee`; absent: it has none. */
  readonly hardwareAddress?: string;
  /** `veth`, `vxlan`, `bridge`; absent: a device of its own. */
  readonly kind?: string;
  /** The bridge or bond that it is a port of. */
  readonly masterIndex?: number;
}

/** An address of an interface, with the range that is reached by it. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** `RTN_*`, those that are told apart. */
export type RouteKind =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'other';

/** A route. Of one with several next hops, the first. */
export interface KernelRoute {
  readonly destination: Cidr;
  readonly kind: RouteKind;
  readonly table: number;
  /** Who made it (`RTPROT_*`): 2 the kernel, 3 somebody at boot, 4 an administrator, others a routing daemon. */
  readonly protocol: number;
  readonly linkIndex?: number;
  readonly gateway?: IpAddress;
  readonly preferredSource?: IpAddress;
  /** Of two routes to one destination the smaller wins. */
  readonly priority: number;
}

/** What is known of an address on a link. */
export interface Neighbour {
  readonly linkIndex: number;
  readonly address: IpAddress;
  readonly hardwareAddress?: string;
  /** Packets can be sent to it without asking first. */
  readonly isValid: boolean;
}

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, MASTER: 10, LINKINFO: 18 } as const;
const IFLA_INFO_KIND = 1;
const IFA = { ADDRESS: 1, LOCAL: 2 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, PREFSRC: 7, MULTIPATH: 9, TABLE: 15 } as const;
const NDA = { DST: 1, LLADDR: 2 } as const;
/** Permanent, noarp, reachable, probe, stale, delay. */
const NUD_VALID = 0x80 | 0x40 | 0x02 | 0x10 | 0x04 | 0x08;
const ROUTE_KINDS: Readonly<Record<number, RouteKind>> = {
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};
const FAMILIES: Readonly<Record<number, { readonly any: string; readonly bytes: number }>> = {
  2: { any: '0.0.0.0', bytes: 4 },
  10: { any: '::', bytes: 16 },
};

/** `struct ifinfomsg` and its attributes; undefined for a message that names no interface. */
export function parseLink(payload: Buffer): Link | undefined {
  const attributes = parseAttributes(payload.subarray(16));
  const name = attributes.get(IFLA.IFNAME);
  if (payload.length < 16 || name === undefined) return undefined;
  const flags = payload.readUInt32LE(8);
  const hardwareAddress = hardwareAddressOf(attributes.get(IFLA.ADDRESS));
  const kind = parseAttributes(attributes.get(IFLA.LINKINFO) ?? Buffer.alloc(0)).get(IFLA_INFO_KIND);
  const masterIndex = numberOf(attributes.get(IFLA.MASTER));
  return {
    index: payload.readInt32LE(4),
    name: textOf(name),
    mtu: numberOf(attributes.get(IFLA.MTU)) ?? 0,
    isUp: (flags & IFF_UP) !== 0,
    isRunning: (flags & IFF_RUNNING) !== 0,
    ...(hardwareAddress === undefined ? {} : { hardwareAddress }),
    ...(kind === undefined ? {} : { kind: textOf(kind) }),
    ...(masterIndex === undefined ? {} : { masterIndex }),
  };
}

/** `struct ifaddrmsg` and its attributes; undefined for other families than IP. */
export function parseLinkAddress(payload: Buffer): LinkAddress | undefined {
  if (payload.length < 8) return undefined;
  const attributes = parseAttributes(payload.subarray(8));
  // On a point-to-point link the one is this end's address, the other the far end's.
  const bytes = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
  const address = addressOf(payload.readUInt8(0), bytes);
  if (address === undefined) return undefined;
  return { linkIndex: payload.readUInt32LE(4), address, prefixLength: payload.readUInt8(1) };
}

/** `struct rtmsg` and its attributes; undefined for other families than IP, and for what is only remembered of a route. */
export function parseRoute(payload: Buffer): KernelRoute | undefined {
  if (payload.length < 12) return undefined;
  const familyNumber = payload.readUInt8(0);
  const family = FAMILIES[familyNumber];
  const isCached = (payload.readUInt32LE(8) & RTM_F_CLONED) !== 0;
  if (family === undefined || isCached) return undefined;
  const attributes = parseAttributes(payload.subarray(12));
  const hop = firstHopOf(attributes);
  const gateway = addressOf(familyNumber, hop.get(RTA.GATEWAY));
  const preferredSource = addressOf(familyNumber, attributes.get(RTA.PREFSRC));
  const linkIndex = numberOf(hop.get(RTA.OIF));
  const destination = addressOf(familyNumber, attributes.get(RTA.DST)) ?? family.any;
  const length = payload.readUInt8(1);
  if (length > family.bytes * 8) return undefined;
  return {
    destination: parseCidr(`${destination}/${length}`),
    kind: ROUTE_KINDS[payload.readUInt8(7)] ?? 'other',
    table: numberOf(attributes.get(RTA.TABLE)) ?? payload.readUInt8(4),
    protocol: payload.readUInt8(5),
    priority: numberOf(attributes.get(RTA.PRIORITY)) ?? 0,
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(preferredSource === undefined ? {} : { preferredSource }),
  };
}

/** `struct ndmsg` and its attributes; undefined for other families than IP, such as what a bridge learned. */
export function parseNeighbour(payload: Buffer): Neighbour | undefined {
  if (payload.length < 12) return undefined;
  const attributes = parseAttributes(payload.subarray(12));
  const address = addressOf(payload.readUInt8(0), attributes.get(NDA.DST));
  if (address === undefined) return undefined;
  const hardwareAddress = hardwareAddressOf(attributes.get(NDA.LLADDR));
  return {
    linkIndex: payload.readInt32LE(4),
    address,
    isValid: (payload.readUInt16LE(8) & NUD_VALID) !== 0,
    ...(hardwareAddress === undefined ? {} : { hardwareAddress }),
  };
}

const RTM_F_CLONED = 0x200;
/** `struct rtnexthop`: its length, flags, hops and interface, then attributes of its own. */
const NEXT_HOP_BYTES = 8;

function firstHopOf(attributes: ReadonlyMap<number, Buffer>): ReadonlyMap<number, Buffer> {
  const hops = attributes.get(RTA.MULTIPATH);
  if (hops === undefined || hops.length < NEXT_HOP_BYTES) return attributes;
  const own = parseAttributes(hops.subarray(NEXT_HOP_BYTES, hops.readUInt16LE(0)));
  return new Map([...own, [RTA.OIF, hops.subarray(4, 8)]]);
}

function addressOf(family: number, bytes: Buffer | undefined): IpAddress | undefined {
  if (bytes === undefined || FAMILIES[family]?.bytes !== bytes.length) return undefined;
  if (bytes.length === 4) return parseIpAddress([...bytes].join('.'));
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return parseIpAddress(groups.join(':'));
}

function hardwareAddressOf(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length !== 6) return undefined;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function numberOf(bytes: Buffer | undefined): number | undefined {
  return bytes === undefined || bytes.length < 4 ? undefined : bytes.readUInt32LE(0);
}
