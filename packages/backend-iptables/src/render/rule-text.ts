/**
 * The one encoder of rules: typed, validated values in; out comes the text of a rule exactly as `iptables-save` prints it, so that
 * what is read back can be compared with what was written.
 */
import {
  type Brand,
  type Cidr,
  formatProtocol,
  hasPorts,
  ICMP,
  ICMPV6,
  type IcmpMatch,
  type InterfaceName,
  type IpAddress,
  type IpFamily,
  type Port,
  type PortRange,
  type Protocol,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import type { ChainName, SetName } from './names';

/** A rule without `-A CHAIN `, in the form of iptables-save. */
export type RuleText = Brand<string, 'RuleText'>;

/** A value that a packet must have, or must not have. */
export interface Wanted<Value> {
  readonly value: Value;
  readonly isNegated?: boolean;
}

/** One interface, or all whose names begin so. */
export interface InterfaceMatch {
  readonly name: string;
  readonly isPrefix: boolean;
}

/** Which of a packet's fields a set is asked about. */
export type SetFields = 'src' | 'dst' | 'src,src' | 'dst,dst' | 'dst,dst,src';

/** In the order in which iptables prints them. */
export type ConnectionState = 'INVALID' | 'NEW' | 'RELATED' | 'ESTABLISHED' | 'UNTRACKED' | 'SNAT' | 'DNAT';

/** A match of an extension (`-m`). */
export type ModuleMatch =
  | {
      readonly kind: 'ports';
      readonly protocol: Protocol;
      readonly end: 'source' | 'destination';
      /** At most {@link MULTIPORT_SLOTS}, a range counting two. */
      readonly ports: readonly PortRange[];
      readonly isNegated?: boolean;
    }
  | { readonly kind: 'icmp'; readonly family: IpFamily; readonly icmp: IcmpMatch; readonly isNegated?: boolean }
  | { readonly kind: 'set'; readonly name: SetName; readonly fields: SetFields; readonly isNegated?: boolean }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number; readonly isNegated?: boolean }
  | { readonly kind: 'state'; readonly states: readonly ConnectionState[]; readonly isNegated?: boolean }
  /** The packet's destination before it was translated. */
  | { readonly kind: 'originalDestination'; readonly address: IpAddress }
  | { readonly kind: 'local'; readonly end: 'source' | 'destination' }
  | { readonly kind: 'random'; readonly probability: number }
  | { readonly kind: 'recentCheck'; readonly list: string; readonly seconds: number; readonly family: IpFamily }
  | { readonly kind: 'recentSet'; readonly list: string; readonly family: IpFamily };

export type Target =
  | { readonly kind: 'jump'; readonly chain: ChainName }
  | { readonly kind: 'goto'; readonly chain: ChainName }
  | { readonly kind: 'accept' | 'drop' | 'return' | 'masquerade' | 'noTrack' | 'log' }
  | { readonly kind: 'reject'; readonly family: IpFamily }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number }
  /** Without a port: the packet keeps its own. */
  | { readonly kind: 'dnat'; readonly address: IpAddress; readonly port?: Port }
  | { readonly kind: 'snat'; readonly address: IpAddress };

/** All that is set must hold. */
export interface RuleSpec {
  readonly source?: Wanted<Cidr>;
  readonly destination?: Wanted<Cidr>;
  readonly inInterface?: Wanted<InterfaceMatch>;
  readonly outInterface?: Wanted<InterfaceMatch>;
  readonly protocol?: Wanted<Protocol>;
  readonly matches?: readonly ModuleMatch[];
  readonly target: Target;
}

/** Ports that one multiport match takes; a range counts two. */
export const MULTIPORT_SLOTS = 15;

/** What this encoder writes of an interface name: iptables reads `+`, quotes and the like as something else. */
const SAFE_INTERFACE = /^[A-Za-z0-9._:@-]{1,15}$/;

/** True when the interface's name can stand in a rule. */
export function isSafeInterface(name: InterfaceName | string): boolean {
  return SAFE_INTERFACE.test(name);
}

/** The rule's text. Values that their types vouch for are written as they are. */
export function formatRule(spec: RuleSpec): RuleText {
  assertProtocol(spec);
  let text = '';
  if (spec.source !== undefined) text += formatRange('-s', spec.source);
  if (spec.destination !== undefined) text += formatRange('-d', spec.destination);
  if (spec.inInterface !== undefined) text += `${not(spec.inInterface)}-i ${formatInterface(spec.inInterface.value)} `;
  if (spec.outInterface !== undefined) {
    text += `${not(spec.outInterface)}-o ${formatInterface(spec.outInterface.value)} `;
  }
  if (spec.protocol !== undefined) text += `${not(spec.protocol)}-p ${protocolName(spec.protocol.value)} `;
  if (spec.matches !== undefined) for (const match of spec.matches) text += `${formatMatch(match)} `;
  return (text + formatTarget(spec.target)) as RuleText;
}

/** `all but one in 2^31`: the form in which the kernel keeps a probability, as iptables prints it. */
export function formatProbability(probability: number): string {
  return (Math.round(probability * 0x80000000) / 0x80000000).toFixed(11);
}

