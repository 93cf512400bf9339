/** Instructions that ask whether a packet's address is in a range, or in an IP set. `r6` is the packet; `r1`-`r5` are lost. */
import { addressBits, type Cidr, familyOf, type IpFamily, splitCidr } from '@polyplane/core/backend';
import { Label, type Line } from '../../bytecode/assemble';
import {
  alu,
  call,
  constant,
  jump,
  jumpIf,
  load,
  loadMap,
  move,
  setLabel,
  store,
  toNetworkOrder,
} from '../../bytecode/write';
import { PACKET, type PacketEnd, POLICY_MAPS } from './packet-context';

/** Where to go; in the other case the program goes on behind. */
export type Exit = { readonly ifIn: Label } | { readonly ifOut: Label };

/** Asks of a packet of the range's family. */
export function matchRange(range: Cidr, { address }: PacketEnd, exit: Exit): readonly Line[] {
  const { length } = splitCidr(range);
  if (length === 0) return 'ifIn' in exit ? [jump(exit.ifIn)] : [];
  return familyOf(range) === 4 ? matchIpv4(range, address, exit) : matchIpv6(range, address, exit);
}

/** The last 4 of the 16 bytes are the IPv4 address. */
function matchIpv4(range: Cidr, at: number, exit: Exit): readonly Line[] {
  const { address, length } = splitCidr(range);
  const wanted = inMemory32(Number(addressBits(address)));
  const mask = inMemory32(length === 32 ? 0xffffffff : ~(0xffffffff >>> length));
  return [
    load(4, 'r1', 'r6', at + 12),
    ...(length === 32 ? [] : [alu('and', 'r1', mask, 32)]),
    'ifIn' in exit ? jumpIf('equal', 'r1', wanted, exit.ifIn) : jumpIf('notEqual', 'r1', wanted, exit.ifOut),
  ];
}

function matchIpv6(range: Cidr, at: number, exit: Exit): readonly Line[] {
  const { address, length } = splitCidr(range);
  const bits = addressBits(address);
  const high = matchHalf(bits >> 64n, Math.min(length, 64), at);
  const low = length > 64 ? matchHalf(bits & HALF, length - 64, at + 8) : undefined;
  if ('ifOut' in exit) {
    const leave = jumpIf('notEqual', 'r1', 'r2', exit.ifOut, 64);
    return [...high, leave, ...(low === undefined ? [] : [...low, leave])];
  }
  const arrive = jumpIf('equal', 'r1', 'r2', exit.ifIn, 64);
  if (low === undefined) return [...high, arrive];
  const outside = new Label('outside');
  return [...high, jumpIf('notEqual', 'r1', 'r2', outside, 64), ...low, arrive, setLabel(outside)];
}

const HALF = 0xffff_ffff_ffff_ffffn;

/** Leaves what the packet has in `r1` and what is wanted in `r2`. */
function matchHalf(wanted: bigint, length: number, at: number): readonly Line[] {
  const mask =
    length === 64 ? [] : [constant('r2', inMemory64(HALF & (HALF << BigInt(64 - length)))), alu('and', 'r1', 'r2')];
  return [load(8, 'r1', 'r6', at), ...mask, constant('r2', inMemory64(wanted))];
}

/** Offsets in `struct pp_ip_set_key`; prefix length and set are written at once. */
const KEY = { prefixLengthAndSet: 0, address: 8, protocolAndPort: 24 } as const;
/** Bits of set, address, protocol and port: a look-up gives all, the entries of ranges fewer. */
const FULL_PREFIX_BITS = 32n + 128n + 32n;

/**
 * Writes what all look-ups of an end have in common into its two keys. They lie in the packet's memory and not on the stack, which the
 * verifier follows value by value: in a long program that takes it time in the square.
 */
export function prepareKeys(end: PacketEnd): readonly Line[] {
  const addresses = [0, 8].flatMap((offset) => [
    load(8, 'r1', 'r6', end.address + offset),
    store(8, 'r6', end.netKey + KEY.address + offset, 'r1'),
    store(8, 'r6', end.addressPortKey + KEY.address + offset, 'r1'),
  ]);
  return [
    ...addresses,
    store(4, 'r6', end.netKey + KEY.protocolAndPort, 0),
    // Protocol, a byte of zeros, and the port in network order.
    load(2, 'r1', 'r6', end.port),
    toNetworkOrder('r1', 16),
    alu('shiftLeft', 'r1', 16, 32),
    load(1, 'r2', 'r6', PACKET.protocol),
    alu('or', 'r1', 'r2', 32),
    store(4, 'r6', end.addressPortKey + KEY.protocolAndPort, 'r1'),
  ];
}

/**
 * Looks an end's address up in a set of ranges, or with protocol and port in one of these; `r0` is 0 when it is not in it.
 * {@link prepareKeys} must have run on the packet.
 */
export function lookUpSet(set: number, kind: 'net' | 'addressPort', end: PacketEnd): readonly Line[] {
  const key = kind === 'net' ? end.netKey : end.addressPortKey;
  return [
    constant('r1', (BigInt(inMemory32(set)) << 32n) | FULL_PREFIX_BITS),
    store(8, 'r6', key + KEY.prefixLengthAndSet, 'r1'),
    move('r2', 'r6'),
    alu('add', 'r2', key),
    loadMap('r1', POLICY_MAPS.ipSets),
    call('mapLookup'),
  ];
}

/** Whether the family's packets can be in a range at all. */
export function isOfFamily(range: Cidr, family: IpFamily): boolean {
  return familyOf(range) === family;
}

/** What a load of 4 bytes gives that are this number in network order. */
function inMemory32(value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.readInt32LE();
}

/** The same of 8 bytes. */
function inMemory64(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes.readBigUInt64LE();
}
