/** A model of netfilter, as far as the rendered rules use it: it runs the first packet of a flow through their text. */
import {
  type DesiredState,
  type IcmpMatch,
  type IpAddress,
  type IpFamily,
  type Protocol,
  parseIpAddress,
} from '@polyplane/core/backend';
import type { BaseChain, FamilyRules, Ruleset, TableName } from '../render/ruleset';
import { type ModelHost, RuleMatcher, type Walker } from './netfilter-match';

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

type ChainEnd = 'accept' | 'drop' | 'reject' | 'fallThrough';

/** Runs packets of one family through the rules' text, by the kernel's hooks in their order. */
export class NetfilterModel {
  private readonly rules: FamilyRules;
  private readonly matcher: RuleMatcher;
  private readonly interfaces: ReadonlyMap<string, string>;

  constructor(
    ruleset: Ruleset,
    family: IpFamily,
    state: DesiredState,
    private readonly host: ModelHost,
  ) {
    const rules = ruleset.families.get(family);
    if (rules === undefined) throw new Error('nothing was rendered');
    this.rules = rules;
    this.matcher = new RuleMatcher(ruleset.sets, host);
    this.interfaces = new Map(
      [...state.workloads.values()].flatMap(({ addresses, interfaceName }) =>
        addresses.map((address) => [address, interfaceName]),
      ),
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
    return this.through(first, ['raw', 'mangle', 'nat', 'filter'], 'OUTPUT', (passed) => {
      // What was translated is routed anew, but every chain of OUTPUT is told the interface that was routed first.
      const rerouted = { ...passed, outInterface: this.route(passed) };
      return this.through(rerouted, ['mangle', 'nat'], 'POSTROUTING', (left) =>
        left.outInterface === 'lo'
          ? this.backToHost({ ...left, inInterface: 'lo', outInterface: '' })
          : [this.arrived(left)],
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
    return this.interfaces.get(destination) ?? (this.matcher.isLocal(destination) ? 'lo' : this.host.uplink);
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
        const { matches, mayFail, target } = this.matcher.match(rule, walker);
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
        const [, six, four, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(value) ?? [];
        const address = six ?? four ?? value;
        const destinationPort = port === undefined ? walker.destinationPort : Number(port);
        return [['accept', { ...walker, destination: parseIpAddress(address), destinationPort, isTranslated: true }]];
      }
      default:
        return this.walk(table, name, walker).map(([end, after]) => [end === 'fallThrough' ? 'next' : end, after]);
    }
  }
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
