/** Tiers: their order and what happens at their end. */
import type { Tier } from '../resources/kinds/calico';

export interface TierSpec {
  readonly name: string;
  /** Lower comes first. */
  readonly order: number;
  readonly defaultAction: 'deny' | 'pass';
}

export const DEFAULT_TIER = 'default';

/** Tiers that exist without an object; an object of the name takes the place. Orders are Calico's. */
const BUILT_IN: readonly TierSpec[] = [
  { name: 'adminnetworkpolicy', order: 1_000, defaultAction: 'pass' },
  { name: 'kube-admin', order: 1_000, defaultAction: 'pass' },
  { name: DEFAULT_TIER, order: 1_000_000, defaultAction: 'deny' },
  { name: 'baselineadminnetworkpolicy', order: 10_000_000, defaultAction: 'pass' },
  { name: 'kube-baseline', order: 10_000_000, defaultAction: 'pass' },
];

/** The names of the tiers that every cluster has. */
export const BUILT_IN_TIER_NAMES: readonly string[] = BUILT_IN.map(({ name }) => name);

export class Tiers {
  private readonly tiers = new Map(BUILT_IN.map((tier) => [tier.name, tier]));

  get(name: string): TierSpec | undefined {
    return this.tiers.get(name);
  }

  put({ metadata: { name }, spec }: Tier): void {
    const builtIn = BUILT_IN.find((tier) => tier.name === name);
    const order = spec.order ?? builtIn?.order ?? Number.POSITIVE_INFINITY;
    this.tiers.set(name, { name, order, defaultAction: spec.defaultAction === 'Pass' ? 'pass' : 'deny' });
  }

  remove(name: string): void {
    const builtIn = BUILT_IN.find((tier) => tier.name === name);
    if (builtIn === undefined) this.tiers.delete(name);
    else this.tiers.set(name, builtIn);
  }
}

export function compareTiers(a: TierSpec, b: TierSpec): number {
  return compareOrders(a.order, b.order) || compareNames(a.name, b.name);
}

/** Orders may be infinite, whose difference is no number. */
export function compareOrders(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
