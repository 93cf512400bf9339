/** Whether a rule matches a packet: each criterion becomes one test when the rule is compiled. */
import { ICMP, ICMPV6, type IcmpMatch, type PortRange, type Rule, type RuleEnd } from '../state';
import { NetSet } from './address-value';
import type { Flow } from './flow';
import type { SetTable } from './set-table';

/** A rule ready to be asked; `packets` counts those that it matched. */
export class CompiledRule {
  packets = 0;
  private readonly tests: readonly Test[];

  constructor(
    readonly rule: Rule,
    sets: SetTable,
  ) {
    this.tests = [
      ...protocolTests(rule),
      ...endTests(rule.source, 'source', sets),
      ...endTests(rule.destination, 'destination', sets),
    ];
  }

  /** True when everything that the rule sets holds; the packet is then counted. */
  matches(flow: Flow): boolean {
    for (const test of this.tests) if (!test(flow)) return false;
    this.packets += 1;
    return true;
  }
}

type Test = (flow: Flow) => boolean;
type End = 'source' | 'destination';

function* protocolTests(rule: Rule): Iterable<Test> {
  const { family, protocol, notProtocol, icmp, notIcmp } = rule;
  if (family !== undefined) yield (flow) => flow.family === family;
  if (protocol !== undefined) yield (flow) => flow.protocol === protocol;
  if (notProtocol !== undefined) yield (flow) => flow.protocol !== notProtocol;
  if (icmp !== undefined) yield (flow) => isIcmp(flow, icmp);
  if (notIcmp !== undefined) yield (flow) => !isIcmp(flow, notIcmp);
}

function* endTests(end: RuleEnd, at: End, sets: SetTable): Iterable<Test> {
  if (end.nets.length > 0) {
    const nets = NetSet.of(end.nets);
    yield (flow) => nets.contains(flow[at].value);
  }
  if (end.notNets.length > 0) {
    const nets = NetSet.of(end.notNets);
    yield (flow) => !nets.contains(flow[at].value);
  }
  for (const key of end.ipSets) yield (flow) => sets.hasAddress(key, flow[at].value);
  for (const key of end.notIpSets) yield (flow) => !sets.hasAddress(key, flow[at].value);
  for (const key of end.addressPortSets) yield (flow) => sets.hasAddressPort(key, flow[at].addressPort);
  yield* portTests(end, at, sets);
}

function* portTests(end: RuleEnd, at: End, sets: SetTable): Iterable<Test> {
  const { ports, namedPorts, notPorts, notNamedPorts } = end;
  const isAmong = (flow: Flow, ranges: readonly PortRange[], names: RuleEnd['namedPorts']): boolean => {
    const { port, addressPort } = flow[at];
    if (port !== undefined && ranges.some((range) => range.first <= port && port <= range.last)) return true;
    return names.some((key) => sets.hasAddressPort(key, addressPort));
  };
  if (ports.length + namedPorts.length > 0) yield (flow) => isAmong(flow, ports, namedPorts);
  if (notPorts.length + notNamedPorts.length > 0) yield (flow) => !isAmong(flow, notPorts, notNamedPorts);
}

function isIcmp(flow: Flow, wanted: IcmpMatch): boolean {
  if (flow.icmp === undefined || (flow.protocol !== ICMP && flow.protocol !== ICMPV6)) return false;
  if (flow.icmp.type !== wanted.type) return false;
  return wanted.code === undefined || (flow.icmp.code ?? 0) === wanted.code;
}
