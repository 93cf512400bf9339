/** How the text of one rule meets a packet: the matches of netfilter, as far as the rendered rules use them. */
import {
  cidrContains,
  formatProtocol,
  hasPorts,
  ICMPV6,
  type IcmpMatch,
  type IpAddress,
  type Protocol,
  parseCidr,
  parseProtocol,
} from '@polyplane/core/backend';
import type { KernelSet } from '../render/ruleset';

/** The host that the rules are on. */
export interface ModelHost {
  readonly addresses: readonly IpAddress[];
  readonly uplink: string;
}

/** A packet on its way; every random choice of a rule makes two of it. */
export interface Walker {
  readonly protocol: Protocol;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly originalDestination: IpAddress;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly icmp: IcmpMatch | undefined;
  readonly inInterface: string;
  readonly outInterface: string;
  readonly mark: number;
  readonly isTranslated: boolean;
  readonly isUntracked: boolean;
  readonly isMasqueraded: boolean;
  /** What SNAT made of the source. */
  readonly translatedSource: IpAddress | undefined;
}

/** What a rule does with a packet. */
export interface MatchResult {
  readonly matches: boolean;
  /** It matches by chance, and could as well not. */
  readonly mayFail: boolean;
  /** The target with its options, beginning with `-j` or `-g`; empty where it does not match. */
  readonly target: readonly string[];
}

const NO_MATCH: MatchResult = { matches: false, mayFail: false, target: [] };

/** Options that say nothing about the packet. */
const SETTINGS: ReadonlySet<string> = new Set([
  '--mode',
  '--probability',
  '--seconds',
  '--reap',
  '--name',
  '--mask',
  '--rsource',
  '--set',
]);
/** Options without a value. */
const FLAGS: ReadonlySet<string> = new Set(['--rcheck', '--reap', '--set', '--rsource']);

/** Matches packets against rules that stand on one host and name its sets. */
export class RuleMatcher {
  constructor(
    private readonly sets: ReadonlyMap<string, KernelSet>,
    private readonly host: ModelHost,
  ) {}

  match(rule: string, walker: Walker): MatchResult {
    const words = rule.match(/"[^"]*"|\S+/g) ?? [];
    let isNegated = false;
    let mayFail = false;
    for (let index = 0; index < words.length; index++) {
      const word = words[index] ?? '';
      if (word === '-j' || word === '-g') return { matches: true, mayFail, target: words.slice(index) };
      if (word === '!') {
        isNegated = true;
        continue;
      }
      if (word === '-m') {
        index += 1;
        continue;
      }
      const value = words[index + 1] ?? '';
      index += FLAGS.has(word) ? 0 : 1;
      // No client was seen before.
      if (word === '--rcheck') return NO_MATCH;
      if (word === '--probability') mayFail = true;
      if (SETTINGS.has(word)) continue;
      const fields = word === '--match-set' ? words[++index] : '';
      if (this.test(word, value, fields ?? '', walker) === isNegated) return NO_MATCH;
      isNegated = false;
    }
    throw new Error(`a rule without a target: ${rule}`);
  }

  /** The host itself has this address. */
  isLocal(address: IpAddress): boolean {
    return this.host.addresses.includes(address) || address.startsWith('127.') || address === '::1';
  }

  private test(option: string, value: string, fields: string, walker: Walker): boolean {
    const inPorts = (port: number | undefined): boolean =>
      port !== undefined &&
      value.split(',').some((range) => {
        const [first = 0, last = first] = range.split(':').map(Number);
        return first <= port && port <= last;
      });
    switch (option) {
      case '-s':
        return cidrContains(parseCidr(value), walker.source);
      case '-d':
        return cidrContains(parseCidr(value), walker.destination);
      case '-i':
        return isInterface(value, walker.inInterface);
      case '-o':
        return isInterface(value, walker.outInterface);
      case '-p':
        return parseProtocol(value === 'ipv6-icmp' ? ICMPV6 : value) === walker.protocol;
      case '--sport':
      case '--sports':
        return inPorts(walker.sourcePort);
      case '--dport':
      case '--dports':
        return inPorts(walker.destinationPort);
      case '--icmp-type':
      case '--icmpv6-type': {
        const [type, code] = value.split('/').map(Number);
        return walker.icmp?.type === type && (code === undefined || walker.icmp?.code === code);
      }
      case '--match-set':
        return this.isMember(value, fields, walker);
      case '--mark': {
        const [bits = 0, mask = 0] = value.split('/').map(Number);
        return (walker.mark & mask) >>> 0 === bits;
      }
      case '--ctstate':
        return value.split(',').some((state) => isInState(state, walker));
      case '--ctorigdst':
        return walker.originalDestination === value;
      case '--src-type':
        return this.isLocal(walker.source);
      case '--dst-type':
        return this.isLocal(walker.destination);
      default:
        throw new Error(`unknown option ${option}`);
    }
  }

  private isMember(name: string, fields: string, walker: Walker): boolean {
    const set = this.sets.get(name);
    if (set === undefined) throw new Error(`no set ${name}`);
    const address = fields.startsWith('src') ? walker.source : walker.destination;
    const port = fields.startsWith('src') ? walker.sourcePort : walker.destinationPort;
    const element = `${formatProtocol(walker.protocol)}:${port ?? 0}`;
    for (const member of set.members) {
      const [first = '', second, third] = member.split(',');
      if (!inRange(first, address)) continue;
      if (second !== undefined && (second !== element || !hasPorts(walker.protocol))) continue;
      if (third !== undefined && !inRange(third, walker.source)) continue;
      return true;
    }
    return false;
  }
}

function inRange(range: string, address: IpAddress): boolean {
  return cidrContains(parseCidr(range), address);
}

function isInterface(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function isInState(state: string, walker: Walker): boolean {
  if (state === 'NEW') return !walker.isUntracked;
  if (state === 'UNTRACKED') return walker.isUntracked;
  return state === 'DNAT' && walker.isTranslated;
}
