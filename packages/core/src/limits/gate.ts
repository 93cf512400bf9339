/** The gate: lets through what a dataplane can do, leaves out or denies the rest, and says so. */
import type { ResourceChange } from '../resources/resource-change';
import type { SourceLocation } from '../resources/resource-problem';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  type EndpointTier,
  type HostEndpoint,
  type ObjectRef,
  orderChanges,
  type Policy,
  type PolicyKey,
  policiesOfTiers,
  type WorkloadEndpoint,
} from '../state';
import { diagnose } from './diagnose';
import { type DiagnosticChanges, DiagnosticSet } from './diagnostic-set';
import type { Feature } from './feature';
import type { FeatureUse } from './feature-use';
import { featuresUsed } from './features-used';
import type { Diagnostic, Limit, LimitTable } from './limit';
import { type OnUnsupported, type OnUnsupportedChoice, onUnsupportedOf } from './on-unsupported';
import { denyInstead, isFamily6, lacksOfPolicy, POLICY_FEATURES, reduceObject } from './reduction';
import { UsedFields } from './used-fields';

/** What a gate is told beside the limits. */
export interface GateOptions {
  /** Default `ignore`. */
  readonly onUnsupported?: OnUnsupportedChoice;
  /** What counts before {@link onUnsupported}, where it has an answer: what was chosen for this backend. */
  readonly onUnsupportedHere?: OnUnsupportedChoice;
  /** Where a field stands in the user's files; asked once a limit is met. */
  readonly locate?: (object: ObjectRef, field: string) => SourceLocation | undefined;
}

/** What a gate lets through, and which limits it met. */
export interface GateResult {
  /** In safe order; the dataplane can do all of it. */
  readonly changes: readonly Change[];
  readonly diagnostics: DiagnosticChanges;
}

/** Limits with another effect tell the user something and take nothing away. */
const TAKING_AWAY: ReadonlySet<Limit['effect']> = new Set<Limit['effect']>([
  'objectIgnored',
  'ruleIgnored',
  'degraded',
]);

type Endpoint = WorkloadEndpoint | HostEndpoint;

/** Policies under `deny` come before all others; a name that no tier of the user's can have. */
const DENYING_TIER = 'unsupported (denied)';

/**
 * Incremental: what comes out leads, from the empty state on, to a function of the desired state that went in and of the
 * limits. Objects that need nothing that is lacking pass as they are.
 */
export class Gate {
  readonly #limits: ReadonlyMap<Feature, Limit>;
  readonly #lacking: ReadonlySet<Feature>;
  /** What is lacking and denied in place of being done. */
  readonly #denied: ReadonlySet<Feature>;
  readonly #fields: UsedFields;
  readonly #canLosePolicies: boolean;
  readonly #diagnostics = new DiagnosticSet();
  /** Objects of which nothing is left. */
  readonly #leftOut = new Set<DesiredKey>();
  /** Policies that are left out, or deny where they stand or before all others in place of what they say. */
  readonly #lostPolicies = new Map<PolicyKey, Loss>();
  readonly #endpoints = new Map<DesiredKey, Endpoint>();
  readonly #endpointsByPolicy = new Map<PolicyKey, Set<DesiredKey>>();

  constructor(
    limits: LimitTable,
    private readonly options: GateOptions = {},
  ) {
    this.#limits = new Map(limits.map((limit) => [limit.feature, limit]));
    this.#lacking = new Set(limits.filter(({ effect }) => TAKING_AWAY.has(effect)).map(({ feature }) => feature));
    this.#denied = new Set([...this.#lacking].filter((feature) => this.onUnsupported(feature) !== 'ignore'));
    this.#fields = new UsedFields(new Set(this.#limits.keys()));
    this.#canLosePolicies = POLICY_FEATURES.some((feature) => this.#lacking.has(feature));
  }

  /** Every limit that the objects which went in meet. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics.current;
  }

  /** What becomes of objects that need a feature which is lacking. */
  onUnsupported(feature: Feature): OnUnsupported {
    const { onUnsupportedHere, onUnsupported } = this.options;
    return onUnsupportedOf(feature, [onUnsupportedHere, onUnsupported]);
  }

  /**
   * What became of a user's object, told before {@link apply} takes what follows from it. Without this a diagnostic names
   * the rule or the port; with it the very field.
   */
  readResource(change: ResourceChange): void {
    this.#fields.readResource(change);
  }

  /**
   * From now on `cause` needs exactly these features: settings, and others that leave no object of the desired state
   * behind. What it changes in the diagnostics is reported by the next {@link apply}.
   */
  declare(cause: string, uses: readonly FeatureUse[]): void {
    this.#diagnostics.replace(
      cause,
      uses.flatMap((use) => this.#diagnosticsOf(use)),
    );
  }

