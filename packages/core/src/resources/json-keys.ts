/** Keys that come twice in JSON: a parser takes the last of them without a word. */

/** Whether some object in the text of this JSON value has a key twice. */
export function hasDoubleKeys(text: string, value: unknown): boolean {
  return countWrittenKeys(text) > countKeys(value);
}

/** The strings that a colon follows. Strings are skipped whole, so that none of their text is taken for one. */
function countWrittenKeys(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    const end = endOfString(text, start);
    let behind = end + 1;
    while (isBlank(text.charCodeAt(behind))) behind++;
    if (text[behind] === ':') count++;
    start = text.indexOf('"', behind);
  }
  return count;
}

/** Where the string's closing quote stands: one with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Without recursion: JSON may be nested as deep as it is long. */
function countKeys(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const below: readonly unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += below.length;
    for (const item of below) if (typeof item === 'object' && item !== null) open.push(item);
  }
  return count;
}
