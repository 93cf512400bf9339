/**
 * Which objects match which selectors, kept up to date: an object's labels are its own and those it inherits from its
 * parents (a pod's namespace and service account). A change costs what it touches: labels find their selectors, selectors their objects.
 */
import type { Labels } from '../metadata';
import { labelKeysOf } from './ast';
import { LabelHolders } from './label-holders';
import { type Restriction, restrictionsOf } from './restriction';
import { labelOf, type Selector } from './selector';
import { type Label, SelectorIndex } from './selector-index';

/** Told about every match that begins or ends, once each, within the call that causes it. */
export interface MatchListener<ItemKey, SelectorKey> {
  /** The item matches the selector from now on. */
  matchStarted(selector: SelectorKey, item: ItemKey): void;
  /** The item matches the selector no more. */
  matchStopped(selector: SelectorKey, item: ItemKey): void;
}

/** The labels of a parent that is only referred to. */
export type ImpliedLabels = (parentKey: string) => Labels;

/**
 * Objects, their parents and selectors may come and go in any order; a parent that was not put has its implied labels.
 * Where a parent and the object itself carry the same key, the parent's value counts (the first parent's, if several):
 * so no object can disguise what it inherits.
 */
export class LabelIndex<ItemKey, SelectorKey> {
  private readonly items = new Map<ItemKey, Item<ItemKey, SelectorKey>>();
  private readonly parents = new Map<string, Parent<ItemKey, SelectorKey>>();
  private readonly entries = new Map<SelectorKey, Entry<ItemKey, SelectorKey>>();
  private readonly selectorIndex = new SelectorIndex<Entry<ItemKey, SelectorKey>>();
  private readonly itemsByLabel = new LabelHolders<Item<ItemKey, SelectorKey>>();
  private readonly parentsByLabel = new LabelHolders<Parent<ItemKey, SelectorKey>>();
  /** The selectors that name a label key. */
  private readonly entriesByKey = new Map<string, Set<Entry<ItemKey, SelectorKey>>>();

  constructor(
    private readonly listener: MatchListener<ItemKey, SelectorKey>,
    private readonly impliedLabels: ImpliedLabels = () => ({}),
  ) {}

  /** Adds an item, or gives it other labels or parents. */
  putItem(key: ItemKey, labels: Labels, parentKeys: readonly string[] = []): void {
    const known = this.items.get(key);
    const item = known ?? new Item(key);
    this.items.set(key, item);
    const before = this.matchesOf(item);
    this.unlink(item);
    item.labels = labels;
    item.parents = parentKeys.map((parentKey) => this.parent(parentKey));
    for (const parent of item.parents) parent.items.add(item);
    this.itemsByLabel.add(item, labels);
    for (const entry of before) if (!isMatch(entry, item)) this.stop(entry, item);
    this.selectorIndex.visitCandidates(labelsOf(item), (entry) => {
      if (!entry.items.has(item) && isMatch(entry, item)) this.start(entry, item);
    });
  }

  /** Takes an item out; what it matched is told to have stopped. */
  removeItem(key: ItemKey): void {
    const item = this.items.get(key);
    if (item === undefined) return;
    for (const entry of this.matchesOf(item)) this.stop(entry, item);
    this.unlink(item);
    this.items.delete(key);
  }

  /** Gives a parent its labels, which its items inherit. */
  putParent(key: string, labels: Labels): void {
    const parent = this.parent(key);
    parent.isImplied = false;
    this.setParentLabels(parent, labels);
  }

  /** Takes a parent's labels away from its items. */
  removeParent(key: string): void {
    const parent = this.parents.get(key);
    if (parent === undefined) return;
    parent.isImplied = true;
    this.setParentLabels(parent, this.impliedLabels(key));
    this.forgetIfUnused(parent);
  }

