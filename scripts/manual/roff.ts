/** Manual pages as text of the man(7) macros, of which mandoc and groff make the same page. */

/** What one page says. Its text is Unicode, without control characters; white space only parts words. */
export interface ManualPage {
  /** As `man NAME` finds it. */
  readonly name: string;
  /** 1: a command; 5: a file's format. */
  readonly section: 1 | 5;
  /** What it is in half a sentence; apropos(1) searches it. */
  readonly summary: string;
  /** YYYY-MM-DD. */
  readonly revised: string;
  /** What follows NAME. */
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

/** The page's file. Plain ASCII, so that it reads the same in every locale. */
export function formatManualPage({ name, section, summary, revised, sections }: ManualPage): string {
  const title = `.TH ${escapeRoff(name.toUpperCase())} ${section} ${revised} Polyplane "Polyplane Manual"`;
  const nameLine = `${escapeRoff(name)} \\- ${escapeRoff(summary)}`;
  const rest = sections.flatMap(({ title: heading, blocks }) => [
    `.SH "${escapeRoff(heading)}"`,
    ...blocks.flatMap((block, index) => formatBlock(block, index === 0)),
  ]);
  // What is to be typed must not be hyphenated, nor spread out.
  return `${[title, '.nh', '.ad l', '.SH NAME', nameLine, ...rest].join('\n')}\n`;
}

/** Plain text in which what stands in `backticks` is to be typed as it stands. */
export function prose(text: string): Text {
  return text.split('`').map((part, index) => (index % 2 === 1 ? { literal: part } : part));
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

/** Without these, groff prints look-alikes that no shell understands. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
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
