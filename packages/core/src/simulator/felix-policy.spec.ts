/**
 * The policy programs of Calico's Felix with the packets they were tried with, judged by the simulator. A program stands
 * for what one interface does: here it becomes a node on which exactly its policies decide.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  addressPortOf,
  type DesiredObject,
  type EndpointTier,
  type HostEndpoint,
  type IpAddress,
  type Policy,
  type Port,
  type PortRange,
  type Profile,
  parseIpAddress,
  parseProtocol,
  type Rule,
  type RuleAction,
  type RuleEnd,
} from '../state';
import {
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildProfile,
  buildRule,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  stateOf,
} from '../testing/desired-objects';
import type { Judgement, Packet, PacketEntry, TraceStep } from './packet';
import type { Direction } from './policy-table';
import { NodeSimulator } from './simulator';

const SUITE = join(__dirname, '../../../conformance/suites/felix-policy');

/** The files' form: suites/README.md. */
interface FelixProgram {
  readonly id: string;
  readonly title: string;
  readonly interface: 'workload' | 'host';
  readonly stage: 'tc' | 'xdp';
  readonly manifests?: readonly FelixManifest[];
  readonly tiers: Partial<
    Record<'workload' | 'hostPreDNAT' | 'hostForward' | 'hostNormal' | 'untracked', FelixTier[]>
  > & {
    readonly hostProfiles?: readonly FelixPolicy[];
  };
  readonly probes: readonly FelixProbe[];
}

interface FelixManifest {
  readonly kind: string;
  readonly metadata: { readonly labels?: { readonly set?: string } };
  readonly spec: {
    readonly nets?: readonly string[];
    readonly expectedIPs?: readonly string[];
    readonly ports?: readonly { readonly name: string; readonly protocol: string | number; readonly port: number }[];
  };
}

interface FelixTier {
  readonly name: string;
  readonly endAction: 'Deny' | 'Pass';
  readonly endId?: string;
  readonly policies: readonly FelixPolicy[];
}

interface FelixPolicy {
  readonly name: string;
  readonly rules: readonly FelixRule[];
}

interface FelixRule {
  readonly action: string;
  readonly id?: string;
  readonly ipVersion?: 4 | 6;
  readonly protocol?: string | number;
  readonly notProtocol?: string | number;
  readonly icmp?: Rule['icmp'];
  readonly notICMP?: Rule['icmp'];
  readonly source?: FelixEnd;
  readonly destination?: FelixEnd;
}

interface FelixEnd {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly selector?: string;
  readonly notSelector?: string;
  readonly ports?: readonly (number | string)[];
  readonly notPorts?: readonly (number | string)[];
}

interface FelixAddress {
  readonly ip: string;
  readonly port?: number;
  readonly protocol?: string | number;
}

interface FelixProbe {
  readonly from: FelixAddress;
  readonly to: FelixAddress & { readonly protocol: string | number };
  readonly preDNAT?: FelixAddress;
  readonly fromHost?: boolean;
  readonly toHost?: boolean;
  readonly icmp?: Packet['icmp'];
  readonly expect: { readonly verdict: 'allow' | 'deny' | 'unmatched'; readonly matches?: readonly string[] };
}

/** A program in the terms of the desired state, its rules in one direction. */
class Conversion {
  readonly objects: DesiredObject[] = [];
  private count = 0;

  constructor(
    readonly program: FelixProgram,
    private readonly direction: Direction,
  ) {
    this.objects.push(...setsOf(program.manifests ?? []));
  }

  tiers(felixTiers: readonly FelixTier[] = []): readonly EndpointTier[] {
    return felixTiers.map(({ name, endAction, policies }) => {
      const defaultAction = endAction === 'Pass' ? 'pass' : 'deny';
      const converted = policies.map((policy) => this.add((key, rules) => buildPolicy(key, rules), policy));
      const both = buildTier(converted, { name, defaultAction });
      const keys = converted.map(({ key }) => key);
      return { ...both, ingress: [], egress: [], [this.direction]: keys };
    });
  }

  profiles(policies: readonly FelixPolicy[] = []): readonly Profile['key'][] {
    return policies.map((policy) => this.add(buildProfile, policy).key);
  }

  private add<T extends Policy | Profile>(
    build: (key: string, rules: Partial<Record<Direction, readonly Rule[]>>) => T,
    { rules }: FelixPolicy,
  ): T {
    this.count += 1;
    const built = build(`${this.direction}-${this.count}`, { [this.direction]: rules.map(ruleOf) });
    // A trace names a rule by its field: here by the peer's own id of it.
    const placed = built[this.direction].map((rule, index) => {
      const id = rules[index]?.id;
      return id === undefined ? rule : { ...rule, origin: { ...rule.origin, field: id } };
    });
    const named = { ...built, [this.direction]: placed };
    this.objects.push(named);
    return named;
  }
}

