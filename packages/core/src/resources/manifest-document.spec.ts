import { expect } from 'chai';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import type { FieldPath } from './field-path';
import { ManifestDocument } from './manifest-document';
import {
  FLOW_LINES_READ_BY_KUBECTL,
  READ_AS_TEXT,
  READ_BY_KUBECTL,
  REFUSED_BY_KUBECTL,
} from './testing/kubectl-readings';

const read = (text: string): ManifestDocument => new ManifestDocument({ text, firstLine: 1 });

describe('a document of a manifest', () => {
  it('has the values that kubectl reads', () => {
    for (const [text, json] of [...READ_BY_KUBECTL, ...FLOW_LINES_READ_BY_KUBECTL]) {
      const { value = null, fault } = read(text);
      expect({ value, fault }, text).to.deep.equal({ value: JSON.parse(json), fault: undefined });
    }
  });

  it('takes a single y or n for a text, where kubectl takes it for a truth value', () => {
    for (const [text, json] of READ_AS_TEXT) expect(read(text).value, text).to.deep.equal(JSON.parse(json));
  });

  it('is faulty where kubectl reads nothing, or not to the end', () => {
    for (const text of REFUSED_BY_KUBECTL) expect(read(text).fault, text).to.not.equal(undefined);
  });

  it('is faulty where a key comes twice, also by another name for it', () => {
    for (const text of ['a: 1\na: 2\n', '{a: 1, a: 2}', 'yes: 1\ntrue: 2\n', '8: 1\n010: 2\n', '"8": 1\n8: 2\n']) {
      expect(read(text).fault?.message, text).to.equal('a key that comes twice');
    }
  });

  it('reads lines within brackets and quotes wherever they begin, at the lines where they stand', () => {
    const text = 'a:\n  b: {\n"c": [\nd,\n  {e: f}]\n}\n  g: \'[\n  x\n\n]\'\n  h: 0x10\n';
    const document = read(text);
    expect(document.value).to.deep.equal({ a: { b: { c: ['d', { e: 'f' }] }, g: '[ x\n]', h: 16 } });
    const paths: readonly FieldPath[] = [
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 1, 'e'],
      ['a', 'g'],
      ['a', 'h'],
    ];
    expect(paths.map((path) => document.lineOf(path))).to.deep.equal([2, 3, 5, 7, 11]);
  });

  it('says the line of a fault behind such lines', () => {
    expect(read('a: {\nb: c,\n}\nd: [\ne\n]\nf: !!int g\n').fault).to.deep.equal({
      message: 'a text that !!int does not have',
      line: 7,
    });
    expect(read('a:\n  b: [\nc\n').fault?.line).to.be.within(2, 4);
  });

  it('comes to an end over any number of such lines', () => {
    const bracketed = `a:\n  b: [\n${'c,\n'.repeat(20_000)}]\n`;
    expect(read(bracketed).value).to.have.nested.property('a.b').with.lengthOf(20_000);
    const quoted = `a:\n  b: "\n${'c\n'.repeat(20_000)}"\n`;
    expect(read(quoted).fault).to.equal(undefined);
    expect(read(`a:\n${'  - [\n]\n'.repeat(20_000)}`).fault?.message).to.equal('deficient indentation');
  }).timeout(20_000);

  it('means nothing else by lines that begin at the margin', () => {
    const item = fc.constantFrom(
      'a',
      '"b c"',
      "'d ''e'",
      '{f: g}',
      '[h, "]"]',
      '{"i": [j]}',
      "k'l",
      '"m\\\n n"',
      'o # {p\n',
    );
    const flow = fc.array(item, { minLength: 1, maxLength: 8 });
    const margin = fc.constantFrom('\n', '\n ', '\n\n', '\n# ]\n', '\n\t');
    fc.assert(
      fc.property(flow, margin, (items, breaks) => {
        const wide = read(`x:\n  y: [\n      ${items.join(',\n      ')}\n      ]\n  z: 1\n`);
        const narrow = read(`x:\n  y: [${breaks}${items.join(`,${breaks}`)}${breaks}]\n  z: 1\n`);
        expect(narrow.fault).to.equal(undefined);
        expect(narrow.value).to.deep.equal(wide.value);
      }),
    );
  });

  it('has no value where it is empty', () => {
    expect([read('').value, read('# nothing\n').value, read('---\n').value ?? undefined]).to.deep.equal([
      ...[undefined, undefined, undefined],
    ]);
  });

  it('has numbers and truth values among its keys as texts, and no others', () => {
    expect(read('80: http\ntrue: x\n').value).to.deep.equal({ 80: 'http', true: 'x' });
    expect(read('010: x\nyes: y\n').lineOf(['true'])).to.equal(2);
    for (const text of ['? [a]\n: x\n', '? {a: b}\n: x\n', '~: x\n']) {
      expect(read(text).fault?.message, text).to.equal('a key that is neither text nor number');
    }
  });

  it('merges maps, the later of what is merged and written winning, and the earlier of several maps', () => {
    const maps = 'a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\n';
    expect(read(`${maps}c:\n  <<: [*a, *b]\n  k: 3\n`).value).to.deep.include({ c: { k: 3, l: 1, m: 2 } });
    expect(read(`${maps}c:\n  k: 3\n  <<: *a\n`).value).to.deep.include({ c: { k: 1, l: 1 } });
  });

  it('shares what aliases stand for, and bounds how much that is', () => {
    const many = (count: number): string => `a: &a [${Array(1000).fill('x').join(', ')}]\n${'- *a\n'.repeat(count)}`;
    expect(read(`x: &a {b: c}\nz: *a\n`).value).to.deep.equal({ x: { b: 'c' }, z: { b: 'c' } });
    const merges = `- &a {${Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join(', ')}}\n${'- {<<: *a}\n'.repeat(51)}`;
    expect(read(merges).fault?.message).to.equal('aliases stand for too much');
    const inBounds = many(90).replace('a: &a', '- &a');
    expect(read(inBounds).fault).to.equal(undefined);
    const tooMuch = many(101).replace('a: &a', '- &a');
    expect(read(tooMuch).fault).to.deep.equal({ message: 'aliases stand for too much', line: 101 });
  });

  it('is faulty where an alias stands within what it names, before it, or for nothing', () => {
    for (const text of ['a: &a [*a]', 'a: &a {b: *a}', 'a: *b\nc: &b d', 'a: *b']) {
      expect(read(text).fault, text).to.deep.equal({ message: 'an alias without an anchor before it', line: 1 });
    }
    expect(read('a: &a 1\nb: &a [*a]\n').fault?.line).to.equal(2);
  });

  it('knows the line of each field, through anchors, tags and quotes; of a block of text its first line', () => {
    const text = '# head\n---\na: &x\n  - !!str b\n  - "c d":\n      e: f\n  - >-\n    g\n"h i": {j: k,\n  l: *x}\n';
    const document = read(text);
    const lines = [[], ['a'], ['a', 0], ['a', 1], ['a', 1, 'c d', 'e'], ['a', 2], ['h i'], ['h i', 'l']] as const;
    expect(lines.map((path) => document.lineOf(path))).to.deep.equal([3, 3, 4, 5, 6, 8, 9, 10]);
  });

  it('takes the nearest thing around a field that is not written', () => {
    const document = read('a:\n  b:\n    - c\n');
    expect([document.lineOf(['a', 'x']), document.lineOf(['a', 'b', 7, 'y'])]).to.deep.equal([1, 2]);
  });

  it('gives back whatever was written as YAML, and finds each of its fields', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1, noNullPrototype: true }), (data) => {
        const text = dump(data, { lineWidth: -1 });
        const document = read(text);
        expect(document.value).to.deep.equal(data);
        const lines = text.split('\n');
        for (const name of Object.keys(data)) {
          expect(lines[document.lineOf([name]) - 1]).to.match(new RegExp(`^["']?${name}["']?:`));
        }
      }),
    );
  });
});
