/** A rule's match as instructions that leave to a label when something does not hold. */
import type { Cidr, IcmpMatch, IpFamily, IpSetKey, PortRange, Protocol, Rule, RuleEnd } from '@polyplane/core/backend';
import { Label, type Line } from '../../bytecode/assemble';
import { alu, jump, jumpIf, load, setLabel } from '../../bytecode/write';
import { isOfFamily, lookUpSet, matchRange } from './address-code';
import { PACKET, PACKET_FLAG, type PacketEnd, SOURCE } from './packet-context';

/** The numbers of sets, for those of the state and for lists of ranges that are too long to be asked one by one. */
export interface SetNumbers {
  numberOf(set: IpSetKey): number;
  numberOfRanges(ranges: readonly Cidr[]): number;
}

/** What a packet must be for a rule's match, or a failsafe port's. */
export type Match = Pick<Rule, 'family' | 'protocol' | 'notProtocol' | 'icmp' | 'notIcmp' | 'source' | 'destination'>;

/** More ranges than this are looked up in a set. */
const MOST_RANGES_INLINE = 3;
const HIGHEST_PORT = 65535;

/**
 * Falls through for a packet of the family that matches, else goes to `other`. Undefined: no packet of the family does.
 * @param destination which of the packet's two destinations is meant, that before or after DNAT
 */
export function matchPacket(
  match: Match,
  family: IpFamily,
  destination: PacketEnd,
  sets: SetNumbers,
  other: Label,
): readonly Line[] | undefined {
  if (match.family !== undefined && match.family !== family) return undefined;
  const source = matchEnd(match.source, family, SOURCE, sets, other);
  const target = matchEnd(match.destination, family, destination, sets, other);
  if (source === undefined || target === undefined) return undefined;
  return [...matchProtocol(match, other), ...source, ...target];
}

function matchProtocol({ protocol, notProtocol, icmp, notIcmp }: Match, other: Label): readonly Line[] {
  const ask = (value: Protocol, condition: 'equal' | 'notEqual'): readonly Line[] => [
    load(1, 'r1', 'r6', PACKET.protocol),
    jumpIf(condition, 'r1', value, other),
  ];
  return [
    ...(protocol === undefined ? [] : ask(protocol, 'notEqual')),
    ...(notProtocol === undefined ? [] : ask(notProtocol, 'equal')),
    ...(icmp === undefined ? [] : matchIcmp(icmp, 'notEqual', other)),
    ...(notIcmp === undefined ? [] : matchIcmp(notIcmp, 'equal', other)),
  ];
}

/** Type, code and the flag that says that these are there, at once. */
function matchIcmp({ type, code }: IcmpMatch, condition: 'equal' | 'notEqual', other: Label): readonly Line[] {
  const flag = PACKET_FLAG.isIcmp << 16;
  const mask = flag | (code === undefined ? 0x00ff : 0xffff);
  const wanted = flag | ((code ?? 0) << 8) | type;
  return [load(4, 'r1', 'r6', PACKET.icmp), alu('and', 'r1', mask, 32), jumpIf(condition, 'r1', wanted, other)];
}

function matchEnd(
  end: RuleEnd,
  family: IpFamily,
  place: PacketEnd,
  sets: SetNumbers,
  other: Label,
): readonly Line[] | undefined {
  const ofFamily = (ranges: readonly Cidr[]): readonly Cidr[] => ranges.filter((range) => isOfFamily(range, family));
  const nets = ofFamily(end.nets);
  const notNets = ofFamily(end.notNets);
  if (end.nets.length > 0 && nets.length === 0) return undefined;
  if (notNets.some(holdsAll)) return undefined;
  const inSet = (key: IpSetKey, kind: 'net' | 'addressPort', condition: 'equal' | 'notEqual'): readonly Line[] => [
    ...lookUpSet(sets.numberOf(key), kind, place),
    jumpIf(condition, 'r0', 0, other, 64),
  ];
  return [
    ...matchPorts(end.ports, end.namedPorts, place, sets, other),
    ...matchNotPorts(end.notPorts, end.notNamedPorts, place, sets, other),
    ...(nets.some(holdsAll) ? [] : matchRanges(nets, place, sets, other)),
    ...matchNotRanges(notNets, place, sets, other),
    ...end.ipSets.flatMap((key) => inSet(key, 'net', 'equal')),
    ...end.notIpSets.flatMap((key) => inSet(key, 'net', 'notEqual')),
    ...end.addressPortSets.flatMap((key) => inSet(key, 'addressPort', 'equal')),
  ];
}

function holdsAll(range: Cidr): boolean {
  return range.endsWith('/0');
}

