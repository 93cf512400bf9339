/** Which policies apply to which endpoints of this node, in which order. */
import { CoreError } from '../core-error';
import type { Tier } from '../resources/kinds/calico';
import type { Labels } from '../resources/metadata';
import type { ResourceProblem } from '../resources/resource-problem';
import { LabelIndex } from '../resources/selectors';
import {
  type EndpointTier,
  formatObjectRef,
  type HostEndpointKey,
  type IpSetKey,
  type ObjectRef,
  type PolicyKey,
  type PolicyStage,
  type WorkloadKey,
} from '../state';
import { impliedLabels } from './inheritance';
import type { IpSets } from './ip-sets';
import type { NetworkSets } from './network-sets';
import type { Output } from './output';
import { comparePolicies, type PolicySpec } from './policy-spec';
import { compareTiers, type TierSpec, Tiers } from './tiers';

export type EndpointKey = WorkloadKey | HostEndpointKey;

/** A told policy: what its rules were rendered from, and the sets that they use. */
interface RenderedPolicy {
  readonly policy: PolicySpec;
  readonly hasUnreadNets: boolean;
  readonly sets: readonly IpSetKey[];
}

/** A policy counts while it selects an endpoint of this node and its tier exists; only then its rules are rendered. */
export class EndpointPolicies {
  private readonly tiers = new Tiers();
  private readonly policies = new Map<PolicyKey, PolicySpec>();
  private readonly byTier = new Map<string, Set<PolicyKey>>();
  private readonly selected = new Map<PolicyKey, Set<EndpointKey>>();
  private readonly selecting = new Map<EndpointKey, Set<PolicyKey>>();
  private readonly rendered = new Map<PolicyKey, RenderedPolicy>();
  private readonly changedPolicies = new Set<PolicyKey>();
  private readonly changedEndpoints = new Set<EndpointKey>();
  private readonly index = new LabelIndex<EndpointKey, PolicyKey>(
    {
      matchStarted: (policy, endpoint) => {
        setOf(this.selected, policy).add(endpoint);
        setOf(this.selecting, endpoint).add(policy);
        this.matchChanged(policy, endpoint);
      },
      matchStopped: (policy, endpoint) => {
        dropFrom(this.selected, policy, endpoint);
        dropFrom(this.selecting, endpoint, policy);
        this.matchChanged(policy, endpoint);
      },
    },
    impliedLabels,
  );

  constructor(
    private readonly ipSets: IpSets,
    private readonly output: Output,
    private readonly networkSets: Pick<NetworkSets, 'hasUnread'>,
  ) {}

  putEndpoint(key: EndpointKey, labels: Labels, parents: readonly string[]): void {
    this.index.putItem(key, labels, parents);
    this.changedEndpoints.add(key);
  }

  removeEndpoint(key: EndpointKey): void {
    this.index.removeItem(key);
    this.changedEndpoints.add(key);
  }

  /** Something else of the endpoint changed. */
  touch(key: EndpointKey): void {
    this.changedEndpoints.add(key);
  }

  putParent(key: string, labels: Labels): void {
    this.index.putParent(key, labels);
  }

  removeParent(key: string): void {
    this.index.removeParent(key);
  }

  putPolicy(spec: PolicySpec): void {
    this.forgetTier(spec.key);
    setOf(this.byTier, spec.tier).add(spec.key);
    this.policies.set(spec.key, spec);
    this.index.putSelector(spec.key, spec.selector);
    this.policyChanged(spec.key);
  }

  removePolicy(key: PolicyKey): void {
    if (!this.policies.has(key)) return;
    this.forgetTier(key);
    this.policies.delete(key);
    this.policyChanged(key);
    this.index.removeSelector(key);
  }

  /** Renders every policy that is told anew: network sets that cannot be read whole have come, or the last one went. */
  renderAnew(): void {
    for (const key of this.rendered.keys()) this.changedPolicies.add(key);
  }

  putTier(tier: Tier): void {
    this.tiers.put(tier);
    this.tierChanged(tier.metadata.name);
  }

  removeTier(name: string): void {
    this.tiers.remove(name);
    this.tierChanged(name);
  }

