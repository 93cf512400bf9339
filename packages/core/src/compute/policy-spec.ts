/** A policy of any kind in one form: whom it selects, where it stands in the order, and its rules. */
import type { Metadata } from '../resources/metadata';
import type { Selector } from '../resources/selectors';
import type { Origin, PolicyKey, PolicyStage, Rule } from '../state';
import type { IpSetDefinition } from './ip-set-definition';
import { compareNames, compareOrders } from './tiers';

export interface PolicySpec {
  readonly key: PolicyKey;
  readonly origin: Origin;
  readonly tier: string;
  /** Lower comes first; infinite where the resource gives none. */
  readonly order: number;
  /** Breaks ties of order: {@link sortNameOf}. */
  readonly sortName: string;
  /** Picks endpoints, the scope of a namespaced policy included. */
  readonly selector: Selector;
  readonly stage: PolicyStage;
  readonly isStaged: boolean;
  readonly appliesOnForward: boolean;
  readonly types: readonly ('Ingress' | 'Egress')[];
  /** Called only for policies that select an endpoint of this node. `hasUnreadNets`: some network set has ranges that cannot be read. */
  renderRules(hasUnreadNets: boolean): RenderedRules;
}

/** Rules and the sets that they refer to. */
export interface RenderedRules {
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly ipSets: readonly IpSetDefinition[];
}

/** Kinds of policies as Calico calls them where it orders them; a staged one is of the kind that it would become. */
export type SortKind =
  | 'NetworkPolicy'
  | 'GlobalNetworkPolicy'
  | 'KubernetesNetworkPolicy'
  | 'KubernetesClusterNetworkPolicy';

/** By name, whatever the namespace; of one name by namespace, then by kind (Calico's order since its policies have no tier in their names). */
export function sortNameOf(kind: SortKind, { name, namespace = '' }: Pick<Metadata, 'name' | 'namespace'>): string {
  return `${name}/${namespace}/${kind}`;
}

/** The order of two policies of one tier. */
export function comparePolicies(a: PolicySpec, b: PolicySpec): number {
  return (
    compareOrders(a.order, b.order) ||
    compareNames(a.sortName, b.sortName) ||
    // What is staged comes before what it would replace.
    Number(b.isStaged) - Number(a.isStaged) ||
    compareNames(a.key, b.key)
  );
}

/** Notes the sets that rules refer to while they are rendered, each once. */
export class SetCollector {
  private readonly definitions = new Map<string, IpSetDefinition>();

  use(definition: IpSetDefinition): IpSetDefinition['key'] {
    this.definitions.set(definition.key, definition);
    return definition.key;
  }

  get ipSets(): readonly IpSetDefinition[] {
    return [...this.definitions.values()];
  }
}
