import { expect } from 'chai';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { ManifestDocument } from './manifest-document';

const read = (text: string): ManifestDocument => new ManifestDocument({ text, firstLine: 1 });

describe('a document of a manifest', () => {
  it('has the values of YAML 1.2’s core schema', () => {
    const scalars = '[1, -1, 0o17, 0x1F, 1e3, .5, 1_000, yes, on, true, ~, null, "1", 2001-12-14, 1.2.3.4, 08]';
    expect(read(scalars).value).to.deep.equal([
      ...[1, -1, 15, 31, 1000, 0.5, '1_000', 'yes', 'on', true, null, null, '1', '2001-12-14', '1.2.3.4', 8],
    ]);
  });

  it('has no value where it is empty', () => {
    expect([read('').value, read('# nothing\n').value, read('---\n').value ?? undefined]).to.deep.equal([
      ...[undefined, undefined, undefined],
    ]);
  });

  it('has numbers and truth values among its keys as texts, and no others', () => {
    expect(read('80: http\ntrue: x\n').value).to.deep.equal({ 80: 'http', true: 'x' });
    for (const text of ['? [a]\n: x\n', '? {a: b}\n: x\n', '~: x\n']) {
      expect(read(text).fault?.message, text).to.equal('a key that is neither text nor number');
    }
  });

  it('merges maps, what is written winning over what is merged, and the earlier over the later', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n';
    expect(read(text).value).to.deep.include({ c: { x: 3, y: 1, z: 2 } });
  });

  it('shares what aliases stand for, and bounds how much that is', () => {
    const many = (count: number): string => `a: &a [${Array(1000).fill('x').join(', ')}]\n${'- *a\n'.repeat(count)}`;
    expect(read(`x: &a {b: c}\ny: *a\n`).value).to.deep.equal({ x: { b: 'c' }, y: { b: 'c' } });
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
