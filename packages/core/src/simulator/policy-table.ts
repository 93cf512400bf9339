/** The node's policies and profiles, compiled, and how tiers of them judge a packet. */
import type {
  EndpointTier,
  HostEndpoint,
  HostEndpointKey,
  ObjectRef,
  Origin,
  Policy,
  PolicyKey,
  Profile,
  ProfileKey,
  Rule,
  WorkloadEndpoint,
  WorkloadKey,
} from '../state';
import type { Flow } from './flow';
import { nearestRule, type Refusal, type Section } from './nearest-rule';
import type { TraceOutcome, TraceStage, TraceStep } from './packet';
import { CompiledRule } from './rule-match';
import type { SetTable } from './set-table';

/** To the endpoint (`ingress`) or from it (`egress`). */
export type Direction = 'ingress' | 'egress';

/** `next`: nothing decided. */
export type PolicyDecision = 'allow' | 'deny' | 'next';

/** What is being judged, and where the trace goes. */
export interface PolicyQuestion {
  readonly stage: TraceStage;
  readonly endpoint: WorkloadKey | HostEndpointKey;
  readonly direction: Direction;
  readonly flow: Flow;
  readonly steps: TraceStep[];
}

/** How often a rule matched since its policy was last put. */
export interface RuleCounter {
  readonly origin: Origin;
  readonly direction: Direction;
  readonly packets: number;
}

/** What happens to a packet that no rule of a tier decided: the tier's default action, or the next tier has its say. */
type EndOfTier = 'defaultAction' | 'next';

interface CompiledPolicy {
  readonly origin: Origin;
  readonly isStaged: boolean;
  readonly ingress: readonly CompiledRule[];
  readonly egress: readonly CompiledRule[];
}

export class PolicyTable {
  private readonly compiled = new Map<PolicyKey | ProfileKey, CompiledPolicy>();

  constructor(
    private readonly sets: SetTable,
    /** Steps tell of rules that did not match, too, and denials of the rule that came nearest to allowing. */
    private readonly tellsUnmatched: boolean,
  ) {}

  put(object: Policy | Profile): void {
    const compile = (rule: Rule): CompiledRule => new CompiledRule(rule, this.sets);
    this.compiled.set(object.key, {
      origin: object.origin,
      isStaged: object.type === 'policy' && object.isStaged,
      ingress: object.ingress.map(compile),
      egress: object.egress.map(compile),
    });
  }

  remove(key: PolicyKey | ProfileKey): void {
    this.compiled.delete(key);
  }

  *counters(): Iterable<RuleCounter> {
    for (const policy of this.compiled.values()) {
      for (const direction of ['ingress', 'egress'] as const) {
        for (const { rule, packets } of policy[direction]) yield { origin: rule.origin, direction, packets };
      }
    }
  }

  /** The tiers, and where none of them decides the profiles. */
  judgeEndpoint({ tiers, profiles }: WorkloadEndpoint | HostEndpoint, question: PolicyQuestion): 'allow' | 'deny' {
    const byTiers = this.firstTier(tiers, question, 'defaultAction');
    const decision = byTiers === 'next' ? this.firstProfile(profiles, question) : byTiers;
    if (decision === 'deny' && this.tellsUnmatched) this.tellNearest(question, tiers, 'defaultAction', profiles);
    return decision;
  }

  /**
   * The tiers in order. A tier without an enforced policy in this direction does not exist; in any other, a packet that
   * no rule decided meets the end of the tier. A policy that is named but not there denies.
   */
  judgeTiers(
    tiers: readonly EndpointTier[],
    question: PolicyQuestion,
    endOfTier: EndOfTier = 'defaultAction',
  ): PolicyDecision {
    const decision = this.firstTier(tiers, question, endOfTier);
    if (decision === 'deny' && this.tellsUnmatched) this.tellNearest(question, tiers, endOfTier);
    return decision;
  }

  private firstTier(tiers: readonly EndpointTier[], question: PolicyQuestion, endOfTier: EndOfTier): PolicyDecision {
    for (const tier of tiers) {
      const decision = this.judgeTier(tier, question, endOfTier);
      if (decision !== 'next') return decision;
    }
    return 'next';
  }

  /** The profiles in order: the first rule that allows or denies; none that does: deny. */
  private firstProfile(profiles: readonly ProfileKey[], question: PolicyQuestion): 'allow' | 'deny' {
    for (const key of profiles) {
      const profile = this.compiled.get(key);
      if (profile === undefined) continue;
      const decision = this.firstMatch(profile, question);
      if (decision === 'allow' || decision === 'deny') return decision;
    }
    question.steps.push(builtInStep(question, 'no profile matched', 'deny'));
    return 'deny';
  }

