/** The lines of a file that define an object, with those marked that findings are about. */

export interface ExcerptLine {
  /** 1-based, in the file. */
  readonly number: number;
  readonly text: string;
  readonly isMarked: boolean;
}

/** `undefined`: lines left out. */
export type Excerpt = readonly (ExcerptLine | undefined)[];

/** An object up to this long is shown whole. */
const WHOLE = 60;
/** Lines shown around a marked one in a longer object. */
const AROUND = 4;
/** A line that is longer is cut: a file may be one line. */
const MAX_LENGTH = 240;

/** Cuts objects out of one file. `starts`: the first line of every object in it. */
export class FileExcerpts {
  private readonly lines: readonly string[];
  /** By first line: the last line that can belong to the object. */
  private readonly ends = new Map<number, number>();

  constructor(text: string, starts: readonly number[]) {
    this.lines = text.split(/\r?\n/);
    const separators = this.lines.flatMap((line, index) => (/^(---|\.\.\.)(\s|$)/.test(line) ? [index + 1] : []));
    const boundaries = [...new Set([...starts, ...separators, this.lines.length + 1])].sort((a, b) => a - b);
    for (const [index, line] of boundaries.entries()) this.ends.set(line, (boundaries[index + 1] ?? line + 1) - 1);
  }

  /** From the object's first line to where the next object or document begins. */
  excerpt(firstLine: number, marked: ReadonlySet<number>): Excerpt {
    const last = this.lastLine(firstLine);
    const numbers = Array.from({ length: last - firstLine + 1 }, (_, index) => firstLine + index);
    const isShown = (number: number) =>
      numbers.length <= WHOLE || number === firstLine || [...marked].some((line) => Math.abs(line - number) <= AROUND);
    const excerpt: (ExcerptLine | undefined)[] = [];
    for (const number of numbers) {
      if (isShown(number)) excerpt.push(this.line(number, marked.has(number)));
      else if (excerpt.at(-1) !== undefined) excerpt.push(undefined);
    }
    return excerpt;
  }

  private lastLine(firstLine: number): number {
    // Comments and blank lines at the end belong to what comes next.
    let last = this.ends.get(firstLine) ?? firstLine;
    while (last > firstLine && /^\s*(#.*)?$/.test(this.lines[last - 1] ?? '')) last--;
    return last;
  }

  private line(number: number, isMarked: boolean): ExcerptLine {
    const text = this.lines[number - 1] ?? '';
    return { number, text: text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)} …` : text, isMarked };
  }
}