  private setParentLabels(parent: Parent<ItemKey, SelectorKey>, labels: Labels): void {
    const affected = this.affectedBy(parent, labels);
    this.parentsByLabel.remove(parent, parent.labels);
    parent.labels = labels;
    this.parentsByLabel.add(parent, labels);
    for (const entry of affected) {
      for (const item of parent.items) {
        const isIn = isMatch(entry, item);
        if (isIn && !entry.items.has(item)) this.start(entry, item);
        else if (!isIn && entry.items.has(item)) this.stop(entry, item);
      }
    }
  }

  /**
   * The selectors that a change of a parent's labels can concern: they name a changed label, and its value before or
   * after could meet them. Where the parent has none, the value is another parent's or the object's own, if any.
   */
  private affectedBy(parent: Parent<ItemKey, SelectorKey>, after: Labels): ReadonlySet<Entry<ItemKey, SelectorKey>> {
    const affected = new Set<Entry<ItemKey, SelectorKey>>();
    const siblings = new Set([...parent.items].flatMap((item) => item.parents));
    siblings.delete(parent);
    for (const key of changedKeys(parent.labels, after)) {
      const values = [labelOf(parent.labels, key), labelOf(after, key)];
      const hasOthers =
        this.itemsByLabel.estimate(key, {}) > 0 ||
        [...siblings].some(({ labels }) => labelOf(labels, key) !== undefined);
      for (const entry of this.entriesByKey.get(key) ?? []) {
        const restriction = entry.restrictions.get(key);
        const isPossible = (value: string | undefined) =>
          restriction === undefined || (value === undefined ? hasOthers : meets(value, restriction));
        if (values.some(isPossible)) affected.add(entry);
      }
    }
    return affected;
  }

  /** Files a selector, in place of the one under this key if there is one. */
  putSelector(key: SelectorKey, selector: Selector): void {
    if (this.entries.get(key)?.selector.canonical === selector.canonical) return;
    this.removeSelector(key);
    const entry = new Entry<ItemKey, SelectorKey>(key, selector);
    this.entries.set(key, entry);
    this.selectorIndex.add(entry);
    for (const name of labelKeysOf(selector.ast)) {
      const naming = this.entriesByKey.get(name) ?? new Set();
      this.entriesByKey.set(name, naming);
      naming.add(entry);
    }
    const filters = this.ownLabelFilters(entry);
    for (const group of this.groupsFor(entry)) {
      for (const item of group) {
        const isCandidate = !entry.items.has(item) && filters.every((carriers) => carriers.has(item));
        if (isCandidate && isMatch(entry, item)) this.start(entry, item);
      }
    }
  }

