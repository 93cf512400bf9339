import { expect } from 'chai';
import fc from 'fast-check';
import { DesiredStateStore, keyOfChange, referencesOf } from '@polyplane/core';
import { type Batch, changesBetween, EXPANSIONS, expandSequence, stateAfter } from './expansions';
import { sequenceOfChoices } from './sequence-of-choices';

const sequences = fc.array(fc.nat(1000), { maxLength: 12 }).map(sequenceOfChoices);

describe('Expansions of an event sequence', () => {
  for (const expansion of EXPANSIONS) {
    it(`end in the same state: ${expansion}`, () => {
      fc.assert(
        fc.property(sequences, (batches) => {
          expect(stateAfter(expandSequence(batches)[expansion])).to.deep.equal(stateAfter(batches));
        }),
      );
    });

    it(`leave no reference dangling after any batch: ${expansion}`, () => {
      fc.assert(
        fc.property(sequences, (batches) => {
          const expanded = expandSequence(batches)[expansion];
          expanded.forEach((_, index) => {
            const state = stateAfter(expanded.slice(0, index + 1));
            for (const object of state.values()) {
              for (const key of referencesOf(object))
                expect(state.has(key), `${object.key} names ${key}`).to.equal(true);
            }
          });
        }),
      );
    });
  }

  it('go through the earlier states backwards when reversed', () => {
    const batches = sequenceOfChoices([1 + 8, 5 + 8]);
    const [first] = expandSequence(batches).reversed;
    expect(stateAfter([first ?? []])).to.deep.equal(stateAfter(batches.slice(0, 1)));
  });

  it('take every batch back once when reverted', () => {
    const batches = sequenceOfChoices([1 + 8, 5 + 8]);
    const { reverted } = expandSequence(batches);
    expect(reverted).to.have.length(6);
    expect(stateAfter(reverted.slice(0, 2))).to.deep.equal(stateAfter([]));
    expect(stateAfter(reverted.slice(0, 5))).to.deep.equal(stateAfter(batches.slice(0, 1)));
  });

  it('have one change a batch when split, all in one when squashed', () => {
    const batches = sequenceOfChoices([1 + 8, 3 + 16, 5 + 16, 1 + 16]);
    const { split, squashed } = expandSequence(batches);
    expect(split.every((batch) => batch.length === 1)).to.equal(true);
    expect(split).to.have.length(batches.flat().length);
    expect(squashed).to.have.length(1);
  });

  it('put empty batches before, between and after', () => {
    const { withEmptyBatches } = expandSequence(sequenceOfChoices([1 + 8, 5 + 8]));
    expect(withEmptyBatches.map((batch) => batch.length === 0)).to.deep.equal([true, false, true, false, true]);
  });
});

describe('changesBetween', () => {
  it('names each object once and only where it differs', () => {
    fc.assert(
      fc.property(sequences, sequences, (one, other) => {
        const from = stateAfter(one);
        const to = stateAfter(other);
        const changes = changesBetween(from, to);
        const keys = changes.map(keyOfChange);
        expect(new Set(keys).size).to.equal(keys.length);
        expect(changesBetween(to, to)).to.deep.equal([]);
        expect(stateAfter([changesBetween(new Map(), from), changes])).to.deep.equal(to);
      }),
    );
  });
});

describe('stateAfter', () => {
  it('is what the store of desired states holds after the same changes', () => {
    fc.assert(
      fc.property(sequences, (batches: readonly Batch[]) => {
        const store = new DesiredStateStore();
        for (const changes of batches) store.apply({ scope: 'delta', changes });
        expect([...stateAfter(batches).values()]).to.have.deep.members([...store.objects()]);
      }),
    );
  });
});
