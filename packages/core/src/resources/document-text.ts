/** Parts the text of a manifest file into its documents. */

/** A document's text and where it begins in its file. */
export interface DocumentText {
  readonly text: string;
  /** 1-based. */
  readonly firstLine: number;
}

const MARKER = /^(?:---|\.\.\.)(?=\s|$)/gm;

/**
 * The documents of a YAML stream. `---` and `...` at the beginning of a line part documents whatever is around them
 * (YAML 1.2.2, 9.1.2), so that a fault in one document leaves the others readable.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let firstLine = 1;
  const cut = (end: number): void => {
    const part = text.slice(start, end);
    if (/\S/.test(part)) documents.push({ text: part, firstLine });
    firstLine += countNewlines(part);
    start = end;
  };
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    if (marker === '...') cut(endOfLine(text, index));
    else if (!isPrologue(text.slice(start, index))) cut(index);
  }
  cut(text.length);
  return documents;
}

/** `%YAML` and `%TAG` lines belong to the document that the next `---` begins. */
function isPrologue(text: string): boolean {
  return /^%/m.test(text) && text.split('\n').every((line) => /^\s*(?:#|$)|^%/.test(line));
}

function endOfLine(text: string, index: number): number {
  const newline = text.indexOf('\n', index);
  return newline < 0 ? text.length : newline + 1;
}

/** The line ends of a part of a text. */
export function countNewlines(text: string, start = 0, end = text.length): number {
  let count = 0;
  for (let index = text.indexOf('\n', start); index >= 0 && index < end; index = text.indexOf('\n', index + 1)) count++;
  return count;
}