  /** Takes a selector out; what it matched is told to have stopped. */
  removeSelector(key: SelectorKey): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.selectorIndex.remove(entry);
    for (const name of labelKeysOf(entry.selector.ast)) {
      const naming = this.entriesByKey.get(name);
      naming?.delete(entry);
      if (naming?.size === 0) this.entriesByKey.delete(name);
    }
    for (const item of entry.items) this.stop(entry, item);
  }

  /** The objects that a selector picks now. */
  *itemsOf(key: SelectorKey): Iterable<ItemKey> {
    for (const item of this.entries.get(key)?.items ?? []) yield item.key;
  }

  /** The selectors that are known to match: they are among the candidates of the labels they matched. */
  private matchesOf(item: Item<ItemKey, SelectorKey>): ReadonlySet<Entry<ItemKey, SelectorKey>> {
    const matches = new Set<Entry<ItemKey, SelectorKey>>();
    this.selectorIndex.visitCandidates(labelsOf(item), (entry) => {
      if (entry.items.has(item)) matches.add(entry);
    });
    return matches;
  }

  /** Objects of which the selector can pick some, by the restriction that leaves fewest. */
  private groupsFor(entry: Entry<ItemKey, SelectorKey>): Iterable<Iterable<Item<ItemKey, SelectorKey>>> {
    let best: { count: number; groups: () => Iterable<Iterable<Item<ItemKey, SelectorKey>>> } = {
      count: this.items.size,
      groups: () => [this.items.values()],
    };
    for (const [key, restriction] of entry.restrictions) {
      const count = this.countCarriers(key, restriction);
      if (count < best.count) best = { count, groups: () => this.carriers(key, restriction) };
    }
    return best.groups();
  }

  /** Groups in which an object must be: the carriers of each label that the selector asks for and that no parent carries. */
  private ownLabelFilters(entry: Entry<ItemKey, SelectorKey>): readonly ReadonlySet<Item<ItemKey, SelectorKey>>[] {
    return [...entry.restrictions].flatMap(([key, restriction]) => {
      if (restriction.values?.length !== 1 || this.parentsByLabel.estimate(key, {}) > 0) return [];
      return [this.itemsByLabel.groups(key, restriction)[0] ?? new Set()];
    });
  }

  private countCarriers(key: string, restriction: Restriction): number {
    let count = this.itemsByLabel.estimate(key, restriction);
    for (const group of this.parentsByLabel.groups(key, restriction)) {
      for (const parent of group) count += parent.items.size;
    }
    return count;
  }

  private *carriers(key: string, restriction: Restriction): Iterable<Iterable<Item<ItemKey, SelectorKey>>> {
    yield* this.itemsByLabel.groups(key, restriction);
    for (const group of this.parentsByLabel.groups(key, restriction)) for (const parent of group) yield parent.items;
  }

  private start(entry: Entry<ItemKey, SelectorKey>, item: Item<ItemKey, SelectorKey>): void {
    entry.items.add(item);
    this.listener.matchStarted(entry.key, item.key);
  }

  private stop(entry: Entry<ItemKey, SelectorKey>, item: Item<ItemKey, SelectorKey>): void {
    entry.items.delete(item);
    this.listener.matchStopped(entry.key, item.key);
  }

  private parent(key: string): Parent<ItemKey, SelectorKey> {
    const known = this.parents.get(key);
    if (known !== undefined) return known;
    const parent = new Parent<ItemKey, SelectorKey>(key, this.impliedLabels(key));
    this.parents.set(key, parent);
    this.parentsByLabel.add(parent, parent.labels);
    return parent;
  }

  private unlink(item: Item<ItemKey, SelectorKey>): void {
    this.itemsByLabel.remove(item, item.labels);
    for (const parent of item.parents) {
      parent.items.delete(item);
      this.forgetIfUnused(parent);
    }
  }

  private forgetIfUnused(parent: Parent<ItemKey, SelectorKey>): void {
    if (parent.items.size > 0 || !parent.isImplied) return;
    this.parentsByLabel.remove(parent, parent.labels);
    this.parents.delete(parent.key);
  }
}

class Item<ItemKey, SelectorKey> {
  labels: Labels = {};
  parents: readonly Parent<ItemKey, SelectorKey>[] = [];

  constructor(readonly key: ItemKey) {}
}

class Parent<ItemKey, SelectorKey> {
  isImplied = true;
  readonly items = new Set<Item<ItemKey, SelectorKey>>();

  constructor(
    readonly key: string,
    public labels: Labels,
  ) {}
}

class Entry<ItemKey, SelectorKey> {
  /** The objects that match. */
  readonly items = new Set<Item<ItemKey, SelectorKey>>();
  readonly restrictions: ReadonlyMap<string, Restriction>;

  constructor(
    readonly key: SelectorKey,
    readonly selector: Selector,
  ) {
    this.restrictions = restrictionsOf(selector.ast);
  }
}

function isMatch<I, S>(entry: Entry<I, S>, item: Item<I, S>): boolean {
  return entry.selector.matchesLookup((key) => {
    for (const { labels } of item.parents) {
      const inherited = labelOf(labels, key);
      if (inherited !== undefined) return inherited;
    }
    return labelOf(item.labels, key);
  });
}

function meets(value: string, { values }: Restriction): boolean {
  return values === undefined || values.includes(value);
}

function labelsOf<I, S>(item: Item<I, S>): readonly Label[] {
  const labels = Object.entries(item.labels);
  for (const parent of item.parents) labels.push(...Object.entries(parent.labels));
  return labels;
}

function changedKeys(before: Labels, after: Labels): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => labelOf(before, key) !== labelOf(after, key),
  );
}
