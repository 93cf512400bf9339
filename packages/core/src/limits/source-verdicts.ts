/** What a workload's ingress policies decide for sets of source addresses, all at once. */
import {
  type AddressPort,
  addressPortOf,
  type Cidr,
  cidrOf,
  type DesiredState,
  type EndpointTier,
  type IpAddress,
  type IpFamily,
  type IpSet,
  type IpSetKey,
  type Policy,
  type PolicyKey,
  type Port,
  type Protocol,
  type Rule,
  type RuleEnd,
  splitAddressPort,
  type WorkloadEndpoint,
} from '../state';
import { AddressRanges } from './address-ranges';

/** What comes in. */
export interface IngressPort {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: Port;
}

/** Sources that all rules treat alike. */
export interface SourceClass {
  readonly sources: AddressRanges;
  readonly isAllowed: boolean;
  /** The policies that were asked, in order; without `rule`: none of the policy's rules matched. */
  readonly steps: readonly PolicyStep[];
}

export interface PolicyStep {
  readonly policy: Policy;
  readonly rule?: Rule;
}

/** Judges sources against the policies of a desired state. Rules' sources are worked out once. */
export class SourceVerdicts {
  private readonly sourcesOfRules = new Map<Rule, AddressRanges>();
  private readonly sets = new Map<IpSetKey, AddressRanges>();
  /** By the sources that were asked about and by what was asked of them. */
  private readonly judged = new Map<AddressRanges, Map<string, readonly SourceClass[]>>();

  constructor(
    private readonly state: DesiredState,
    private readonly family: IpFamily,
  ) {}

  /**
   * Parts `sources` by what happens to a new connection from them to one port of a workload. Ports that the same rules speak of
   * are judged once for the same `sources`.
   */
  judge(workload: WorkloadEndpoint, to: IngressPort, sources: AddressRanges): readonly SourceClass[] {
    const asked = this.askedBy(workload, to);
    const key = JSON.stringify(asked.map((tier) => this.formatAsked(tier)));
    const judged = this.judged.get(sources) ?? new Map<string, readonly SourceClass[]>();
    this.judged.set(sources, judged);
    const known = judged.get(key) ?? this.judgeTiers(asked, sources);
    judged.set(key, known);
    return known;
  }

  private judgeTiers(asked: readonly AskedTier[], sources: AddressRanges): readonly SourceClass[] {
    let undecided: readonly Undecided[] = [{ sources, steps: [] }];
    const decided: SourceClass[] = [];
    for (const tier of asked) {
      const passed: Undecided[] = [];
      for (const part of undecided) this.judgeTier(tier, part, decided, passed);
      undecided = passed;
    }
    // A workload's profile is its namespace's, which lets everyone in.
    for (const part of undecided) decided.push({ ...part, isAllowed: true });
    return decided;
  }

  private judgeTier({ tier, policies }: AskedTier, part: Undecided, decided: SourceClass[], passed: Undecided[]): void {
    let left = part;
    for (const { policy, rules } of policies) {
      for (const rule of rules) {
        if (left.sources.isEmpty) continue;
        const sources = left.sources.intersect(this.sourcesOf(rule));
        if (sources.isEmpty) continue;
        const steps = [...left.steps, { policy, rule }];
        if (rule.action === 'pass') passed.push({ sources, steps });
        else decided.push({ sources, steps, isAllowed: rule.action === 'allow' });
        left = { ...left, sources: left.sources.minus(sources) };
      }
      left = { ...left, steps: [...left.steps, { policy }] };
    }
    if (left.sources.isEmpty) return;
    if (tier.defaultAction === 'pass') passed.push(left);
    else decided.push({ ...left, isAllowed: false });
  }

  /** The policies in force on the workload, and those of their rules that speak of the port. */
  private askedBy({ tiers }: WorkloadEndpoint, to: IngressPort): readonly AskedTier[] {
    return tiers.flatMap((tier): readonly AskedTier[] => {
      const policies = this.enforcedPolicies(tier.ingress).map((policy) => ({
        policy,
        rules: policy.ingress.filter((rule) => rule.action !== 'log' && this.matchesDestination(rule, to)),
      }));
      return policies.length === 0 ? [] : [{ tier, policies }];
    });
  }

  private formatAsked({ tier, policies }: AskedTier): readonly unknown[] {
    const asked = policies.map(({ policy, rules }) => [policy.key, rules.map((rule) => policy.ingress.indexOf(rule))]);
    return [tier.name, tier.defaultAction, asked];
  }

  private enforcedPolicies(keys: readonly PolicyKey[]): readonly Policy[] {
    return keys.flatMap((key) => {
      const policy = this.state.policies.get(key);
      return policy === undefined || policy.isStaged ? [] : [policy];
    });
  }

  private matchesDestination(rule: Rule, { address, protocol, port }: IngressPort): boolean {
    if (rule.family !== undefined && rule.family !== this.family) return false;
    if (rule.protocol !== undefined && rule.protocol !== protocol) return false;
    if (rule.notProtocol === protocol || rule.icmp !== undefined) return false;
    const { destination } = rule;
    const isInRange = (ranges: RuleEnd['ports']) => ranges.some(({ first, last }) => first <= port && port <= last);
    const isInSet = (key: IpSetKey) =>
      this.state.ipSets.get(key)?.members.has(addressPortOf(address, protocol, port)) ?? false;
    if (destination.ports.length + destination.namedPorts.length > 0) {
      if (!isInRange(destination.ports) && !destination.namedPorts.some(isInSet)) return false;
    }
    if (isInRange(destination.notPorts) || destination.notNamedPorts.some(isInSet)) return false;
    if (!destination.addressPortSets.every(isInSet)) return false;
    return asksNothing(destination) || this.addressesOf(destination).has(address);
  }

  private sourcesOf(rule: Rule): AddressRanges {
    const known = this.sourcesOfRules.get(rule);
    if (known !== undefined) return known;
    const sources = this.addressesOf(rule.source);
    this.sourcesOfRules.set(rule, sources);
    return sources;
  }

  /** The addresses that an end asks for. What it asks of source ports, some source port meets. */
  private addressesOf({ nets, notNets, ipSets, notIpSets, addressPortSets }: RuleEnd): AddressRanges {
    let addresses = nets.length === 0 ? AddressRanges.all(this.family) : AddressRanges.of(this.family, nets);
    for (const key of [...ipSets, ...addressPortSets]) addresses = addresses.intersect(this.membersOf(key));
    if (notNets.length > 0) addresses = addresses.minus(AddressRanges.of(this.family, notNets));
    for (const key of notIpSets) addresses = addresses.minus(this.membersOf(key));
    return addresses;
  }

  private membersOf(key: IpSetKey): AddressRanges {
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const set = this.state.ipSets.get(key);
    const addresses = AddressRanges.of(this.family, set === undefined ? [] : rangesOf(set));
    this.sets.set(key, addresses);
    return addresses;
  }
}

function asksNothing({ nets, notNets, ipSets, notIpSets }: RuleEnd): boolean {
  return nets.length + notNets.length + ipSets.length + notIpSets.length === 0;
}

function rangesOf({ kind, members }: IpSet): readonly Cidr[] {
  // A set holds members of its kind.
  if (kind === 'net') return [...members] as readonly Cidr[];
  return Array.from(members, (member) => cidrOf(splitAddressPort(member as AddressPort).address));
}

interface AskedTier {
  readonly tier: EndpointTier;
  readonly policies: readonly { readonly policy: Policy; readonly rules: readonly Rule[] }[];
}

interface Undecided {
  readonly sources: AddressRanges;
  readonly steps: readonly PolicyStep[];
}