function ruleOf(rule: FelixRule): Rule {
  return buildRule(rule.action.toLowerCase() as RuleAction, {
    ...(rule.ipVersion === undefined ? {} : { family: rule.ipVersion }),
    ...(rule.protocol === undefined ? {} : { protocol: parseProtocol(rule.protocol) }),
    ...(rule.notProtocol === undefined ? {} : { notProtocol: parseProtocol(rule.notProtocol) }),
    ...(rule.icmp === undefined ? {} : { icmp: rule.icmp }),
    ...(rule.notICMP === undefined ? {} : { notIcmp: rule.notICMP }),
    source: endOf(rule.source),
    destination: endOf(rule.destination),
  });
}

function endOf(end: FelixEnd = {}): Partial<RuleEnd> {
  const ports = end.ports ?? [];
  const notPorts = end.notPorts ?? [];
  return {
    nets: nets(...(end.nets ?? [])),
    notNets: nets(...(end.notNets ?? [])),
    ipSets: setKeys(end.selector),
    notIpSets: setKeys(end.notSelector),
    ports: ports.filter(isNumeric).map(rangeOf),
    namedPorts: ports.filter((port) => !isNumeric(port)).map((port) => ipSetKey(`port-${port}`)),
    notPorts: notPorts.filter(isNumeric).map(rangeOf),
    notNamedPorts: notPorts.filter((port) => !isNumeric(port)).map((port) => ipSetKey(`port-${port}`)),
  };
}

/** `set == 'A' || ...` does not occur: a selector names one set, several are joined by `&&`. */
function setKeys(selector = ''): RuleEnd['ipSets'] {
  return [...selector.matchAll(/set == '([^']+)'/g)].map(([, name]) => ipSetKey(`net-${name}`));
}

function isNumeric(port: number | string): boolean {
  return /^\d+(:\d+)?$/.test(String(port));
}

function rangeOf(port: number | string): PortRange {
  const [first = 0, last = first] = String(port).split(':').map(Number);
  // Port 0 occurs, which no parser makes.
  return { first: first as Port, last: last as Port };
}

/** The sets that the manifests make: network sets, and named ports by their name over all endpoints that have it. */
function setsOf(manifests: readonly FelixManifest[]): readonly DesiredObject[] {
  const namedPorts = new Map<string, string[]>();
  for (const { spec } of manifests) {
    for (const { name, protocol, port } of spec.ports ?? []) {
      const members = (spec.expectedIPs ?? []).map((ip) =>
        addressPortOf(parseIpAddress(ip), parseProtocol(protocol), port as Port),
      );
      namedPorts.set(name, [...(namedPorts.get(name) ?? []), ...members]);
    }
  }
  return [
    ...manifests
      .filter(({ kind }) => kind === 'GlobalNetworkSet')
      .map(({ metadata, spec }) => buildIpSet(`net-${metadata.labels?.set}`, 'net', spec.nets ?? [])),
    ...[...namedPorts].map(([name, members]) => buildIpSet(`port-${name}`, 'addressPort', members)),
  ];
}

/** How a probe's packet meets the program. */
type Place = (program: FelixProgram, probe: FelixProbe) => Judgement;

/** The program on the host's interface; what is from or to the host is what its normal policy judges. */
const onHostInterface: Place = (program, probe) => {
  const conversion = new Conversion(program, 'ingress');
  const hostEndpoint = buildHostEndpoint('hep', hostTiers(conversion));
  const isHostTraffic = probe.fromHost === true || probe.toHost === true;
  const settings = buildSettings({ nodeAddresses: isHostTraffic ? [parseIpAddress(probe.to.ip)] : [] });
  return judge([...conversion.objects, hostEndpoint, settings], { kind: 'network' }, probe);
};

/** The program on the interface of a workload that receives the packet. */
const atReceiver: Place = (program, probe) => {
  const conversion = new Conversion(program, 'ingress');
  const workload = buildWorkload('w', probe.to.ip, { tiers: conversion.tiers(program.tiers.workload) });
  const hostEndpoint = buildHostEndpoint('hep', hostTiers(conversion));
  const objects = [...conversion.objects, workload, ...(hasHostPolicy(program) ? [hostEndpoint] : []), buildSettings()];
  return judge(objects, { kind: 'network' }, probe);
};

/** The program on the interface of the workload that sends the packet, to its host if the probe says so. */
const atSender: Place = (program, probe) => {
  const egress = new Conversion(program, 'egress');
  const ingress = new Conversion(program, 'ingress');
  const hostEndpoint = buildHostEndpoint('hep', { preDnatTiers: ingress.tiers(program.tiers.hostPreDNAT) });
  const workload = buildWorkload('w', probe.from.ip, { tiers: egress.tiers(program.tiers.workload) });
  const isHostTraffic = probe.fromHost === true || probe.toHost === true;
  const settings = buildSettings({
    nodeAddresses: isHostTraffic ? [parseIpAddress(probe.to.ip)] : [],
    endpointToHostAction: 'accept',
  });
  const objects = [...ingress.objects, ...egress.objects, hostEndpoint, workload, settings];
  return judge(objects, { kind: 'workload', workload: workload.key }, probe);
};

