/** Folds long lines for a narrow terminal. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Each line of a text at most `width` columns wide, where its words allow: it is broken between words, and goes on two columns further in
 * than it began. A word that is wider stands whole, so that it can be copied. Styles count for nothing.
 */
export function foldLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => foldLine(line, width))
    .join('\n');
}

function foldLine(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = indent;
  let isEmpty = true;
  for (const word of line.slice(indent.length).split(' ')) {
    const longer = isEmpty ? `${current}${word}` : `${current} ${word}`;
    if (!isEmpty && widthOf(longer) > width) {
      lines.push(current.trimEnd());
      current = `${indent}  ${word}`;
    } else current = longer;
    isEmpty = false;
  }
  return [...lines, current].join('\n');
}

function widthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}
