import { expect } from 'chai';
import fc from 'fast-check';
import { chainOf, fixedChain, OWNER_TAG, setOf, swapNameOf } from './names';

describe('names', () => {
  it('fit into the kernel and hold nothing of a hostile key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100_000 }), (key) => {
        expect(chainOf('EPX', key)).to.match(/^POLYPLANE-EPX-[0-9a-z]{1,14}$/);
        expect(chainOf('EPX', key).length).to.be.at.most(28);
        expect(setOf('NNNN', 6, key)).to.match(/^POLYPLANE-NNNN6-[0-9a-z]{1,14}$/);
        expect(swapNameOf(setOf('NNNN', 6, key)).length).to.be.at.most(31);
      }),
    );
  });

  it('differ where their keys differ', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2 }), (keys) => {
        expect(new Set(keys.map((key) => chainOf('A', key))).size).to.equal(keys.length);
      }),
    );
  });

  it('show a short plain key as it is', () => {
    expect(chainOf('IP', '0a600001t0050')).to.equal('POLYPLANE-IP-0a600001t0050');
    expect(fixedChain('INPUT')).to.equal(`${OWNER_TAG}INPUT`);
  });
});
