import { expect } from 'chai';
import fc from 'fast-check';
import { definitions, paragraphs, prose } from './prose';

describe('prose of a manual page', () => {
  it('is to be typed as it stands between backticks', () => {
    expect(prose('`-o json`, or `yaml`.')).to.deep.equal([{ literal: '-o json' }, ', or ', { literal: 'yaml' }, '.']);
  });

  it('names manual pages', () => {
    expect(prose('see polyplane-run(1), ipset(8)')).to.deep.equal([
      'see ',
      { literal: 'polyplane-run' },
      '(1), ',
      { literal: 'ipset' },
      '(8)',
    ]);
    expect(prose('host (the node itself), f(x), `ls(1)`')).to.deep.equal([
      'host (the node itself), f(x), ',
      { literal: 'ls(1)' },
    ]);
  });

  it('loses nothing but the backticks', () => {
    const text = fc.array(fc.oneof(fc.string(), fc.constantFrom('`', 'ls(1)', ' '))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (any) => {
        const spans = prose(any).map((span) => (typeof span === 'string' ? span : Object.values(span).join('')));
        expect(spans.join('')).to.equal(any.replaceAll('`', ''));
      }),
    );
  });

  it('is a paragraph a text', () => {
    expect(paragraphs(['one', 'two'])).to.deep.equal([
      { kind: 'paragraph', text: ['one'] },
      { kind: 'paragraph', text: ['two'] },
    ]);
  });

  it('says what words mean', () => {
    expect(definitions({ 0: 'all is well', NO_COLOR: 'no colour' })).to.deep.equal([
      { kind: 'definition', term: [{ literal: '0' }], text: ['all is well'] },
      { kind: 'definition', term: [{ literal: 'NO_COLOR' }], text: ['no colour'] },
    ]);
  });
});