function hostTiers(conversion: Conversion): Partial<HostEndpoint> {
  const { hostNormal, hostForward, hostPreDNAT, untracked, hostProfiles } = conversion.program.tiers;
  return {
    tiers: conversion.tiers(hostNormal),
    forwardTiers: conversion.tiers(hostForward),
    preDnatTiers: conversion.tiers(hostPreDNAT),
    untrackedTiers: conversion.tiers(untracked),
    profiles: conversion.profiles(hostProfiles),
  };
}

function hasHostPolicy({ tiers }: FelixProgram): boolean {
  return tiers.hostPreDNAT !== undefined || tiers.hostForward !== undefined;
}

/** Where the program can be tried. What is from or to the host meets a workload's policy only as the workload's own. */
function placesOf(program: FelixProgram, probe: FelixProbe): readonly Place[] {
  if (program.interface === 'host') return [onHostInterface];
  if (probe.fromHost === true || probe.toHost === true) return [atSender];
  if (hasHostPolicy(program)) return [atReceiver];
  // No loopback address comes from the network, and none leads out of a workload; what one sends to itself does not either.
  const leaves = probe.to.ip !== '::1' && probe.to.ip !== probe.from.ip;
  return [...(probe.from.ip === '::1' ? [] : [atReceiver]), ...(leaves ? [atSender] : [])];
}

function judge(
  objects: readonly DesiredObject[],
  entry: PacketEntry,
  { from, to, preDNAT, icmp }: FelixProbe,
): Judgement {
  const protocol = parseProtocol(to.protocol);
  const dialled = preDNAT ?? to;
  const endOf = ({ ip, port }: FelixAddress): { address: IpAddress; port: Port } => ({
    address: parseIpAddress(ip),
    port: port as Port,
  });
  const options =
    preDNAT === undefined ? {} : { hostTranslations: [{ protocol, from: endOf(preDNAT), to: endOf(to) }] };
  const packet: Packet = {
    entry,
    source: parseIpAddress(from.ip),
    destination: parseIpAddress(dialled.ip),
    protocol,
    ...(from.port === undefined ? {} : { sourcePort: from.port as Port }),
    ...(dialled.port === undefined ? {} : { destinationPort: dialled.port as Port }),
    ...(icmp === undefined ? {} : { icmp }),
  };
  return new NodeSimulator(stateOf(...objects), options).judge(packet);
}

function stepsOf({ steps, destinations }: Judgement): readonly TraceStep[] {
  return [...steps, ...destinations.flatMap((destination) => destination.steps)];
}

/** The verdict in the peer's terms: its early stage says of what it leaves to later ones that it is unmatched. */
function verdictOf(program: FelixProgram, judgement: Judgement): string {
  if (program.stage === 'tc') return judgement.verdict;
  const decision = stepsOf(judgement).find(({ stage }) => stage === 'untracked');
  return decision?.outcome ?? 'unmatched';
}

/** The rules and tier ends that the packet met, by the peer's ids. */
function matchesOf({ tiers }: FelixProgram, judgement: Judgement): readonly string[] {
  const ends = new Map((tiers.workload ?? []).map(({ name, endId }) => [`end of tier ${name}`, endId]));
  const policySteps = stepsOf(judgement).filter(({ stage }) => stage.endsWith('Policy'));
  return policySteps.map(({ rule = '' }) => (rule === 'no profile matched' ? 'no-profile' : (ends.get(rule) ?? rule)));
}

function titleOf({ from, to, preDNAT, fromHost, toHost, icmp }: FelixProbe): string {
  const end = ({ ip, port }: FelixAddress): string => (port === undefined ? ip : `${ip}:${port}`);
  const before = preDNAT === undefined ? '' : `${end(preDNAT)} -> `;
  const host = fromHost === true ? ', from the host' : toHost === true ? ', to the host' : '';
  return `${to.protocol} ${end(from)} -> ${before}${end(to)}${icmp === undefined ? '' : ` type ${icmp.type}`}${host}`;
}

describe('Felix’s policy programs', () => {
  const programs = readdirSync(SUITE)
    .filter((file) => file.endsWith('.yaml'))
    // The suite's form is fixed, see its README; nothing else is in the folder.
    .map((file) => parse(readFileSync(join(SUITE, file), 'utf8')) as FelixProgram);

  for (const program of programs) {
    describe(`${program.id}: ${program.title}`, () => {
      for (const probe of program.probes) {
        const { verdict, matches } = probe.expect;
        it(`${titleOf(probe)}: ${verdict}`, () => {
          for (const place of placesOf(program, probe)) {
            const judgement = place(program, probe);
            expect(verdictOf(program, judgement)).to.equal(verdict);
            if (matches !== undefined) expect(matchesOf(program, judgement)).to.deep.equal(matches);
          }
        });
      }
    });
  }
});
