/** Parts the text of a list of objects into its entries, so that no more than one of them has to be in memory as it is read. */
import { countNewlines, type DocumentText } from './document-text';

/**
 * A list in pieces. They stand for the whole only where each can be read by itself: what looks like the beginning of an entry
 * may be a line within quotes.
 */
export interface ListParts {
  /** The list with `items` that are null. */
  readonly head: string;
  /** Of YAML: sequences of one entry each. Of JSON: the entries. */
  readonly entries: Iterable<DocumentText>;
  /** How many characters all entries have. */
  readonly length: number;
}

/** From and to, in characters of a text. */
type Range = readonly [start: number, end: number];

/**
 * Parts a YAML document that has its `items` as kubectl writes them: the key at the margin, a line for each entry that begins
 * with `-`. Undefined for any other.
 */
export function partYamlList(document: DocumentText): ListParts | undefined {
  const { text } = document;
  const key = /^items:[ \t]*(?:#.*)?\r?$/m.exec(text);
  if (key === null) return undefined;
  const from = endOfLine(text, key.index);
  const starts: number[] = [];
  let indent: number | undefined;
  let line = from;
  for (; line < text.length; line = endOfLine(text, line)) {
    const first = endOfSpaces(text, line);
    if (/[#\r\n]|^$/.test(text.charAt(first))) continue;
    const isEntry = text[first] === '-' && /\s|^$/.test(text.charAt(first + 1));
    if (isEntry) indent ??= first - line;
    if (indent === undefined || first - line < indent) break;
    if (first - line > indent) continue;
    if (!isEntry) break;
    starts.push(line);
  }
  return partsOf(
    document,
    [from, line],
    starts.map((start, index) => [start, starts[index + 1] ?? line]),
    '',
  );
}

/** Parts a JSON object that has an array of `items`. Undefined for any other. */
export function partJsonList(document: DocumentText): ListParts | undefined {
  const { text } = document;
  const open = startOfItems(text);
  if (open === undefined) return undefined;
  const ranges: Range[] = [];
  let depth = 0;
  let start = open + 1;
  for (let index = nextBracket(text, start); index !== undefined; index = nextBracket(text, index + 1)) {
    const character = text[index];
    if (character === '[' || character === '{') depth++;
    else if (character !== ',') depth--;
    if (depth < 0 || (depth === 0 && character === ',')) {
      ranges.push([start, index]);
      start = index + 1;
    }
    if (depth < 0) return partsOf(document, [open, index + 1], ranges, 'null');
  }
  return undefined;
}

/** @param instead what stands in the place of the items */
function partsOf(
  document: DocumentText,
  [start, end]: Range,
  ranges: readonly Range[],
  instead: string,
): ListParts | undefined {
  const { text } = document;
  if (ranges.length === 0) return undefined;
  return {
    head: text.slice(0, start) + instead + text.slice(end),
    entries: { [Symbol.iterator]: () => cut(document, ranges) },
    length: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
  };
}

function* cut({ text, firstLine }: DocumentText, ranges: readonly Range[]): Generator<DocumentText, void> {
  let line = firstLine;
  let counted = 0;
  for (const [start, end] of ranges) {
    line += countNewlines(text, counted, start);
    counted = start;
    yield { text: text.slice(start, end), firstLine: line };
  }
}

/** The offset of the next line, or the text's end. */
function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}

function endOfSpaces(text: string, offset: number): number {
  let index = offset;
  while (text[index] === ' ') index++;
  return index;
}

/** The offset of the bracket that opens the array of a JSON object's own `items`. */
function startOfItems(text: string): number | undefined {
  let depth = 0;
  for (let index = nextBracket(text, 0); index !== undefined; index = nextBracket(text, index + 1)) {
    const character = text[index];
    if (character === '[' && depth === 1 && /"items"\s*:\s*$/.test(text.slice(Math.max(0, index - 50), index)))
      return index;
    if (character === '[' || character === '{') depth++;
    else if (character !== ',' && --depth === 0) return undefined;
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKETS_AND_COMMA = new Set(Array.from('[]{},', (character) => character.charCodeAt(0)));

/** The offset of the next bracket or comma of a JSON text that stands in no string. */
function nextBracket(text: string, from: number): number | undefined {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (BRACKETS_AND_COMMA.has(code)) return index;
  }
  return undefined;
}

/** The offset of the quote that ends the string that begins at an offset. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index++;
    else if (code === QUOTE) return index;
  }
  return text.length;
}
