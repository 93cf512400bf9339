import { expect } from 'chai';
import fc from 'fast-check';
import { ClaimIndex } from './claim-index';

describe('ClaimIndex', () => {
  const claim = fc.record({ place: fc.constantFrom('x', 'y'), key: fc.constantFrom('a', 'b', 'c', 'd') });
  const claims = fc.uniqueArray(claim, { selector: ({ place, key }) => `${place}${key}` });

  it('gives a place to the smallest key that claims it, whatever came and went before', () => {
    fc.assert(
      fc.property(claims, claims, (added, removed) => {
        const index = new ClaimIndex<string, string, { readonly key: string }>();
        for (const { place, key } of added) index.add(place, { key });
        for (const { place, key } of removed) index.delete(place, key);
        const isGone = (a: { place: string; key: string }): boolean =>
          removed.some((b) => b.place === a.place && b.key === a.key);
        for (const place of ['x', 'y']) {
          const left = added.filter((one) => one.place === place && !isGone(one)).map(({ key }) => key);
          expect(index.get(place)?.key).to.equal(left.sort()[0]);
        }
      }),
    );
  });
});
