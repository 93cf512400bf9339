/** The policy programs of Calico's Felix, read from their files and put into the terms of the desired state. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import {
  addressBits,
  addressPortOf,
  type DesiredObject,
  type EndpointTier,
  type HostEndpoint,
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
import { buildIpSet, buildPolicy, buildProfile, buildRule, buildTier, ipSetKey, nets } from './desired-objects';

/** The files' form: suites/README.md. */
export interface FelixProgram {
  readonly id: string;
  readonly title: string;
  /** The program is of one family, and so is every packet that it sees. */
  readonly ipVersion: 4 | 6;
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

/** One end of a program's packet, as the suite writes it. */
export interface FelixAddress {
  readonly ip: string;
  readonly port?: number;
  readonly protocol?: string | number;
}

/** One packet that a program sees, and the verdict it must give. */
export interface FelixProbe {
  readonly from: FelixAddress;
  readonly to: FelixAddress & { readonly protocol: string | number };
  readonly preDNAT?: FelixAddress;
  readonly fromHost?: boolean;
  readonly toHost?: boolean;
  readonly icmp?: { readonly type: number; readonly code?: number };
  readonly expect: { readonly verdict: 'allow' | 'deny' | 'unmatched'; readonly matches?: readonly string[] };
}

/** The programs of a folder, by the names of their files. */
export function readFelixPrograms(folder: string): readonly FelixProgram[] {
  return (
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      // The suite's form is fixed, see its README; nothing else is in the folder.
      .map((file) => load(readFileSync(join(folder, file), 'utf8')) as FelixProgram)
      .map((program) => ({ ...program, probes: program.probes.map((probe) => probeOf(probe, program.ipVersion)) }))
  );
}

/** The packet as the program sees it. */
function probeOf({ from, to, preDNAT, ...rest }: FelixProbe, ipVersion: 4 | 6): FelixProbe {
  const seen = <Address extends FelixAddress>(address: Address): Address =>
    ipVersion === 4 && address.ip.includes(':') ? { ...address, ip: firstBytes(address.ip) } : address;
  return { ...rest, from: seen(from), to: seen(to), ...(preDNAT === undefined ? {} : { preDNAT: seen(preDNAT) }) };
}

/** The peer hands addresses over as words of four bytes, of which a program of IPv4 reads the first (its `ipUintFromString`). */
function firstBytes(ip: string): string {
  const bits = addressBits(parseIpAddress(ip)) >> 96n;
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
}

/** A program in the terms of the desired state, its rules in one direction. */
export class FelixConversion {
  readonly objects: DesiredObject[] = [];
  private count = 0;

  constructor(
    readonly program: FelixProgram,
    private readonly direction: 'ingress' | 'egress',
  ) {
    this.objects.push(...setsOf(program.manifests ?? []));
  }

  /** The tiers as an endpoint names them; their policies are added to {@link objects}. */
  tiers(felixTiers: readonly FelixTier[] = []): readonly EndpointTier[] {
    return felixTiers.map(({ name, endAction, policies }) => {
      const defaultAction = endAction === 'Pass' ? 'pass' : 'deny';
      const converted = policies.map((policy) => this.add((key, rules) => buildPolicy(key, rules), policy));
      const both = buildTier(converted, { name, defaultAction });
      const keys = converted.map(({ key }) => key);
      return { ...both, ingress: [], egress: [], [this.direction]: keys };
    });
  }

  /** The keys of these policies as profiles, which are added to {@link objects}. */
  profiles(policies: readonly FelixPolicy[] = []): readonly Profile['key'][] {
    return policies.map((policy) => this.add(buildProfile, policy).key);
  }

  /** Everything of the program that concerns the host's interface. */
  hostTiers(): Pick<HostEndpoint, 'tiers' | 'forwardTiers' | 'preDnatTiers' | 'untrackedTiers' | 'profiles'> {
    const { hostNormal, hostForward, hostPreDNAT, untracked, hostProfiles } = this.program.tiers;
    return {
      tiers: this.tiers(hostNormal),
      forwardTiers: this.tiers(hostForward),
      preDnatTiers: this.tiers(hostPreDNAT),
      untrackedTiers: this.tiers(untracked),
      profiles: this.profiles(hostProfiles),
    };
  }

  private add<T extends Policy | Profile>(
    build: (key: string, rules: Partial<Record<'ingress' | 'egress', readonly Rule[]>>) => T,
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

/** A probe as a line of text. */
export function formatFelixProbe({ from, to, preDNAT, fromHost, toHost, icmp }: FelixProbe): string {
  const end = ({ ip, port }: FelixAddress): string => (port === undefined ? ip : `${ip}:${port}`);
  const before = preDNAT === undefined ? '' : `${end(preDNAT)} -> `;
  const host = fromHost === true ? ', from the host' : toHost === true ? ', to the host' : '';
  return `${to.protocol} ${end(from)} -> ${before}${end(to)}${icmp === undefined ? '' : ` type ${icmp.type}`}${host}`;
}