  /** Takes changes of the desired state, each key once. */
  apply(changes: readonly Change[]): GateResult {
    const accepted = new Map<DesiredKey, Change>();
    const touchedEndpoints = new Set<DesiredKey>();
    for (const change of changes) {
      if (change.op === 'put') this.#put(change.object, accepted, touchedEndpoints);
      else if (change.op === 'remove') this.#remove(change.key, accepted, touchedEndpoints);
      else this.#changeMembers(change, accepted);
    }
    for (const key of touchedEndpoints) this.#acceptEndpoint(key, accepted);
    for (const [id, uses] of this.#fields.takeTouched()) this.declare(id, uses);
    return { changes: orderChanges([...accepted.values()]), diagnostics: this.#diagnostics.takeChanges() };
  }

  #put(object: DesiredObject, accepted: Map<DesiredKey, Change>, touched: Set<DesiredKey>): void {
    this.#diagnose(object);
    if (object.type === 'policy') this.#putPolicy(object, accepted, touched);
    else if (object.type === 'workload' || object.type === 'hostEndpoint') {
      this.#rememberEndpoint(object);
      touched.add(object.key);
      if (!this.#canLosePolicies) this.#accept(object.key, this.#reduce(object), accepted);
    } else this.#accept(object.key, this.#reduce(object), accepted);
  }

  #remove(key: DesiredKey, accepted: Map<DesiredKey, Change>, touched: Set<DesiredKey>): void {
    this.#fields.put(key, []);
    this.#forgetEndpoint(key);
    // A policy is lost under its own key only.
    this.#setLoss(key as PolicyKey, undefined, touched);
    touched.delete(key);
    if (!this.#leftOut.delete(key)) accepted.set(key, { op: 'remove', key });
  }

  #changeMembers(change: Extract<Change, { readonly op: 'members' }>, accepted: Map<DesiredKey, Change>): void {
    if (!this.#lacking.has('ipv6')) {
      accepted.set(change.key, change);
      return;
    }
    const added = change.added.filter((member) => !isFamily6(member));
    const removed = change.removed.filter((member) => !isFamily6(member));
    if (added.length > 0 || removed.length > 0) accepted.set(change.key, { ...change, added, removed });
  }

  #putPolicy(policy: Policy, accepted: Map<DesiredKey, Change>, touched: Set<DesiredKey>): void {
    const lacks = lacksOfPolicy(policy, this.#lacking);
    const isLacking = lacks.length > 0;
    const isDenied = lacks.some((feature) => this.#denied.has(feature)) && !policy.isStaged;
    const denying: Loss = policy.stage === 'normal' ? 'denyingInPlace' : 'denyingFirst';
    this.#setLoss(policy.key, !isLacking ? undefined : isDenied ? denying : 'leftOut', touched);
    if (isLacking && !isDenied) this.#accept(policy.key, undefined, accepted);
    else this.#accept(policy.key, this.#reduce(isDenied ? this.#deny(policy) : policy), accepted);
  }

  #deny(policy: Policy): Policy {
    const denying = denyInstead(policy, this.#lacking);
    const appliesOnForward = denying.appliesOnForward && !this.#lacking.has('applyOnForwardPolicy');
    // One that stands among normal policies stays there: its tier's end, and what comes before it, hold as ever.
    const tier = policy.stage === 'normal' ? policy.tier : DENYING_TIER;
    return { ...denying, tier, appliesOnForward };
  }

  /** Whoever names a policy whose loss changes has to be told. */
  #setLoss(key: PolicyKey, loss: Loss | undefined, touched: Set<DesiredKey>): void {
    if (this.#lostPolicies.get(key) === loss) return;
    if (loss === undefined) this.#lostPolicies.delete(key);
    else this.#lostPolicies.set(key, loss);
    for (const endpoint of this.#endpointsByPolicy.get(key) ?? []) touched.add(endpoint);
  }

  #acceptEndpoint(key: DesiredKey, accepted: Map<DesiredKey, Change>): void {
    const endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) return;
    this.#accept(key, this.#reduce(this.#withoutLostPolicies(endpoint)), accepted);
  }

  #withoutLostPolicies(endpoint: Endpoint): Endpoint {
    const named = policiesOfEndpoint(endpoint);
    const lost = named.filter((key) => this.#lostPolicies.has(key));
    if (lost.length === 0) return endpoint;
    const isDenyingHere = (key: PolicyKey): boolean => this.#lostPolicies.get(key) === 'denyingInPlace';
    const isKept = (key: PolicyKey): boolean => !this.#lostPolicies.has(key);
    const denying = this.#denyingTiers(endpoint);
    const tiers = [...denying, ...keepTiers(endpoint.tiers, (key) => isKept(key) || isDenyingHere(key))];
    if (endpoint.type === 'workload') return { ...endpoint, tiers };
    const canForward = !this.#lacking.has('applyOnForwardPolicy');
    return {
      ...endpoint,
      tiers,
      forwardTiers: [...(canForward ? denying : []), ...keepTiers(endpoint.forwardTiers, isKept)],
      preDnatTiers: keepTiers(endpoint.preDnatTiers, isKept),
      untrackedTiers: keepTiers(endpoint.untrackedTiers, isKept),
    };
  }

  /** The policies that deny in place of what they said, as one tier that decides nothing else; or none. */
  #denyingTiers(endpoint: Endpoint): readonly EndpointTier[] {
    const tiers = tiersOfEndpoint(endpoint);
    const denying = (direction: 'ingress' | 'egress'): readonly PolicyKey[] => [
      ...new Set(
        tiers.flatMap((tier) => tier[direction]).filter((key) => this.#lostPolicies.get(key) === 'denyingFirst'),
      ),
    ];
    const ingress = denying('ingress');
    const egress = denying('egress');
    if (ingress.length === 0 && egress.length === 0) return [];
    return [{ name: DENYING_TIER, defaultAction: 'pass', ingress, egress }];
  }

  #reduce(object: DesiredObject): DesiredObject | undefined {
    return reduceObject(object, this.#lacking, this.#denied);
  }

  #accept(key: DesiredKey, object: DesiredObject | undefined, accepted: Map<DesiredKey, Change>): void {
    if (object !== undefined) {
      this.#leftOut.delete(key);
      accepted.set(key, { op: 'put', object });
    } else if (!this.#leftOut.has(key)) {
      this.#leftOut.add(key);
      accepted.set(key, { op: 'remove', key });
    }
  }

