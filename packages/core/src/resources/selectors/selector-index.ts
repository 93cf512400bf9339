/** Finds the few selectors that could pick a given label set, out of many. */
import type { Restriction } from './restriction';

/** A selector as the index files it. */
export interface Indexed {
  readonly restrictions: ReadonlyMap<string, Restriction>;
}

/** More values than this on a second label would file a selector under too many pairs. */
const MAX_SECOND_VALUES = 16;

/** Selectors filed under one label or a pair of labels that each of them asks for; those that ask for none are always candidates. */
export class SelectorIndex<Entry extends Indexed> {
  private readonly root = new Bucket<Entry>();

  add(entry: Entry): void {
    forEachBucket(this.root, anchorOf(entry), (bucket) => bucket.entries.add(entry));
  }

  remove(entry: Entry): void {
    forEachBucket(this.root, anchorOf(entry), (bucket) => bucket.entries.delete(entry));
    prune(this.root, anchorOf(entry));
  }

  /** Visits every entry that could pick an object with these labels, some perhaps twice. */
  visitCandidates(labels: readonly Label[], visit: (entry: Entry) => void): void {
    visitBucket(this.root, labels, visit);
  }
}

/** Key and value. */
export type Label = readonly [key: string, value: string];

type Anchor = readonly (readonly [key: string, restriction: Restriction])[];

/** What is filed under the same labels, and what asks for one label more. */
class Bucket<Entry> {
  readonly entries = new Set<Entry>();
  readonly narrower = new Map<string, Branch<Entry>>();

  get isEmpty(): boolean {
    return this.entries.size === 0 && this.narrower.size === 0;
  }
}

/** Entries that ask for a label: with any value, or with a certain one. */
class Branch<Entry> {
  present?: Bucket<Entry>;
  readonly byValue = new Map<string, Bucket<Entry>>();
}

/** The one or two most telling restrictions. A function of the entry alone, so that removal finds what adding filed. */
function anchorOf(entry: Indexed): Anchor {
  const breadth = (restriction: Restriction) => restriction.values?.length ?? Number.POSITIVE_INFINITY;
  const [first, second] = [...entry.restrictions].sort((a, b) => breadth(a[1]) - breadth(b[1]));
  if (first === undefined) return [];
  return second === undefined || breadth(second[1]) > MAX_SECOND_VALUES ? [first] : [first, second];
}

function forEachBucket<Entry>(bucket: Bucket<Entry>, anchor: Anchor, act: (bucket: Bucket<Entry>) => void): void {
  const [term, ...others] = anchor;
  if (term === undefined) {
    act(bucket);
    return;
  }
  const [key, { values }] = term;
  const branch = bucket.narrower.get(key) ?? new Branch<Entry>();
  bucket.narrower.set(key, branch);
  if (values === undefined) {
    branch.present ??= new Bucket<Entry>();
    forEachBucket(branch.present, others, act);
  }
  for (const value of values ?? []) {
    const child = branch.byValue.get(value) ?? new Bucket<Entry>();
    branch.byValue.set(value, child);
    forEachBucket(child, others, act);
  }
}

/** Drops what has become empty along an anchor. */
function prune<Entry>(bucket: Bucket<Entry>, anchor: Anchor): void {
  const [term, ...others] = anchor;
  const branch = term && bucket.narrower.get(term[0]);
  if (!term || !branch) return;
  if (branch.present !== undefined) {
    prune(branch.present, others);
    if (branch.present.isEmpty) delete branch.present;
  }
  for (const value of term[1].values ?? []) {
    const child = branch.byValue.get(value);
    if (child === undefined) continue;
    prune(child, others);
    if (child.isEmpty) branch.byValue.delete(value);
  }
  if (branch.present === undefined && branch.byValue.size === 0) bucket.narrower.delete(term[0]);
}

function visitBucket<Entry>(bucket: Bucket<Entry>, labels: readonly Label[], visit: (entry: Entry) => void): void {
  for (const entry of bucket.entries) visit(entry);
  if (bucket.narrower.size === 0) return;
  for (const [key, value] of labels) {
    const branch = bucket.narrower.get(key);
    if (branch === undefined) continue;
    if (branch.present !== undefined) visitBucket(branch.present, labels, visit);
    const child = branch.byValue.get(value);
    if (child !== undefined) visitBucket(child, labels, visit);
  }
}
