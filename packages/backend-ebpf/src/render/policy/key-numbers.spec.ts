import { expect } from 'chai';
import fc from 'fast-check';
import { EbpfError } from '../../ebpf-error';
import { KeyNumbers } from './key-numbers';

describe('KeyNumbers', () => {
  it('gives each key a number of its own, from 1 on, and keeps it', () => {
    const numbers = new KeyNumbers<string>('things', 10);
    expect(['a', 'b', 'a'].map((key) => numbers.numberOf(key))).to.deep.equal([1, 2, 1]);
    expect([numbers.keyOf(2), numbers.keyOf(3)]).to.deep.equal(['b', undefined]);
  });

  it('gives a number again only when no fresh one is left, and says when there is none', () => {
    const numbers = new KeyNumbers<string>('things', 4);
    for (const key of ['a', 'b']) numbers.numberOf(key);
    numbers.keepOnly(new Set(['b']));
    expect(['c', 'd', 'b'].map((key) => numbers.numberOf(key))).to.deep.equal([3, 1, 2]);
    expect(() => numbers.numberOf('e'))
      .to.throw(EbpfError, 'the BPF map things has no index left: it holds 3 keys at the most')
      .with.property('code', 'PP_EBPF_MAP_FULL');
  });

  it('never gives one number to two keys in use', () => {
    const steps = fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 5 }), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (uses) => {
        const numbers = new KeyNumbers<number>('things', 7);
        for (const keys of uses) {
          numbers.keepOnly(new Set(keys));
          const given = keys.map((key) => numbers.numberOf(key));
          expect(new Set(given).size).to.equal(keys.length);
          expect(given.map((number) => numbers.keyOf(number))).to.deep.equal(keys);
        }
      }),
    );
  });
});