  #rememberEndpoint(endpoint: Endpoint): void {
    if (!this.#canLosePolicies) return;
    this.#forgetEndpoint(endpoint.key);
    this.#endpoints.set(endpoint.key, endpoint);
    for (const policy of policiesOfEndpoint(endpoint)) {
      const endpoints = this.#endpointsByPolicy.get(policy) ?? new Set();
      this.#endpointsByPolicy.set(policy, endpoints.add(endpoint.key));
    }
  }

  #forgetEndpoint(key: DesiredKey): void {
    const endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) return;
    this.#endpoints.delete(key);
    for (const policy of policiesOfEndpoint(endpoint)) {
      const endpoints = this.#endpointsByPolicy.get(policy);
      endpoints?.delete(key);
      if (endpoints?.size === 0) this.#endpointsByPolicy.delete(policy);
    }
  }

  /** Staged policies put nothing into force, so they meet no limit. */
  #diagnose(object: DesiredObject): void {
    this.#fields.put(object.key, object.type === 'policy' && object.isStaged ? [] : featuresUsed(object));
  }

  #diagnosticsOf(use: FeatureUse): readonly Diagnostic[] {
    const limit = this.#limits.get(use.feature);
    if (limit === undefined) return [];
    const isDenied = DENIABLE.has(use.feature) && this.#denied.has(use.feature);
    const told = { ...diagnose(limit, use), ...this.options.locate?.(use.object, use.field) };
    return [isDenied ? { ...told, isDenied } : told];
  }
}

/** What can be denied in place of being judged. */
const DENIABLE: ReadonlySet<Feature> = new Set<Feature>([...POLICY_FEATURES, 'sctpPolicy', 'icmpTypeMatch']);

/** What became of a policy that the dataplane cannot do. */
type Loss = 'leftOut' | 'denyingInPlace' | 'denyingFirst';

/** A tier that has lost all its policies is none. */
function keepTiers(tiers: readonly EndpointTier[], isKept: (key: PolicyKey) => boolean): readonly EndpointTier[] {
  return tiers
    .map((tier) => ({ ...tier, ingress: tier.ingress.filter(isKept), egress: tier.egress.filter(isKept) }))
    .filter((tier) => tier.ingress.length > 0 || tier.egress.length > 0);
}

function tiersOfEndpoint(endpoint: Endpoint): readonly EndpointTier[] {
  if (endpoint.type === 'workload') return endpoint.tiers;
  return [...endpoint.untrackedTiers, ...endpoint.preDnatTiers, ...endpoint.tiers, ...endpoint.forwardTiers];
}

function policiesOfEndpoint(endpoint: Endpoint): readonly PolicyKey[] {
  return policiesOfTiers(tiersOfEndpoint(endpoint));
}
