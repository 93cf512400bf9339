import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { skipIf } from '@polyplane/conformance';
import { type Block, formatManualPage, formatText, type ManualPage, type Span, type Text } from './roff';

/** Each makes plain text of a page that comes on stdin, without breaking a line of our length. */
const RENDERERS = {
  mandoc: ['-man', '-Wwarning', '-Tutf8', '-Owidth=1000'],
  groff: ['-man', '-Tutf8', '-rLL=1000n', '-ww', '-P-cbou'],
} as const;

/** What a shell, roff or a macro may take for something else, in every order; and letters beyond ASCII. */
const character = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
  fc.constantFrom(
    '.',
    "'",
    '"',
    '\\',
    '-',
    '`',
    '^',
    '~',
    ' ',
    '\\&',
    '\\fB',
    '\\"',
    '.PP',
    '‘',
    '’',
    '—',
    'é',
    'ß',
    'Ж',
    '→',
  ),
);
const text = fc
  .array(character, { minLength: 1, maxLength: 40 })
  .map((characters) => characters.join(''))
  .filter((joined) => joined.trim() !== '');
const spans = fc.array(
  fc.oneof(
    text,
    text.map((literal) => ({ literal })),
    text.map((placeholder) => ({ placeholder })),
  ),
  { minLength: 1, maxLength: 4 },
);
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant('synopsis' as const), command: text, operands: fc.array(spans, { minLength: 1 }) }),
  fc.record({ kind: fc.constant('paragraph' as const), text: spans }),
  fc.record({ kind: fc.constant('definition' as const), term: spans, text: spans }),
  fc.record({ kind: fc.constant('lines' as const), lines: fc.array(text, { minLength: 1 }) }),
);

describe('a text of a manual page', () => {
  it('is one line of ASCII that begins with no request', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (any) => {
        expect(formatText([any])).to.match(/^(?![.'])[ -~]*$/);
      }),
    );
  });

  it('can be read back, so nothing of it is lost', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(unescapeRoff(formatText([any]))).to.equal(any.replace(/ +/g, ' ').trim());
      }),
    );
  });

  it('is escaped where a look-alike would be printed', () => {
    expect(formatText([`.so 'a' "b" \`c\` -x ~/^ \\n`])).to.equal(
      '\\&.so \\(aqa\\(aq \\(dqb\\(dq \\(gac\\(ga \\-x \\(ti/\\(ha \\en',
    );
    expect(formatText(['the agent’s'])).to.equal('the agent\\(cqs');
    expect(formatText(['a → b'])).to.equal('a \\[u2192] b');
    expect(formatText(['one\u00a0word'])).to.equal('one\\~word');
  });
});

describe('a manual page', () => {
  it('has a heading, a paragraph, definitions and lines in the form of the macros', () => {
    const page = pageOf([
      {
        kind: 'synopsis',
        command: 'polyplane x',
        operands: [['[', { literal: '-f' }, '\u00a0', { placeholder: 'path' }, ']']],
      },
      { kind: 'paragraph', text: ['Reads ', { literal: '-' }, '.'] },
      { kind: 'definition', term: [{ literal: '-f' }], text: ['a file'] },
      { kind: 'lines', lines: ['a:', '  - .b'] },
    ]);
    expect(formatManualPage(page, '2026-01-02').split('\n')).to.deep.equal([
      '.TH NAME 1 2026-01-02 Polyplane ""',
      '.nr HY 0',
      '.ad l',
      '.SH NAME',
      'name \\- summary',
      '.SH "HEADING"',
      '.SY "polyplane x"',
      '[\\fB\\-f\\fR\\~\\fIpath\\fR]',
      '.YS',
      '.PP',
      'Reads \\fB\\-\\fR.',
      '.TP',
      '\\fB\\-f\\fR',
      'a file',
      '.PP',
      '.EX',
      'a:',
      '  \\- .b',
      '.EE',
      '',
    ]);
  });

  for (const [renderer, options] of Object.entries(RENDERERS)) {
    it(`is printed by ${renderer} word for word, whatever they are`, function () {
      skipIf(this, spawnSync(renderer, ['-v']).error === undefined ? undefined : `no ${renderer} on this machine`);
      fc.assert(
        fc.property(fc.array(block, { minLength: 1, maxLength: 30 }), (blocks) => {
          const input = formatManualPage(pageOf(blocks), '2026-01-02');
          const { stdout, stderr } = spawnSync(renderer, options, { input, encoding: 'utf8' });
          expect(stderr).to.equal('');
          expect(printedWords(stdout)).to.deep.equal(blocks.flatMap(wordsOf));
        }),
        { numRuns: 30 },
      );
    }).timeout(60_000);
  }
});

function pageOf(blocks: readonly Block[]): ManualPage {
  const sections = [{ title: 'HEADING', blocks }];
  return { name: 'name', section: 1, summary: 'summary', sections };
}

function unescapeRoff(roff: string): string {
  return roff
    .replace(/^\\&/, '')
    .replace(/\\\([a-z]{2}|\\e|\\-/g, (name) => CHARACTERS[name] ?? '')
    .replace(/\\\[u([0-9A-F]+)\]/g, (_name, hexadecimal: string) =>
      String.fromCodePoint(Number.parseInt(hexadecimal, 16)),
    );
}

const CHARACTERS: Readonly<Record<string, string>> = {
  '\\(aq': "'",
  '\\(dq': '"',
  '\\(ga': '`',
  '\\(ha': '^',
  '\\(ti': '~',
  '\\(oq': '‘',
  '\\(cq': '’',
  '\\(lq': '“',
  '\\(rq': '”',
  '\\e': '\\',
  '\\-': '-',
};

/** What stands between the heading and the footer. Bold is a letter, a backspace, and the letter again. */
function printedWords(output: string): readonly string[] {
  const lines = output.replace(/.[\b]/gu, '').trimEnd().split('\n');
  return lines
    .slice(lines.indexOf('HEADING') + 1, -1)
    .join(' ')
    .trim()
    .split(/\s+/);
}

function wordsOf(one: Block): readonly string[] {
  return textsOf(one)
    .map((one) => one.map(textOfSpan).join(''))
    .join(' ')
    .trim()
    .split(/ +/);
}

function textOfSpan(span: Span): string {
  if (typeof span === 'string') return span;
  return 'literal' in span ? span.literal : span.placeholder;
}

function textsOf(one: Block): readonly Text[] {
  switch (one.kind) {
    case 'synopsis':
      return [[one.command], ...one.operands];
    case 'paragraph':
      return [one.text];
    case 'definition':
      return [one.term, one.text];
    case 'lines':
      return one.lines.map((line) => [line]);
  }
}
