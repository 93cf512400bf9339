/** Policies and profiles as chains, and the chain that walks an endpoint's tiers through them. */
import type {
  DesiredState,
  EndpointTier,
  IpFamily,
  Policy,
  PolicyKey,
  Profile,
  ProfileKey,
} from '@polyplane/core/backend';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain, type SetName } from './names';
import { ALLOW_CHAIN, type CompiledRules, compileRules, PASS_CHAIN } from './policy-rule';
import { formatRule, type RuleText } from './rule-text';
import type { KernelSet } from './ruleset';

/** `ingress`: to the endpoint. */
export type Direction = 'ingress' | 'egress';

/** What stands in the place of a policy that endpoints name and the state does not hold: it drops. */
const ABSENT_POLICY_CHAIN = fixedChain('ABSENT-POLICY');

/** Compiles policies and profiles, each once as long as it does not change. */
export class PolicyCompiler {
  private readonly compiled = new WeakMap<Policy | Profile, Map<string, CompiledRules>>();

  constructor(private readonly marks: Marks) {}

  compile(object: Policy | Profile, direction: Direction, family: IpFamily): CompiledRules {
    let known = this.compiled.get(object);
    if (known === undefined) {
      known = new Map();
      this.compiled.set(object, known);
    }
    const key = `${direction}${family}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const rules = compileRules(object[direction], family, this.marks);
    known.set(key, rules);
    return rules;
  }
}

/** The chains of one table that judge packets by policy. A chain appears when an endpoint's verdict first needs it. */
export class PolicyChains {
  readonly chains = new Map<ChainName, readonly RuleText[]>();
  readonly sets = new Map<SetName, KernelSet>();

  constructor(
    private readonly state: DesiredState,
    private readonly family: IpFamily,
    private readonly marks: Marks,
    private readonly compiler: PolicyCompiler,
  ) {
    this.chains.set(ALLOW_CHAIN, [markRule(marks.accept)]);
    this.chains.set(PASS_CHAIN, [markRule(marks.pass)]);
  }

  /**
   * The chain that judges a packet by tiers and then profiles: it returns with the accept mark set, or drops.
   * Endpoints with equal tiers and profiles share it.
   */
  endpointVerdict(direction: Direction, tiers: readonly EndpointTier[], profiles: readonly ProfileKey[]): ChainName {
    const { accept, pass } = this.marks;
    const undecided = [{ kind: 'mark', value: 0, mask: accept }] as const;
    const profileChains = profiles.flatMap((key) => this.profileChain(key, direction) ?? []);
    return this.verdictChain([
      ...this.tierRules(direction, tiers, 'defaultAction'),
      // A pass of the tier or profile before means nothing to the next.
      ...profileChains.flatMap((chain) => [
        clearRule(pass),
        formatRule({ matches: undecided, target: { kind: 'jump', chain } }),
      ]),
      ...(profileChains.length === 0 ? [] : [acceptedRule(accept)]),
      formatRule({ target: { kind: 'drop' } }),
    ]);
  }

  /**
   * The chain that judges a packet by tiers alone: it returns with the accept mark, or without where nothing decided, or
   * drops. `next`: tiers have no default action.
   */
  tierVerdict(direction: Direction, tiers: readonly EndpointTier[], endOfTier: 'defaultAction' | 'next'): ChainName {
    return this.verdictChain(this.tierRules(direction, tiers, endOfTier));
  }

  private verdictChain(rules: readonly RuleText[]): ChainName {
    const name = chainOf('EP', rules.join('\n'));
    this.chains.set(name, rules);
    return name;
  }

  private tierRules(
    direction: Direction,
    tiers: readonly EndpointTier[],
    endOfTier: 'defaultAction' | 'next',
  ): readonly RuleText[] {
    const { accept, pass } = this.marks;
    const undecided = [{ kind: 'mark', value: 0, mask: accept | pass }] as const;
    const notPassed = [{ kind: 'mark', value: 0, mask: pass }] as const;
    const rules: RuleText[] = [clearRule(accept | pass)];
    this.enforcedTiers(direction, tiers).forEach((tier, index) => {
      if (index > 0) rules.push(clearRule(pass));
      for (const chain of tier.chains) rules.push(formatRule({ matches: undecided, target: { kind: 'jump', chain } }));
      rules.push(acceptedRule(accept));
      if (tier.defaultAction === 'deny' && endOfTier === 'defaultAction') {
        rules.push(formatRule({ matches: notPassed, target: { kind: 'drop' } }));
      }
    });
    return rules;
  }

  /** For one direction, a tier without an enforced policy does not exist. */
  private enforcedTiers(
    direction: Direction,
    tiers: readonly EndpointTier[],
  ): readonly { readonly defaultAction: EndpointTier['defaultAction']; readonly chains: readonly ChainName[] }[] {
    return tiers.flatMap((tier) => {
      const chains = tier[direction].flatMap((key) => this.policyChain(key, direction) ?? []);
      return chains.length === 0 ? [] : [{ defaultAction: tier.defaultAction, chains }];
    });
  }

  private policyChain(key: PolicyKey, direction: Direction): ChainName | undefined {
    const policy = this.state.policies.get(key);
    if (policy === undefined) return this.absentPolicyChain();
    return policy.isStaged ? undefined : this.rulesChain(policy, direction);
  }

  private absentPolicyChain(): ChainName {
    this.chains.set(ABSENT_POLICY_CHAIN, [formatRule({ target: { kind: 'drop' } })]);
    return ABSENT_POLICY_CHAIN;
  }

  private profileChain(key: ProfileKey, direction: Direction): ChainName | undefined {
    const profile = this.state.profiles.get(key);
    return profile === undefined ? undefined : this.rulesChain(profile, direction);
  }

  private rulesChain(object: Policy | Profile, direction: Direction): ChainName {
    const name = rulesChainName(object, direction);
    if (this.chains.has(name)) return name;
    const compiled = this.compiler.compile(object, direction, this.family);
    this.chains.set(name, compiled.rules);
    for (const [block, rules] of compiled.blocks) this.chains.set(block, rules);
    for (const [setName, set] of compiled.sets) this.sets.set(setName, set);
    return name;
  }
}

/** The chain of a policy's or a profile's rules. */
export function rulesChainName({ type, key }: Policy | Profile, direction: Direction): ChainName {
  return chainOf(`${type === 'policy' ? 'P' : 'R'}${direction === 'ingress' ? 'I' : 'E'}`, key);
}

/** Clears the given bits of the packet's mark. */
export function clearRule(bits: number): RuleText {
  return formatRule({ target: { kind: 'mark', value: 0, mask: bits } });
}

function markRule(bit: number): RuleText {
  return formatRule({ target: { kind: 'mark', value: bit, mask: bit } });
}

function acceptedRule(accept: number): RuleText {
  return formatRule({ matches: [{ kind: 'mark', value: accept, mask: accept }], target: { kind: 'return' } });
}
