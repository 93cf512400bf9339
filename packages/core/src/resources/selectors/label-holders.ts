/** Finds objects by a label that they carry. */
import type { Labels } from '../metadata';
import type { Restriction } from './restriction';

/** Who carries a label key, by value. */
interface Carriers<Holder> {
  count: number;
  readonly byValue: Map<string, Set<Holder>>;
}

export class LabelHolders<Holder> {
  private readonly byKey = new Map<string, Carriers<Holder>>();

  add(holder: Holder, labels: Labels): void {
    for (const [key, value] of Object.entries(labels)) {
      const carriers: Carriers<Holder> = this.byKey.get(key) ?? { count: 0, byValue: new Map() };
      this.byKey.set(key, carriers);
      const holders = carriers.byValue.get(value) ?? new Set();
      carriers.byValue.set(value, holders);
      holders.add(holder);
      carriers.count += 1;
    }
  }

  /** `labels` as they were added. */
  remove(holder: Holder, labels: Labels): void {
    for (const [key, value] of Object.entries(labels)) {
      const carriers = this.byKey.get(key);
      const holders = carriers?.byValue.get(value);
      if (!carriers || !holders?.delete(holder)) continue;
      carriers.count -= 1;
      if (holders.size === 0) carriers.byValue.delete(value);
      if (carriers.count === 0) this.byKey.delete(key);
    }
  }

  /** The groups of holders that meet a restriction on one key. */
  groups(key: string, restriction: Restriction): readonly ReadonlySet<Holder>[] {
    const carriers = this.byKey.get(key);
    if (carriers === undefined) return [];
    if (restriction.values === undefined) return [...carriers.byValue.values()];
    return restriction.values.flatMap((value) => carriers.byValue.get(value) ?? []);
  }

  /** How many holders {@link groups} gives, at most. */
  estimate(key: string, restriction: Restriction): number {
    const carriers = this.byKey.get(key);
    if (carriers === undefined) return 0;
    if (restriction.values === undefined || restriction.values.length >= carriers.count) return carriers.count;
    return restriction.values.reduce((sum, value) => sum + (carriers.byValue.get(value)?.size ?? 0), 0);
  }
}
