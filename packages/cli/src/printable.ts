/** Text of somebody else's, fit for a terminal: control characters in a name must not steer it. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\uFFFD');
}

/** The same in one line, for where a line is a thing of its own. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*[\n\t]\s*/g, ' '));
}
