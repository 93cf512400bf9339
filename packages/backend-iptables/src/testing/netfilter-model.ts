/** A model of netfilter, as far as the rendered rules use it: it runs the first packet of a flow through their text. */
import {
  cidrContains,
  type DesiredState,
  formatProtocol,
  hasPorts,
  ICMPV6,
  type IcmpMatch,
  type IpAddress,
  type Protocol,
  parseCidr,
  parseIpAddress,
  parseProtocol,
} from '@polyplane/core/backend';
import type { BaseChain, FamilyRules, KernelSet, Ruleset, TableName } from '../render/ruleset';

/** A packet as its sender sends it. */
export interface ModelPacket {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: Protocol;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmp?: IcmpMatch;
  /** Absent: a process of the host sends it. */
  readonly inInterface?: string;
}

/** The host that the rules are on. */
export interface ModelHost {
  readonly address: IpAddress;
  readonly uplink: string;
}

/** A packet on its way; every random choice of a rule makes two of it. */
interface Walker {
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

type ChainEnd = 'accept' | 'drop' | 'reject' | 'fallThrough';

/** Runs IPv4 packets through the rules' text, by the kernel's hooks in their order. */
export class NetfilterModel {
  private readonly rules: FamilyRules;
  private readonly sets: ReadonlyMap<string, KernelSet>;
  private readonly interfaces: ReadonlyMap<string, string>;

  constructor(
    ruleset: Ruleset,
    state: DesiredState,
    private readonly host: ModelHost,
  ) {
    const rules = ruleset.families.get(4);
    if (rules === undefined) throw new Error('nothing was rendered');
    this.rules = rules;
    this.sets = ruleset.sets;
    this.interfaces = new Map(
      [...state.workloads.values()].map(({ addresses, interfaceName }) => [addresses.join(), interfaceName]),
    );
  }

  /**
   * Every way the packet can go, as text: `allow 10.0.0.2:80`, `allow 10.0.0.2:80 masqueraded`, `drop`, `reject`; sorted,
   * each once.
   */
  outcomes(packet: ModelPacket): readonly string[] {
    const walker: Walker = {
      protocol: packet.protocol,
      source: packet.source,
      destination: packet.destination,
      originalDestination: packet.destination,
      sourcePort: packet.sourcePort,
      destinationPort: packet.destinationPort,
      icmp: packet.icmp,
      inInterface: packet.inInterface ?? '',
      outInterface: '',
      mark: 0,
      isTranslated: false,
      isUntracked: false,
      isMasqueraded: false,
      translatedSource: undefined,
    };
    const found = packet.inInterface === undefined ? this.fromHost(walker) : this.fromInterface(walker);
    return [...new Set(found)].sort();
  }

  private fromInterface(walker: Walker): readonly string[] {
    return this.through(walker, ['raw', 'mangle', 'nat'], 'PREROUTING', (routed) => {
      const outInterface = this.route(routed);
      const isToHost = outInterface === 'lo';
      const next = { ...routed, outInterface: isToHost ? '' : outInterface };
      return this.through(next, ['mangle', 'filter'], isToHost ? 'INPUT' : 'FORWARD', (passed) =>
        isToHost
          ? [this.arrived(passed)]
          : this.through(passed, ['mangle', 'nat'], 'POSTROUTING', (left) => [this.arrived(left)]),
      );
    });
  }

  private fromHost(walker: Walker): readonly string[] {
    const first = { ...walker, outInterface: this.route(walker) };
    return this.through(first, ['raw', 'mangle', 'nat'], 'OUTPUT', (translated) => {
      const next = { ...translated, outInterface: this.route(translated) };
      return this.through(next, ['filter'], 'OUTPUT', (passed) =>
        this.through(passed, ['mangle', 'nat'], 'POSTROUTING', (left) =>
          left.outInterface === 'lo'
            ? this.backToHost({ ...left, inInterface: 'lo', outInterface: '' })
            : [this.arrived(left)],
        ),
      );
    });
  }

  /** What the host sends to itself comes in again; its flow is known, so nothing is translated a second time. */
  private backToHost(walker: Walker): readonly string[] {
    return this.through(walker, ['raw', 'mangle'], 'PREROUTING', (routed) =>
      this.through(routed, ['filter'], 'INPUT', (passed) => [this.arrived(passed)]),
    );
  }

  private arrived({ destination, destinationPort, isMasqueraded, translatedSource }: Walker): string {
    return formatAllowed(destination, destinationPort, isMasqueraded, translatedSource);
  }

