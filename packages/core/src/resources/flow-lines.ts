/** How far brackets and quotes reach in a text. */

/** A quoted text of either kind, or brackets of either kind. */
export type Enclosure = "'" | '"' | '[';

/** The offset behind the last character that surely stands within the enclosure that is open at the offset; the line's end at least. */
export function endOfFlowLines(text: string, offset: number, enclosure: Enclosure): number {
  const end = enclosure === '[' ? endOfBrackets(text, offset) : endOfQuotes(text, offset, enclosure);
  const newline = text.indexOf('\n', offset);
  return Math.max(end, newline < 0 ? text.length : newline);
}

/** Behind the quote that ends what is open. */
function endOfQuotes(text: string, offset: number, quote: "'" | '"'): number {
  for (let index = offset; index < text.length; index++) {
    const character = text[index];
    if (character === '\\' && quote === '"') index++;
    else if (character === quote) {
      if (quote === '"' || text[index + 1] !== quote) return index + 1;
      index++;
    }
  }
  return text.length;
}

/** At the bracket that ends what is open, or where a quote or a `#` may or may not begin something. */
function endOfBrackets(text: string, offset: number): number {
  let depth = 0;
  for (let index = offset; index < text.length; index++) {
    const character = text[index] ?? '';
    const isAtStart = /[\s,[{]/.test(text[index - 1] ?? '\n');
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') {
      if (depth === 0) return index;
      depth--;
    } else if (character === "'" || character === '"') {
      if (!isAtStart) return index;
      index = endOfQuotes(text, index + 1, character) - 1;
    } else if (character === '#' && isAtStart) {
      const newline = text.indexOf('\n', index);
      if (newline < 0) return text.length;
      index = newline;
    }
  }
  return text.length;
}
