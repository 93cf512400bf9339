import { expect } from 'chai';
import { CoreError } from '../core-error';
import { deepFreeze, MapView } from './freeze';

describe('a frozen value', () => {
  it('cannot be changed, however deep', () => {
    const value = deepFreeze({ list: [{ a: 1 }], set: new Set(['x']), nothing: null, text: 'x' });
    // What TypeScript forbids too.
    expect(() => value.list.push({ a: 2 })).to.throw(TypeError);
    expect(() => Object.assign(value.list[0] ?? {}, { a: 2 })).to.throw(TypeError);
    for (const change of [() => value.set.add('y'), () => value.set.delete('x'), () => value.set.clear()]) {
      expect(change).to.throw(TypeError, 'shared');
    }
    expect([...value.set]).to.deep.equal(['x']);
    expect(new Set(value.set).add('y').size).to.equal(2);
  });

  it('is the same value, and equal to what it was', () => {
    const value = { list: [1], set: new Set([1]) };
    expect(deepFreeze(value)).to.equal(value);
    expect(value).to.deep.equal({ list: [1], set: new Set([1]) });
  });

  it('may hold what is no plain data, which stays as it is', () => {
    const { error } = deepFreeze({ error: new CoreError('PP_PLAN_STALE', 'x') });
    expect(Object.isFrozen(error)).to.equal(false);
  });
});

describe('a view of a map', () => {
  it('shows the map as it is, and cannot change it', () => {
    const map = new Map([['a', 1]]);
    const view = new MapView(map);
    map.set('b', 2);
    expect([...view]).to.deep.equal([...map]);
    expect([[...view.keys()], [...view.values()], [...view.entries()]]).to.deep.equal([['a', 'b'], [1, 2], [...map]]);
    expect([view.size, view.get('b'), view.has('c')]).to.deep.equal([2, 2, false]);
    const seen: unknown[] = [];
    view.forEach((value, key, all) => {
      seen.push([key, value, all === view]);
    });
    expect(seen).to.deep.equal([
      ['a', 1, true],
      ['b', 2, true],
    ]);
    expect(view).not.to.have.any.keys('set', 'delete', 'clear');
  });
});
