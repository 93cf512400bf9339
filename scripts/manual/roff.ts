/** Manual pages as text of the man(7) macros, of which mandoc and groff make the same page. */

/** What one page says. Its text is Unicode, without control characters; white space only parts words. */
export interface ManualPage {
  /** As `man NAME` finds it. */
  readonly name: string;
  /** 1: a command; 5: a file's format. */
  readonly section: 1 | 5;
  /** What it is in half a sentence; apropos(1) searches it. */
  readonly summary: string;
  /** What follows NAME. A section without blocks is left out. */
  readonly sections: readonly PageSection[];
}

export interface PageSection {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** None of the texts is empty. */
export type Block =
  | { readonly kind: 'synopsis'; readonly command: string; readonly operands: readonly Text[] }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'definition'; readonly term: Text; readonly text: Text }
  | { readonly kind: 'lines'; readonly lines: readonly string[] };

export type Text = readonly Span[];

/** Plain words, what is to be typed as it stands, or what stands for a value. */
export type Span = string | { readonly literal: string } | { readonly placeholder: string };

/**
 * The page's file. Plain ASCII, so that it reads the same in every locale.
 * @param revised YYYY-MM-DD
 */
export function formatManualPage({ name, section, summary, sections }: ManualPage, revised: string): string {
  const title = `.TH ${escapeRoff(name.toUpperCase())} ${section} ${revised} Polyplane ""`;
  const nameLine = `${escapeRoff(name)} \\- ${escapeRoff(summary)}`;
  // No word is hyphenated, nor spread out: it may be one to be typed.
  return `${[title, '.nr HY 0', '.ad l', '.SH NAME', nameLine, ...sections.flatMap(formatSection)].join('\n')}\n`;
}

function formatSection({ title, blocks }: PageSection): readonly string[] {
  if (blocks.length === 0) return [];
  return [`.SH "${escapeRoff(title)}"`, ...blocks.flatMap((block, index) => formatBlock(block, index === 0))];
}

/** One line that prints the text as it is: no character is taken for a request, a quote of a macro, or a typographic sign. */
export function formatText(text: Text): string {
  return protectLine(text.map(formatSpan).join('').trim());
}

function formatBlock(block: Block, isFirst: boolean): readonly string[] {
  // A heading begins a paragraph by itself.
  const paragraph = isFirst ? [] : ['.PP'];
  switch (block.kind) {
    case 'synopsis':
      return [`.SY "${escapeRoff(block.command)}"`, block.operands.map(formatText).join(' '), '.YS'];
    case 'paragraph':
      return [...paragraph, formatText(block.text)];
    case 'definition':
      return ['.TP', formatText(block.term), formatText(block.text)];
    case 'lines':
      return [...paragraph, '.EX', ...block.lines.map((line) => protectLine(escapeRoff(line))), '.EE'];
  }
}

function formatSpan(span: Span): string {
  if (typeof span === 'string') return escapeWords(span);
  return 'literal' in span ? `\\fB${escapeWords(span.literal)}\\fR` : `\\fI${escapeWords(span.placeholder)}\\fR`;
}

function escapeWords(text: string): string {
  return escapeRoff(text.replace(/[\t\n\r ]+/g, ' '));
}

function escapeRoff(text: string): string {
  return text.replace(
    /[^ \w!#$%&()*+,./:;<=>?@[\]{|}]/gu,
    (character) => ESCAPES[character] ?? `\\[u${hexadecimal(character)}]`,
  );
}

/** The ASCII ones, for otherwise look-alikes would be printed that no shell understands; the others, for apropos(1) knows them by these names. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '‘': '\\(oq',
  '’': '\\(cq',
  '“': '\\(lq',
  '”': '\\(rq',
  // A space that no line breaks at.
  '\u00a0': '\\~',
};

function hexadecimal(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** A leading dot would make a request of the line; a leading quote is escaped already. */
function protectLine(roff: string): string {
  return roff.startsWith('.') ? `\\&${roff}` : roff;
}
