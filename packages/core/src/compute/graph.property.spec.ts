import { expect } from 'chai';
import fc from 'fast-check';
import { parseResource } from '../resources/parse';
import { keyOfResource, type Resource, type ResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { type Change, DesiredStateStore, keyOfChange, referencesOf } from '../state';
import { NODE } from '../testing/manifests';
import { RESOURCE_VARIANTS } from '../testing/resource-variants';
import { ComputeGraph } from './graph';

describe('ComputeGraph, after any sequence of changes', () => {
  it('has told what a fresh calculation of the last resources tells, by needed and safe changes only', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(histories, (batches) => {
        const graph = new ComputeGraph({ nodeName: NODE });
        const store = new DesiredStateStore();
        const resources = new Map<ResourceKey, Resource>();
        for (const batch of [[], ...batches]) {
          applyChecked(store, graph.apply(batch));
          for (const change of batch) {
            if (change.op === 'put') resources.set(keyOfResource(change.resource), change.resource);
            else resources.delete(change.key);
          }
          expect(snapshot(store)).to.deep.equal(snapshot(freshState([...resources.values()])));
        }
      }),
      { numRuns: 800 },
    );
  });

  it('does not depend on the order of resources', () => {
    fc.assert(
      fc.property(fc.array(arbitraryResource, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (list, random) => {
        const unique = [...new Map(list.map((resource) => [keyOfResource(resource), resource])).values()];
        const shuffled = [...unique].sort(() => ((random.next().value ?? 0) % 2 === 0 ? 1 : -1));
        expect(snapshot(freshState(shuffled))).to.deep.equal(snapshot(freshState(unique)));
      }),
      { numRuns: 100 },
    );
  });

  it('tells nothing for what is put again or removed twice', () => {
    fc.assert(
      fc.property(fc.array(arbitraryResource, { maxLength: 20 }), (list) => {
        const graph = new ComputeGraph({ nodeName: NODE });
        graph.apply(list.map(put));
        const latest = [...new Map(list.map((resource) => [keyOfResource(resource), resource])).values()];
        expect(graph.apply(latest.map(put))).to.deep.equal([]);
        const removals = latest.map((resource): ResourceChange => ({ op: 'remove', key: keyOfResource(resource) }));
        const store = new DesiredStateStore();
        store.apply({ scope: 'full', changes: new ComputeGraph({ nodeName: NODE }).apply([]) });
        graph.apply(removals);
        expect(graph.apply(removals)).to.deep.equal([]);
        expect(snapshot(store)).to.deep.equal(snapshot(freshState([])));
      }),
      { numRuns: 100 },
    );
  });
});

function put(resource: Resource): ResourceChange {
  return { op: 'put', resource };
}

function freshState(list: readonly Resource[]): DesiredStateStore {
  const store = new DesiredStateStore();
  store.apply({ scope: 'full', changes: new ComputeGraph({ nodeName: NODE }).apply(list.map(put)) });
  return store;
}

/** Applies changes one by one; each must be needed, and leave no reference to what is not there. */
function applyChecked(store: DesiredStateStore, list: readonly Change[]): void {
  expect(new Set(list.map(keyOfChange)).size, 'no key twice').to.equal(list.length);
  for (const change of list) {
    if (change.op === 'put') expect(store.get(change.object.key)).to.not.deep.equal(change.object);
    else if (change.op === 'remove') expect(store.get(change.key)).to.not.equal(undefined);
    else {
      const members = store.ipSets.get(change.key)?.members;
      expect(change.added.length + change.removed.length).to.be.above(0);
      for (const member of change.added) expect(members?.has(member)).to.equal(false);
      for (const member of change.removed) expect(members?.has(member)).to.equal(true);
    }
    store.apply({ scope: 'delta', changes: [change] });
    for (const object of store.objects()) {
      for (const key of referencesOf(object)) expect(store.get(key), key).to.not.equal(undefined);
    }
  }
}

function snapshot(store: DesiredStateStore): unknown {
  const objects = [...store.objects()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return objects.map((object) =>
    object.type === 'ipSet' ? { ...object, members: [...object.members].sort() } : object,
  );
}

const arbitraryResource: fc.Arbitrary<Resource> = fc
  .constantFrom(...RESOURCE_VARIANTS)
  .chain((family) => fc.nat(family.count - 1).map((index) => parseResource(family.at(index))));
const changes: fc.Arbitrary<ResourceChange> = fc.oneof(
  { weight: 3, arbitrary: arbitraryResource.map(put) },
  {
    weight: 1,
    arbitrary: arbitraryResource.map((resource): ResourceChange => ({ op: 'remove', key: keyOfResource(resource) })),
  },
);
/** A cluster that stands, then what happens in it. */
const histories = fc
  .tuple(
    fc.array(arbitraryResource.map(put), { minLength: 10, maxLength: 30 }),
    fc.array(fc.array(changes, { maxLength: 5 }), { maxLength: 12, size: '+1' }),
  )
  .map(([base, batches]) => [base, ...batches]);
