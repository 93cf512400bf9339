import { expect } from 'chai';
import { CountedSet } from './counted-set';

describe('CountedSet', () => {
  it('keeps a member as long as somebody has it', () => {
    const set = new CountedSet();
    set.add('a', 1);
    set.add('a', 1);
    set.add('b', 1);
    set.add('a', -1);
    expect(set.snapshot()).to.deep.equal(new Set(['a', 'b']));
    set.add('a', -1);
    expect(set.snapshot()).to.deep.equal(new Set(['b']));
  });

  it('gives snapshots that never change, and the same one as long as the members are the same', () => {
    const set = new CountedSet();
    set.add('a', 1);
    const first = set.snapshot();
    set.add('a', 1);
    expect(set.snapshot()).to.equal(first);
    set.add('b', 1);
    expect(first).to.deep.equal(new Set(['a']));
    expect(set.snapshot()).to.deep.equal(new Set(['a', 'b']));
  });
});
