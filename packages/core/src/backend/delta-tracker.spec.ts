import { expect } from 'chai';
import fc from 'fast-check';
import { DeltaTracker } from './delta-tracker';

describe('DeltaTracker', () => {
  it('asks for what is wanted and missing', () => {
    const tracker = new DeltaTracker<string, number>();
    tracker.want('a', 1);
    expect([...tracker.pendingUpdates]).to.deep.equal([['a', { kind: 'missing', wanted: 1 }]]);
    expect(tracker.isInSync).to.equal(false);
  });

  it('tells an edit from a creation, and shows what is there', () => {
    const tracker = new DeltaTracker<string, number>();
    tracker.observe('a', 1);
    tracker.want('a', 2);
    expect(tracker.pendingUpdates.get('a')).to.deep.equal({ kind: 'differs', wanted: 2, actual: 1 });
  });

  it('asks for the deletion of what nobody wants', () => {
    const tracker = new DeltaTracker<string, number>();
    tracker.observe('a', 1);
    expect([...tracker.pendingDeletions]).to.deep.equal([['a', 1]]);
    tracker.markDeleted('a');
    expect(tracker.isInSync).to.equal(true);
  });

  it('forgets an edit that was taken back before it was written', () => {
    const tracker = new DeltaTracker<string, number>();
    tracker.observe('a', 1);
    tracker.want('a', 1);
    tracker.want('a', 2);
    tracker.want('a', 1);
    expect(tracker.isInSync).to.equal(true);
  });

  it('compares as it is told', () => {
    const tracker = new DeltaTracker<string, readonly number[]>({ isEqual: (a, b) => a.join() === b.join() });
    tracker.observe('a', [1, 2]);
    tracker.want('a', [1, 2]);
    expect(tracker.isInSync).to.equal(true);
  });

  it('may be walked while what was written is marked', () => {
    const tracker = new DeltaTracker<number, number>();
    for (let key = 0; key < 10; key++) tracker.want(key, key);
    for (let key = 10; key < 20; key++) tracker.observe(key, key);
    const written = [...walk(tracker.pendingUpdates, (key) => tracker.markWritten(key))];
    const deleted = [...walk(tracker.pendingDeletions, (key) => tracker.markDeleted(key))];
    expect([written.length, deleted.length, tracker.isInSync]).to.deep.equal([10, 10, true]);
  });

  it('does not compare again what is equal already when something else changes', () => {
    let comparisons = 0;
    const tracker = new DeltaTracker<number, number>({
      isEqual: (a, b) => {
        comparisons += 1;
        return a === b;
      },
    });
    for (let key = 0; key < 10_000; key++) {
      tracker.want(key, key);
      tracker.observe(key, key);
    }
    comparisons = 0;
    tracker.want(5, 6);
    for (const [key] of tracker.pendingUpdates) tracker.markWritten(key);
    expect(comparisons).to.be.at.most(2);
    expect(tracker.isInSync).to.equal(true);
  });

  it('agrees with two plain maps after any sequence of operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const tracker = new DeltaTracker<string, number>();
        const model: Model = { wanted: new Map(), actual: new Map() };
        for (const step of operations) {
          step.onTracker(tracker);
          step.onModel(model);
          expectSame(tracker, model);
        }
      }),
    );
  });

  it('is in sync after one pass of repairs, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const tracker = new DeltaTracker<string, number>();
        for (const step of operations) step.onTracker(tracker);
        const wanted = new Map(tracker.wanted());
        for (const [key] of tracker.pendingDeletions) tracker.markDeleted(key);
        for (const [key] of tracker.pendingUpdates) tracker.markWritten(key);
        expect(tracker.isInSync).to.equal(true);
        expect(new Map(tracker.wanted())).to.deep.equal(wanted);
        for (const [key, value] of wanted) expect(tracker.getActual(key)).to.equal(value);
      }),
    );
  });
});

interface Model {
  wanted: Map<string, number>;
  actual: Map<string, number>;
}

interface Operation {
  readonly onTracker: (tracker: DeltaTracker<string, number>) => void;
  readonly onModel: (model: Model) => void;
}

const key = fc.constantFrom('a', 'b', 'c', 'd');
const value = fc.integer({ min: 0, max: 2 });
const entries = fc.array(fc.tuple(key, value), { maxLength: 4 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(key, value).map(([k, v]) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.want(k, v),
    onModel: (model: Model) => void model.wanted.set(k, v),
  })),
  key.map((k) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.unwant(k),
    onModel: (model: Model) => void model.wanted.delete(k),
  })),
  fc.tuple(key, value).map(([k, v]) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.observe(k, v),
    onModel: (model: Model) => void model.actual.set(k, v),
  })),
  key.map((k) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.observeGone(k),
    onModel: (model: Model) => void model.actual.delete(k),
  })),
  entries.map((all) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.wantOnly(all),
    onModel: (model: Model) => {
      model.wanted = new Map(all);
    },
  })),
  entries.map((all) => ({
    onTracker: (tracker: DeltaTracker<string, number>) => tracker.observeOnly(all),
    onModel: (model: Model) => {
      model.actual = new Map(all);
    },
  })),
);

function expectSame(tracker: DeltaTracker<string, number>, model: Model): void {
  const updates = [...model.wanted].filter(([k, v]) => model.actual.get(k) !== v);
  const extra = [...model.actual].filter(([k]) => !model.wanted.has(k));
  expect(new Map([...tracker.pendingUpdates].map(([k, update]) => [k, update.wanted]))).to.deep.equal(new Map(updates));
  expect(new Map(tracker.pendingDeletions)).to.deep.equal(new Map(extra));
  expect(new Map(tracker.wanted())).to.deep.equal(model.wanted);
  expect(tracker.wantedSize).to.equal(model.wanted.size);
  for (const k of ['a', 'b', 'c', 'd']) {
    expect(tracker.getWanted(k)).to.equal(model.wanted.get(k));
    expect(tracker.getActual(k)).to.equal(model.actual.get(k));
    expect(tracker.hasWanted(k)).to.equal(model.wanted.has(k));
    expect(tracker.hasActual(k)).to.equal(model.actual.has(k));
  }
}

function* walk<V>(pending: ReadonlyMap<number, V>, mark: (key: number) => void): Iterable<number> {
  for (const [k] of pending) {
    mark(k);
    yield k;
  }
}
