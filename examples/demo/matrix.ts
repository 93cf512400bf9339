/** The connectivity matrix: what real packets did, beside what the simulator says. */
import { styleText } from 'node:util';

/**
 * What becomes of a flow. `reachedAsNode`: arrives with the node's address as its source. `depends`: some endpoints of
 * the service are reached, others not. `refused`: with RST or ICMP. `dropped`: no answer. `elsewhere`: somebody answers who
 * should not. `notAsked`: no packet of this pair meets the node under test.
 */
export type Cell = 'reached' | 'reachedAsNode' | 'depends' | 'refused' | 'dropped' | 'elsewhere' | 'notAsked';

/** Who sends, a row. */
export interface RowHeading {
  readonly name: string;
  /** Where it is: the node that it runs on, or the network that it is in. */
  readonly place: string;
}

/** What is dialled, a column. */
export interface ColumnHeading {
  readonly name: string;
  /** Columns of one group stand together. */
  readonly group: string;
}

export interface Matrix {
  readonly title: string;
  readonly rows: readonly RowHeading[];
  readonly columns: readonly ColumnHeading[];
  /** By row, then by column. */
  readonly cells: readonly (readonly Cell[])[];
}

/** How a cell looks and what it says in the legend. */
const LOOKS: Readonly<Record<Cell, { readonly symbol: string; readonly style: Style; readonly meaning: string }>> = {
  reached: { symbol: '●', style: 'green', meaning: 'answers' },
  reachedAsNode: { symbol: '◆', style: 'cyan', meaning: 'answers, saw the node' },
  depends: { symbol: '◐', style: 'yellow', meaning: 'depends on endpoint' },
  refused: { symbol: '×', style: 'red', meaning: 'refused' },
  dropped: { symbol: '·', style: 'dim', meaning: 'dropped' },
  elsewhere: { symbol: '!', style: 'red', meaning: 'wrong one answers' },
  notAsked: { symbol: ' ', style: 'dim', meaning: 'not asked' },
};

/** One style: for a list of them Node 20 does not ask whether stdout is a terminal. */
type Style = 'green' | 'cyan' | 'yellow' | 'red' | 'dim';

/** A pair whose cell is another one in another matrix of the same rows and columns. */
export interface Difference {
  readonly row: RowHeading;
  readonly column: ColumnHeading;
  readonly from: Cell;
  readonly to: Cell;
}

export function differences(from: Matrix, to: Matrix): readonly Difference[] {
  return from.rows.flatMap((row, r) =>
    from.columns.flatMap((column, c): readonly Difference[] => {
      const [before, after] = [cellAt(from, r, c), cellAt(to, r, c)];
      return before === after ? [] : [{ row, column, from: before, to: after }];
    }),
  );
}

/** A line for several senders whose packets to one target fare the same; what is left, a line for each sender. */
export function formatDifferences(all: readonly Difference[]): string {
  const byColumn = groupBy(all, ({ column, from, to }) => [column.name, from, to]);
  const shared = byColumn.filter((group) => group.length > 1);
  const single = byColumn.filter((group) => group.length === 1).flat();
  const bySender = groupBy(single, ({ row, from, to }) => [row.name, from, to]);
  const lines = [
    ...shared.map(
      (group) => [`from ${listNames(group.map(({ row }) => row.name))}`, group[0]?.column.name ?? '', group] as const,
    ),
    ...bySender.map(
      (group) => [`from ${group[0]?.row.name}`, listNames(group.map(({ column }) => column.name)), group] as const,
    ),
  ];
  return lines.map(([from, to, [first]]) => `${formatChange(first)}  ${from} to ${to}`).join('\n');
}

/** What the symbols mean. */
export function formatLegend(): string {
  return Object.values(LOOKS)
    .map(({ symbol, style, meaning }) => `${symbol === ' ' ? 'blank' : styleText(style, symbol)} ${meaning}`)
    .join('   ');
}

/** What a matrix is shown with; all have the same rows and columns. */
export interface MatrixContext {
  /** Shown at its right; cells that differ are marked in both. */
  readonly beside?: Matrix | undefined;
  /** What was there before; cells that have changed since are shown inverse. */
  readonly before?: Matrix | undefined;
}

/** A matrix under its headings. */
export function formatMatrix(matrix: Matrix, { beside, before }: MatrixContext = {}): string {
  const names = columnOf(matrix.rows.map((row) => row.name));
  const places = columnOf(matrix.rows.map((row) => row.place));
  const margin = ' '.repeat((names[0]?.length ?? 0) + (places[0]?.length ?? 0) + 2 * GAP.length);
  const matrices = beside === undefined ? [matrix] : [matrix, beside];
  const headings = matrix.columns.map((_, c) => `${margin}${formatColumnHeading(matrix.columns, c)}`);
  const titles = matrices.map(({ title, columns }) => title.padEnd(widthOf(columns))).join(`${GAP}${GAP}`);
  const rows = matrix.rows.map((_, r) => {
    const cells = matrices.map((one) => formatRow(one, r, one === matrix ? beside : matrix, before));
    const mark = beside !== undefined && differsInRow(matrix, beside, r) ? styleText('red', `${GAP}<- differs`) : '';
    return `${names[r]}${GAP}${styleText('dim', places[r] ?? '')}${GAP}${cells.join(`${GAP}${GAP}`)}${mark}`;
  });
  return [...headings, styleText('bold', `${margin}${titles}`.trimEnd()), ...rows].join('\n');
}

const GAP = '  ';

/** A step of the staircase: `││┌ name`. */
function formatColumnHeading(columns: readonly ColumnHeading[], index: number): string {
  const stems = columns.slice(0, index).map((_, c) => `│${gapAfter(columns, c)}`);
  return `${styleText('dim', `${stems.join('')}┌ `)}${columns[index]?.name ?? ''}`;
}

function formatRow(matrix: Matrix, row: number, other: Matrix | undefined, before: Matrix | undefined): string {
  const cells = matrix.columns.map((_, c) => {
    const cell = cellAt(matrix, row, c);
    const differs = other !== undefined && cell !== cellAt(other, row, c);
    const hasChanged = before !== undefined && cell !== cellAt(before, row, c);
    const symbol = styleText(differs ? 'red' : LOOKS[cell].style, LOOKS[cell].symbol);
    return `${differs || hasChanged ? styleText('inverse', symbol) : symbol}${gapAfter(matrix.columns, c)}`;
  });
  return cells.join('');
}

function differsInRow(matrix: Matrix, other: Matrix, row: number): boolean {
  return matrix.columns.some((_, c) => cellAt(matrix, row, c) !== cellAt(other, row, c));
}

function cellAt(matrix: Matrix, row: number, column: number): Cell {
  return matrix.cells[row]?.[column] ?? 'notAsked';
}

/** A space between groups. */
function gapAfter(columns: readonly ColumnHeading[], index: number): string {
  const next = columns[index + 1];
  return next !== undefined && next.group !== columns[index]?.group ? ' ' : '';
}

function widthOf(columns: readonly ColumnHeading[]): number {
  return columns.reduce((width, _, c) => width + 1 + gapAfter(columns, c).length, 0);
}

function columnOf(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.padEnd(longest(texts)));
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function formatChange(difference: Difference | undefined): string {
  if (difference === undefined) return '';
  const [from, to] = [LOOKS[difference.from], LOOKS[difference.to]];
  return `${styleText(from.style, from.symbol)} -> ${styleText(to.style, to.symbol)}`;
}

function listNames(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/** Items with equal keys, in the order in which the keys come first. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => readonly string[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}