function not(wanted: { readonly isNegated?: boolean }): string {
  return wanted.isNegated === true ? '! ' : '';
}

/** The kernel takes a match of ports or ICMP types only in a rule that names the protocol. */
function assertProtocol({ protocol, matches }: RuleSpec): void {
  for (const match of matches ?? []) {
    const needed =
      match.kind === 'ports'
        ? match.protocol
        : match.kind === 'icmp'
          ? match.family === 4
            ? ICMP
            : ICMPV6
          : undefined;
    if (needed !== undefined && (protocol?.value !== needed || protocol.isNegated === true)) {
      throw new TypeError('a match without its protocol reached the encoder');
    }
  }
}

/** A range that holds every address asks nothing: iptables does not print it. */
function formatRange(flag: '-s' | '-d', range: Wanted<Cidr>): string {
  if (!range.value.endsWith('/0')) return `${not(range)}${flag} ${range.value} `;
  if (range.isNegated === true) throw new TypeError('a rule that matches nothing reached the encoder');
  return '';
}

function formatInterface(match: InterfaceMatch): string {
  if (!isSafeInterface(match.name)) throw new TypeError('an unsafe interface name reached the encoder');
  return match.isPrefix ? `${match.name}+` : match.name;
}

function formatMatch(match: ModuleMatch): string {
  switch (match.kind) {
    case 'ports':
      return formatPorts(match.protocol, match.end, match.ports, not(match));
    case 'icmp':
      return match.family === 4
        ? `-m icmp ${not(match)}--icmp-type ${formatIcmp(match.icmp)}`
        : `-m icmp6 ${not(match)}--icmpv6-type ${formatIcmp(match.icmp)}`;
    case 'set':
      return `-m set ${not(match)}--match-set ${match.name} ${match.fields}`;
    case 'mark':
      return `-m mark ${not(match)}--mark ${formatMark(match.value, match.mask)}`;
    case 'state':
      return `-m conntrack ${not(match)}--ctstate ${match.states.join(',')}`;
    case 'originalDestination':
      return `-m conntrack --ctorigdst ${match.address}`;
    case 'local':
      return `-m addrtype --${match.end === 'source' ? 'src' : 'dst'}-type LOCAL`;
    case 'random':
      return `-m statistic --mode random --probability ${formatProbability(match.probability)}`;
    case 'recentCheck':
      return `-m recent --rcheck --seconds ${match.seconds} --reap ${formatRecentList(match.list, match.family)}`;
    case 'recentSet':
      return `-m recent --set ${formatRecentList(match.list, match.family)}`;
  }
}

function formatPorts(
  protocol: Protocol,
  end: 'source' | 'destination',
  ports: readonly PortRange[],
  negation: string,
): string {
  if (!hasPorts(protocol)) throw new TypeError('ports of a protocol that has none reached the encoder');
  const letter = end === 'source' ? 's' : 'd';
  const list = ports.map((range) => (range.first === range.last ? `${range.first}` : `${range.first}:${range.last}`));
  // UDPLite has no match of its own for ports.
  if (list.length === 1 && protocol !== UDPLITE) {
    return `-m ${formatProtocol(protocol)} ${negation}--${letter}port ${list[0]}`;
  }
  return `-m multiport ${negation}--${letter}ports ${list.join(',')}`;
}

function formatIcmp(icmp: IcmpMatch): string {
  return icmp.code === undefined ? `${icmp.type}` : `${icmp.type}/${icmp.code}`;
}

function formatRecentList(list: string, family: IpFamily): string {
  const mask = family === 4 ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  return `--name ${list} --mask ${mask} --rsource`;
}

function formatMark(value: number, mask: number): string {
  return `0x${value.toString(16)}/0x${mask.toString(16)}`;
}

export function protocolName(protocol: Protocol): string {
  if (protocol === TCP) return 'tcp';
  if (protocol === UDP) return 'udp';
  if (protocol === ICMP) return 'icmp';
  if (protocol === ICMPV6) return 'ipv6-icmp';
  return formatProtocol(protocol);
}

function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'accept':
      return '-j ACCEPT';
    case 'drop':
      return '-j DROP';
    case 'return':
      return '-j RETURN';
    case 'masquerade':
      return '-j MASQUERADE --random-fully';
    case 'noTrack':
      return '-j CT --notrack';
    case 'log':
      return '-j LOG --log-prefix "polyplane: "';
    case 'reject':
      return `-j REJECT --reject-with ${target.family === 4 ? 'icmp' : 'icmp6'}-port-unreachable`;
    case 'mark':
      return `-j MARK --set-xmark ${formatMark(target.value, target.mask)}`;
    case 'snat':
      return `-j SNAT --to-source ${target.address}`;
    case 'dnat':
      if (target.port === undefined) return `-j DNAT --to-destination ${target.address}`;
      return target.address.includes(':')
        ? `-j DNAT --to-destination [${target.address}]:${target.port}`
        : `-j DNAT --to-destination ${target.address}:${target.port}`;
  }
}
