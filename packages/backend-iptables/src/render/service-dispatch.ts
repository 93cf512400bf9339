/** The way from a packet's destination to the chain of its service port: prefix trees of chains in nat. */
import {
  type Cidr,
  type IpAddress,
  type IpFamily,
  type Port,
  type PortRange,
  type Protocol,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import { addressHex, cidrOfHexPrefix } from './address-hex';
import { type ChainName, chainOf } from './names';
import { buildPrefixTree, type PrefixNode } from './prefix-tree';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Wanted } from './rule-text';

/** One leaf: a destination and the rule that leads on from it. */
export interface DispatchEntry {
  /** {@link addressKey}, {@link addressHex} or {@link portKey}: what the tree branches on. */
  readonly key: string;
  readonly rule: RuleText;
}

/** Rules that one chain may hold before it is split. */
const LEAF_SIZE = 16;

const PROTOCOL_LETTERS: ReadonlyMap<Protocol, string> = new Map([
  [TCP, 't'],
  [UDP, 'u'],
  [SCTP, 's'],
  [UDPLITE, 'l'],
]);
const PROTOCOLS_BY_LETTER = new Map([...PROTOCOL_LETTERS].map(([protocol, letter]) => [letter, protocol]));

/** Where a destination stands in the tree of addresses. */
export function addressKey(address: IpAddress, protocol: Protocol, port: Port): string {
  return addressHex(address) + portKey(protocol, port);
}

/** Where a destination stands in the tree of node ports. */
export function portKey(protocol: Protocol, port: Port): string {
  const letter = PROTOCOL_LETTERS.get(protocol);
  if (letter === undefined) throw new TypeError('a service of a protocol without ports reached the renderer');
  return letter + port.toString(16).padStart(4, '0');
}

/**
 * Adds the chains, of `kind`, of a tree over addresses to `chains` and returns the rules that lead into it. Keys begin with
 * {@link addressHex}.
 */
export function renderAddressTree(
  kind: 'IP' | 'FD' | 'FS',
  family: IpFamily,
  entries: readonly DispatchEntry[],
  chains: Map<ChainName, readonly RuleText[]>,
): readonly RuleText[] {
  const addressDigits = family === 4 ? 8 : 32;
  return renderTree(kind, entries, chains, (prefix) => ({
    ...(prefix === '' ? {} : { destination: { value: cidrOfHexPrefix(family, prefix.slice(0, addressDigits)) } }),
    ...portMatchOf(prefix.slice(addressDigits)),
  }));
}

/** The same for the tree over node ports. */
export function renderPortTree(
  entries: readonly DispatchEntry[],
  chains: Map<ChainName, readonly RuleText[]>,
): readonly RuleText[] {
  return renderTree('NP', entries, chains, portMatchOf);
}

type PrefixMatch = { readonly destination?: Wanted<Cidr> } & Pick<RuleSpec, 'protocol' | 'matches'>;

function renderTree(
  kind: string,
  entries: readonly DispatchEntry[],
  chains: Map<ChainName, readonly RuleText[]>,
  matchOf: (prefix: string) => PrefixMatch,
): readonly RuleText[] {
  const root = buildPrefixTree([...entries].sort(byKey), LEAF_SIZE);
  return root === undefined ? [] : [enter(root)];

  function enter(node: PrefixNode<DispatchEntry>): RuleText {
    const chain = chainOf(kind, node.prefix === '' ? 'all' : node.prefix);
    chains.set(chain, [...node.entries.map((entry) => entry.rule), ...node.children.map(enter)]);
    return formatRule({ ...matchOf(node.prefix), target: { kind: 'jump', chain } });
  }
}

/** What `t7d` (protocol letter, then the first digits of the port in hexadecimal) stands for. */
function portMatchOf(prefix: string): Pick<RuleSpec, 'protocol' | 'matches'> {
  const protocol = PROTOCOLS_BY_LETTER.get(prefix.slice(0, 1));
  if (protocol === undefined) return {};
  const digits = prefix.slice(1);
  if (digits === '') return { protocol: { value: protocol } };
  const range = {
    // Digits of a port's own key: within 0-65535.
    first: Number.parseInt(digits.padEnd(4, '0'), 16) as Port,
    last: Number.parseInt(digits.padEnd(4, 'f'), 16) as Port,
  } satisfies PortRange;
  const ports: ModuleMatch = { kind: 'ports', protocol, end: 'destination', ports: [range] };
  return { protocol: { value: protocol }, matches: [ports] };
}

/** No two entries have the same key. */
function byKey(a: DispatchEntry, b: DispatchEntry): number {
  return a.key < b.key ? -1 : 1;
}
