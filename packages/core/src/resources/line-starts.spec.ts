import { expect } from 'chai';
import fc from 'fast-check';
import { LineStarts } from './line-starts';

describe('the lines of a text', () => {
  it('are counted from 0, a line’s end being its own', () => {
    const lines = new LineStarts('a\nbc\n\nd');
    expect([0, 1, 2, 4, 5, 6].map((offset) => lines.lineAt(offset))).to.deep.equal([0, 0, 1, 1, 2, 3]);
  });

  it('are as many as there are line ends before the character', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\r\n')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(60), (whole, offset) => {
        const before = whole.slice(0, offset).split('\n').length - 1;
        expect(new LineStarts(whole).lineAt(offset)).to.equal(before);
      }),
    );
  });
});
