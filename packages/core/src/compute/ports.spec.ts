import { expect } from 'chai';
import fc from 'fast-check';
import { parsePortRange } from '../state';
import { mergePorts } from './ports';

describe('mergePorts', () => {
  it('joins ranges that touch or overlap', () => {
    const merged = mergePorts([range(90, 99), range(80, 80), range(81, 85), range(83, 84)]);
    expect(merged).to.deep.equal([range(80, 85), range(90, 99)]);
  });

  it('keeps exactly the same ports, in ranges that do not touch', () => {
    const ranges = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(ranges, (list) => {
        const given = list.map(([first, length]) => range(first, first + length));
        const merged = mergePorts(given);
        for (let port = 0; port <= 50; port++) {
          const isIn = (some: readonly { first: number; last: number }[]) =>
            some.some(({ first, last }) => first <= port && port <= last);
          expect(isIn(merged)).to.equal(isIn(given));
        }
        merged.slice(1).forEach(({ first }, index) => {
          expect(first).to.be.above((merged[index]?.last ?? 0) + 1);
        });
      }),
    );
  });
});

function range(first: number, last: number) {
  return parsePortRange(first, last);
}