  private route({ destination }: Walker): string {
    return this.interfaces.get(destination) ?? (this.isLocal(destination) ? 'lo' : this.host.uplink);
  }

  private through(
    walker: Walker,
    tables: readonly TableName[],
    base: BaseChain,
    next: (walker: Walker) => readonly string[],
  ): readonly string[] {
    const [table, ...rest] = tables;
    if (table === undefined) return next(walker);
    const chain = this.rules[table].hooks.get(base);
    // Without connection tracking there is no translation.
    if (chain === undefined || (table === 'nat' && walker.isUntracked)) return this.through(walker, rest, base, next);
    return this.walk(table, chain, walker).flatMap(([end, passed]) =>
      end === 'drop' || end === 'reject' ? [end] : this.through(passed, rest, base, next),
    );
  }

  /** Every way through a chain. */
  private walk(table: TableName, chain: string, start: Walker): readonly (readonly [ChainEnd, Walker])[] {
    const rules = [...this.rules[table].chains].find(([name]) => name === chain)?.[1];
    if (rules === undefined) throw new Error(`${table} has no chain ${chain}`);
    const ends: (readonly [ChainEnd, Walker])[] = [];
    let walkers: readonly Walker[] = [start];
    for (const rule of rules) {
      const going: Walker[] = [];
      for (const walker of walkers) {
        const { matches, mayFail, target } = this.read(rule, walker);
        if (!matches || mayFail) going.push(walker);
        if (!matches) continue;
        for (const [end, after] of this.hit(table, target, walker)) {
          if (end === 'next') going.push(after);
          else ends.push([end, after]);
        }
      }
      walkers = going;
    }
    for (const walker of walkers) ends.push(['fallThrough', walker]);
    return ends;
  }

  private hit(
    table: TableName,
    target: readonly string[],
    walker: Walker,
  ): readonly (readonly [ChainEnd | 'next', Walker])[] {
    const [flag, name = '', , value = ''] = target;
    if (flag === '-g') return this.walk(table, name, walker);
    switch (name) {
      case 'ACCEPT':
        return [['accept', walker]];
      case 'DROP':
        return [['drop', walker]];
      case 'RETURN':
        return [['fallThrough', walker]];
      case 'REJECT':
        return [['reject', walker]];
      case 'LOG':
        return [['next', walker]];
      case 'CT':
        return [['next', { ...walker, isUntracked: true }]];
      case 'MASQUERADE':
        return [['accept', { ...walker, isMasqueraded: true }]];
      case 'SNAT':
        return [['accept', { ...walker, translatedSource: parseIpAddress(value) }]];
      case 'MARK': {
        const [bits = 0, mask = 0] = value.split('/').map(Number);
        return [['next', { ...walker, mark: ((walker.mark & ~mask) ^ bits) >>> 0 }]];
      }
      case 'DNAT': {
        const [address = '', port] = value.split(':');
        const destinationPort = port === undefined ? walker.destinationPort : Number(port);
        return [['accept', { ...walker, destination: parseIpAddress(address), destinationPort, isTranslated: true }]];
      }
      default:
        return this.walk(table, name, walker).map(([end, after]) => [end === 'fallThrough' ? 'next' : end, after]);
    }
  }

  /** Whether the rule matches, whether it could as well not, and its target with options. */
  private read(rule: string, walker: Walker): { matches: boolean; mayFail: boolean; target: readonly string[] } {
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
      index += word === '--rcheck' || word === '--reap' || word === '--set' || word === '--rsource' ? 0 : 1;
      if (word === '--rcheck') return { matches: false, mayFail: false, target: [] };
      if (word === '--probability') mayFail = true;
      if (['--mode', '--probability', '--seconds', '--reap', '--name', '--mask', '--rsource', '--set'].includes(word))
        continue;
      const fields = word === '--match-set' ? words[++index] : '';
      if (this.test(word, value, fields ?? '', walker) === isNegated)
        return { matches: false, mayFail: false, target: [] };
      isNegated = false;
    }
    throw new Error(`a rule without a target: ${rule}`);
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
      case '--icmp-type': {
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

  private isLocal(address: IpAddress): boolean {
    return address === this.host.address || address.startsWith('127.');
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

/** How {@link NetfilterModel.outcomes} says that a packet arrives. */
export function formatAllowed(
  address: string,
  port: number | undefined,
  isMasqueraded: boolean,
  translatedSource: string | undefined,
): string {
  const source = isMasqueraded ? ' masqueraded' : translatedSource === undefined ? '' : ` from ${translatedSource}`;
  return `allow ${address}:${port ?? ''}${source}`;
}