  /** Renders what changed of the policies; gives the endpoints whose tiers may differ since the last call. */
  flush(): ReadonlySet<EndpointKey> {
    for (const key of this.changedPolicies) this.renderPolicy(key);
    this.changedPolicies.clear();
    const endpoints = new Set(this.changedEndpoints);
    this.changedEndpoints.clear();
    return endpoints;
  }

  /** The tiers of an endpoint, from those of its policies that pass. */
  tiersOf(endpoint: EndpointKey, isWanted: (policy: PolicySpec) => boolean): readonly EndpointTier[] {
    const byTier = new Map<TierSpec, PolicySpec[]>();
    for (const key of this.selecting.get(endpoint) ?? []) {
      const policy = this.policies.get(key);
      const tier = policy && this.tiers.get(policy.tier);
      if (!policy || !tier || !isWanted(policy)) continue;
      const policies = byTier.get(tier) ?? [];
      byTier.set(tier, policies);
      policies.push(policy);
    }
    return [...byTier]
      .sort(([a], [b]) => compareTiers(a, b))
      .map(([tier, policies]): EndpointTier => {
        policies.sort(comparePolicies);
        const keysOf = (type: 'Ingress' | 'Egress') =>
          policies.filter(({ types }) => types.includes(type)).map(({ key }) => key);
        return {
          name: tier.name,
          defaultAction: tier.defaultAction,
          ingress: keysOf('Ingress'),
          egress: keysOf('Egress'),
        };
      });
  }

  /** Policies whose tier does not exist. */
  problems(): readonly ResourceProblem[] {
    const missing = [...this.byTier].filter(([tier]) => this.tiers.get(tier) === undefined);
    return missing.flatMap(([tier, keys]) =>
      [...keys].flatMap((key) => {
        const object = this.policies.get(key)?.origin.object;
        return object === undefined ? [] : [missingTier(object, tier)];
      }),
    );
  }

  private forgetTier(key: PolicyKey): void {
    const tier = this.policies.get(key)?.tier;
    if (tier !== undefined) dropFrom(this.byTier, tier, key);
  }

  private matchChanged(policy: PolicyKey, endpoint: EndpointKey): void {
    this.changedPolicies.add(policy);
    this.changedEndpoints.add(endpoint);
  }

  private policyChanged(key: PolicyKey): void {
    const endpoints = this.selected.get(key);
    if (endpoints === undefined) return;
    this.changedPolicies.add(key);
    for (const endpoint of endpoints) this.changedEndpoints.add(endpoint);
  }

  private tierChanged(name: string): void {
    for (const key of this.selected.keys()) if (this.policies.get(key)?.tier === name) this.policyChanged(key);
  }

  /** Rules follow from the policy alone: it is rendered anew only when it changed itself. */
  private renderPolicy(key: PolicyKey): void {
    const policy = this.policies.get(key);
    const before = this.rendered.get(key);
    const isActive = policy !== undefined && this.selected.has(key) && this.tiers.get(policy.tier) !== undefined;
    const { hasUnread } = this.networkSets;
    if (isActive && before?.policy === policy && before.hasUnreadNets === hasUnread) return;
    if (isActive) {
      const { ingress, egress, ipSets } = policy.renderRules(hasUnread);
      for (const definition of ipSets) this.ipSets.acquire(definition);
      this.rendered.set(key, {
        policy,
        hasUnreadNets: hasUnread,
        sets: ipSets.map((definition) => definition.key),
      });
      const { origin, tier, stage, isStaged, appliesOnForward } = policy;
      this.output.put({ type: 'policy', key, origin, tier, stage, isStaged, appliesOnForward, ingress, egress });
    } else {
      this.rendered.delete(key);
      this.output.remove(key);
    }
    for (const set of before?.sets ?? []) this.ipSets.release(set);
  }
}

/** True for the policies of one stage. */
export function isOfStage(stage: PolicyStage): (policy: PolicySpec) => boolean {
  return (policy) => policy.stage === stage;
}

function missingTier(object: ObjectRef, tier: string): ResourceProblem {
  const field = 'spec.tier';
  const message = `${formatObjectRef(object)} is not in force: there is no tier ${JSON.stringify(tier)}`;
  return { error: new CoreError('PP_TIER_MISSING', message, { field }), object, field };
}

function setOf<Key, Value>(map: Map<Key, Set<Value>>, key: Key): Set<Value> {
  const set = map.get(key) ?? new Set();
  map.set(key, set);
  return set;
}

function dropFrom<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