  private judgeTier(tier: EndpointTier, question: PolicyQuestion, endOfTier: EndOfTier): PolicyDecision {
    let lastEnforced: CompiledPolicy | undefined;
    for (const key of tier[question.direction]) {
      const policy = this.compiled.get(key);
      if (policy === undefined) {
        question.steps.push(builtInStep(question, missingPolicy(key).rule, 'deny'));
        return 'deny';
      }
      const decision = this.firstMatch(policy, question);
      if (policy.isStaged) continue;
      lastEnforced = policy;
      if (decision === 'pass') return 'next';
      if (decision !== 'next') return decision;
    }
    if (lastEnforced === undefined || endOfTier === 'next') return 'next';
    const { rule, object } = tierEnd(tier, lastEnforced);
    question.steps.push({ ...builtInStep(question, rule, tier.defaultAction), object, isTierEnd: true });
    return tier.defaultAction === 'deny' ? 'deny' : 'next';
  }

  private firstMatch(policy: CompiledPolicy, question: PolicyQuestion): PolicyDecision | 'pass' {
    for (const compiled of policy[question.direction]) {
      if (!compiled.matches(question.flow)) {
        if (this.tellsUnmatched && !policy.isStaged) question.steps.push(unmatchedStep(compiled, question));
        continue;
      }
      const { action } = compiled.rule;
      question.steps.push(ruleStep(compiled.rule, policy.isStaged, question));
      if (action !== 'log') return action;
    }
    return 'next';
  }

  /** Adds to the denial, the last step so far, which rule came nearest to preventing it. */
  private tellNearest(
    question: PolicyQuestion,
    tiers: readonly EndpointTier[],
    endOfTier: EndOfTier,
    profiles?: readonly ProfileKey[],
  ): void {
    const { steps, direction, flow } = question;
    const order = {
      tiers: tiers.map((tier) => this.sectionOfTier(tier, direction, endOfTier)),
      ...(profiles && { profiles: profiles.map((key) => this.compiled.get(key)?.[direction] ?? []) }),
    };
    const denial = steps.pop();
    const nearest = nearestRule(order, flow);
    if (denial !== undefined) steps.push({ ...denial, ...(nearest && { nearest }) });
  }

  private sectionOfTier(tier: EndpointTier, direction: Direction, endOfTier: EndOfTier): Section {
    const section: (CompiledRule | Refusal)[] = [];
    let lastEnforced: CompiledPolicy | undefined;
    for (const key of tier[direction]) {
      const policy = this.compiled.get(key);
      if (policy === undefined) section.push(missingPolicy(key));
      if (policy === undefined || policy.isStaged) continue;
      for (const rule of policy[direction]) section.push(rule);
      lastEnforced = policy;
    }
    const isEndDenying = endOfTier === 'defaultAction' && tier.defaultAction === 'deny';
    if (lastEnforced !== undefined && isEndDenying) section.push(tierEnd(tier, lastEnforced));
    return section;
  }
}

/** The policy that made the tier count is what its author looks for. */
function tierEnd(
  { name }: EndpointTier,
  { origin: { object } }: CompiledPolicy,
): Refusal & { readonly object: ObjectRef } {
  return { kind: 'tierEnd', action: 'deny', object, rule: `end of tier ${name}` };
}

function missingPolicy(key: PolicyKey): Refusal {
  return { kind: 'missingPolicy', action: 'deny', rule: `${key} is not in force` };
}

function ruleStep(rule: Rule, isStaged: boolean, { stage, endpoint }: PolicyQuestion): TraceStep {
  const outcome: TraceOutcome = isStaged ? `staged: ${rule.action}` : rule.action;
  return { stage, endpoint, object: rule.origin.object, rule: rule.origin.field, outcome };
}

function unmatchedStep(compiled: CompiledRule, { stage, endpoint, flow }: PolicyQuestion): TraceStep {
  const { action, origin } = compiled.rule;
  const unmatched = { action, unmet: compiled.unmet(flow) };
  return { stage, endpoint, object: origin.object, rule: origin.field, outcome: 'noMatch', unmatched };
}

function builtInStep({ stage, endpoint }: PolicyQuestion, rule: string, outcome: TraceOutcome): TraceStep {
  return { stage, endpoint, rule, outcome };
}