/** In one of the ranges; none asks nothing. */
function matchRanges(ranges: readonly Cidr[], end: PacketEnd, sets: SetNumbers, other: Label): readonly Line[] {
  const last = ranges.at(-1);
  if (last === undefined) return [];
  if (ranges.length > MOST_RANGES_INLINE) {
    return [...lookUpSet(sets.numberOfRanges(ranges), 'net', end), jumpIf('equal', 'r0', 0, other, 64)];
  }
  if (ranges.length === 1) return matchRange(last, end, { ifOut: other });
  const inside = new Label('inside');
  return [
    ...ranges.slice(0, -1).flatMap((range) => matchRange(range, end, { ifIn: inside })),
    ...matchRange(last, end, { ifOut: other }),
    setLabel(inside),
  ];
}

function matchNotRanges(ranges: readonly Cidr[], end: PacketEnd, sets: SetNumbers, other: Label): readonly Line[] {
  if (ranges.length > MOST_RANGES_INLINE) {
    return [...lookUpSet(sets.numberOfRanges(ranges), 'net', end), jumpIf('notEqual', 'r0', 0, other, 64)];
  }
  return ranges.flatMap((range) => matchRange(range, end, { ifIn: other }));
}

/** On one of the ports, or in one of the sets; a packet without ports is neither. */
function matchPorts(
  ports: readonly PortRange[],
  named: readonly IpSetKey[],
  end: PacketEnd,
  sets: SetNumbers,
  other: Label,
): readonly Line[] {
  const [only] = ports;
  if (only === undefined && named.length === 0) return [];
  if (only !== undefined && ports.length + named.length === 1) return matchOnlyRange(only, end, other);
  const among = new Label('among');
  return [
    ...leaveWithoutPorts(ports, other),
    ...goToAmong(ports, named, end, sets, among),
    jump(other),
    setLabel(among),
  ];
}

function matchOnlyRange(range: PortRange, end: PacketEnd, other: Label): readonly Line[] {
  const { first, last } = range;
  const port = load(2, 'r1', 'r6', end.port);
  if (first === last && first > 0) return [port, jumpIf('notEqual', 'r1', first, other)];
  return [
    ...leaveWithoutPorts([range], other),
    port,
    ...(first === 0 ? [] : [jumpIf('below', 'r1', first, other)]),
    ...(last === HIGHEST_PORT ? [] : [jumpIf('above', 'r1', last, other)]),
  ];
}

/** On none of the ports, and in none of the sets; a packet without ports is on none. */
function matchNotPorts(
  ports: readonly PortRange[],
  named: readonly IpSetKey[],
  end: PacketEnd,
  sets: SetNumbers,
  other: Label,
): readonly Line[] {
  if (ports.length + named.length === 0) return [];
  const none = new Label('none');
  const leave = leaveWithoutPorts(ports, none);
  return [...leave, ...goToAmong(ports, named, end, sets, other), ...(leave.length === 0 ? [] : [setLabel(none)])];
}

/** Where a protocol has no ports the packet's are 0: only a range with 0 in it has to ask. */
function leaveWithoutPorts(ports: readonly PortRange[], leave: Label): readonly Line[] {
  if (!ports.some(({ first }) => first === 0)) return [];
  const has = new Label('has ports');
  return [
    load(2, 'r1', 'r6', PACKET.flags),
    jumpIf('anyBit', 'r1', PACKET_FLAG.hasPorts, has),
    jump(leave),
    setLabel(has),
  ];
}

function goToAmong(
  ports: readonly PortRange[],
  named: readonly IpSetKey[],
  end: PacketEnd,
  sets: SetNumbers,
  among: Label,
): readonly Line[] {
  return [
    ...(ports.length === 0 ? [] : [load(2, 'r1', 'r6', end.port)]),
    ...ports.flatMap((range) => goToRange(range, among)),
    ...named.flatMap((key) => [
      ...lookUpSet(sets.numberOf(key), 'addressPort', end),
      jumpIf('notEqual', 'r0', 0, among, 64),
    ]),
  ];
}

/** The port is in `r1`. */
function goToRange({ first, last }: PortRange, among: Label): readonly Line[] {
  if (first === last) return [jumpIf('equal', 'r1', first, among)];
  if (first === 0) return [jumpIf('notAbove', 'r1', last, among)];
  if (last === HIGHEST_PORT) return [jumpIf('notBelow', 'r1', first, among)];
  const below = new Label('below');
  return [jumpIf('below', 'r1', first, below), jumpIf('notAbove', 'r1', last, among), setLabel(below)];
}
