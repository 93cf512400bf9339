/** What the command prints on stdout: data as a table for people, or as JSON or YAML for scripts. */
import { type StyleTextOptions, styleText } from 'node:util';
import Table from 'cli-table3';
import { Option } from 'commander';
import { stringify } from 'yaml';

/** How the data of a command is printed. */
export type OutputFormat = 'table' | 'json' | 'yaml';

/** The option `-o` with the formats that a command knows; the first is the default. */
export function outputOption<Format extends string>(formats: readonly [Format, ...Format[]]): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats).default(formats[0]);
}

/** Prints `data` as JSON or YAML, or what `table` makes for people. */
export function printData(format: OutputFormat, data: unknown, table: () => string): void {
  printLine(formatData(format, data, table));
}

/** Writes a line (or several) to stdout. */
export function printLine(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Columns under a heading, two spaces apart, without lines between. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: heading.map((title) => color('bold', title)),
    chars: BLANK,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * How many columns stdout shows: of a terminal its own, else what `COLUMNS` says; undefined where nobody says, so that any width will do.
 */
export function terminalWidth(
  { columns }: Pick<NodeJS.WriteStream, 'columns'> = process.stdout,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): number | undefined {
  // A terminal may say that it has none; it then does not know.
  if (columns !== undefined && columns > 0) return columns;
  const { COLUMNS = '' } = environment;
  return /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : undefined;
}

export type Style = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

/** Styles text for stdout: plain when it is no terminal or NO_COLOR is set. */
export function color(styles: Style | readonly Style[], text: string): string {
  // One by one: given a list, Node 20 does not ask whether the stream is a terminal.
  return [styles].flat().reduce((styled, style) => styleText(style, styled, STDOUT), text);
}

const STDOUT: StyleTextOptions = { stream: process.stdout };

const BLANK = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

function formatData(format: OutputFormat, data: unknown, table: () => string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(data, undefined, 2);
    case 'yaml':
      return stringify(data);
    case 'table':
      return table();
  }
}
