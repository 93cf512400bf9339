import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { foldLines } from './fold-lines';

describe('a folded text', () => {
  it('is as it was where it fits', () => {
    expect(foldLines('one  two\n\n  three ', 10)).to.equal('one  two\n\n  three ');
  });

  it('goes on two columns further in', () => {
    expect(foldLines('  one two three four', 11)).to.equal('  one two\n    three\n    four');
  });

  it('keeps a word whole', () => {
    expect(foldLines('see examples/shop/network-policies.yaml:12 there', 10)).to.equal(
      'see\n  examples/shop/network-policies.yaml:12\n  there',
    );
  });

  it('does not count styles', () => {
    const bold = '\u001b[1mone\u001b[22m two';
    expect(foldLines(bold, 7)).to.equal(bold);
    expect(foldLines(bold, 6)).to.equal('\u001b[1mone\u001b[22m\n  two');
  });

  it('has every word in its order, and no line that could have been broken', () => {
    const words = fc.array(fc.stringMatching(/^[a-z:/.]{1,12}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 40 }), fc.integer({ min: 0, max: 6 }), (list, width, indent) => {
        const folded = foldLines(' '.repeat(indent) + list.join(' '), width);
        expect(folded.split(/\s+/).filter(Boolean)).to.deep.equal(list);
        for (const line of folded.split('\n')) {
          if (line.trim().includes(' ')) expect(stripVTControlCharacters(line).length).to.be.at.most(width);
        }
      }),
    );
  });
});
