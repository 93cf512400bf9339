/** Whether a rule matches a packet, and if not, why: each criterion becomes one condition when the rule is compiled. */
import { formatProtocol, ICMP, ICMPV6, type IcmpMatch, type PortRange, type Rule, type RuleEnd } from '../state';
import { NetSet } from './address-value';
import type { Flow } from './flow';
import type { SetTable } from './set-table';

/** A rule ready to be asked; `packets` counts those that it matched. */
export class CompiledRule {
  packets = 0;
  private readonly conditions: readonly Condition[];

  constructor(
    readonly rule: Rule,
    sets: SetTable,
  ) {
    this.conditions = [
      ...protocolConditions(rule),
      ...endConditions(rule.source, 'source', sets),
      ...endConditions(rule.destination, 'destination', sets),
    ];
  }

  /** True when everything that the rule sets holds; the packet is then counted. */
  matches(flow: Flow): boolean {
    for (const { holds } of this.conditions) if (!holds(flow)) return false;
    this.packets += 1;
    return true;
  }

  /** What the rule asks of the packet in vain, condition by condition: `port 443 is not 80`. */
  unmet(flow: Flow): readonly string[] {
    return this.conditions.filter(({ holds }) => !holds(flow)).map(({ explain }) => explain(flow));
  }
}

interface Condition {
  holds(flow: Flow): boolean;
  /** Why it does not hold. */
  explain(flow: Flow): string;
}
type End = 'source' | 'destination';

function* protocolConditions(rule: Rule): Iterable<Condition> {
  const { family, protocol, notProtocol, icmp, notIcmp } = rule;
  if (family !== undefined) {
    yield { holds: (flow) => flow.family === family, explain: (flow) => `IPv${flow.family} is not IPv${family}` };
  }
  if (protocol !== undefined) {
    yield {
      holds: (flow) => flow.protocol === protocol,
      explain: (flow) => `protocol ${formatProtocol(flow.protocol)} is not ${formatProtocol(protocol)}`,
    };
  }
  if (notProtocol !== undefined) {
    yield {
      holds: (flow) => flow.protocol !== notProtocol,
      explain: (flow) => `protocol ${formatProtocol(flow.protocol)} is excluded`,
    };
  }
  if (icmp !== undefined) {
    yield {
      holds: (flow) => isIcmp(flow, icmp),
      explain: (flow) => `${formatIcmp(flow.icmp)} is not ${formatIcmp(icmp)}`,
    };
  }
  if (notIcmp !== undefined) {
    yield { holds: (flow) => !isIcmp(flow, notIcmp), explain: () => `${formatIcmp(notIcmp)} is excluded` };
  }
}

function* endConditions(end: RuleEnd, at: End, sets: SetTable): Iterable<Condition> {
  if (end.nets.length > 0) {
    const nets = NetSet.of(end.nets);
    yield {
      holds: (flow) => nets.contains(flow[at].value),
      explain: (flow) => `${at} ${flow[at].address} is not in ${end.nets.join(', ')}`,
    };
  }
  if (end.notNets.length > 0) {
    const nets = NetSet.of(end.notNets);
    yield {
      holds: (flow) => !nets.contains(flow[at].value),
      explain: (flow) => `${at} ${flow[at].address} is in the excluded ${end.notNets.join(', ')}`,
    };
  }
  for (const key of end.ipSets) {
    yield {
      holds: (flow) => sets.hasAddress(key, flow[at].value),
      explain: (flow) => `${at} ${flow[at].address} is not in ${sets.describe(key)}`,
    };
  }
  for (const key of end.notIpSets) {
    yield {
      holds: (flow) => !sets.hasAddress(key, flow[at].value),
      explain: (flow) => `${at} ${flow[at].address} is in the excluded ${sets.describe(key)}`,
    };
  }
  for (const key of end.addressPortSets) {
    yield {
      holds: (flow) => sets.hasAddressPort(key, flow[at].addressPort),
      explain: (flow) => `${at} ${flow[at].addressPort ?? flow[at].address} is not in ${sets.describe(key)}`,
    };
  }
  yield* portConditions(end, at, sets);
}

function* portConditions(end: RuleEnd, at: End, sets: SetTable): Iterable<Condition> {
  const { ports, namedPorts, notPorts, notNamedPorts } = end;
  const isAmong = (flow: Flow, ranges: readonly PortRange[], names: RuleEnd['namedPorts']): boolean => {
    const { port, addressPort } = flow[at];
    if (port !== undefined && ranges.some((range) => range.first <= port && port <= range.last)) return true;
    return names.some((key) => sets.hasAddressPort(key, addressPort));
  };
  const format = (ranges: readonly PortRange[], names: RuleEnd['namedPorts']): string =>
    [...ranges.map(formatRange), ...names.map((key) => sets.describe(key))].join(' or ');
  const portOf = (flow: Flow): string => `${at === 'source' ? 'source port' : 'port'} ${flow[at].port ?? '(none)'}`;
  if (ports.length + namedPorts.length > 0) {
    yield {
      holds: (flow) => isAmong(flow, ports, namedPorts),
      explain: (flow) => `${portOf(flow)} is not ${format(ports, namedPorts)}`,
    };
  }
  if (notPorts.length + notNamedPorts.length > 0) {
    yield {
      holds: (flow) => !isAmong(flow, notPorts, notNamedPorts),
      explain: (flow) => `${portOf(flow)} is among the excluded ${format(notPorts, notNamedPorts)}`,
    };
  }
}

function formatRange({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function formatIcmp(icmp: IcmpMatch | undefined): string {
  if (icmp === undefined) return 'no ICMP';
  return `ICMP type ${icmp.type}${icmp.code === undefined ? '' : ` code ${icmp.code}`}`;
}

function isIcmp(flow: Flow, wanted: IcmpMatch): boolean {
  if (flow.icmp === undefined || (flow.protocol !== ICMP && flow.protocol !== ICMPV6)) return false;
  if (flow.icmp.type !== wanted.type) return false;
  return wanted.code === undefined || (flow.icmp.code ?? 0) === wanted.code;
}
