/** An inspection as a unified diff, as `diff -u` and `kubectl diff` print it: what is in force, and what would be. */
import { structuredPatch } from 'diff';
import type { InspectedPart, Inspection } from '@polyplane/core';
import { color } from './output';
import { printable } from './printable';

/** Parts of which more lines differ are shown as removed and added whole: finding the shortest difference takes too long. */
const MOST_DIFFERENCES = 2000;

const CONTEXT = 3;

/** The parts that differ, each under its name; empty: none does. */
export function formatInspectionDiff({ parts }: Inspection): string {
  return parts
    .map(formatPart)
    .filter((text) => text !== '')
    .join('\n');
}

function formatPart(part: InspectedPart): string {
  if (isSame(part.inForce, part.wanted)) return '';
  const name = printable(part.name);
  const head = [color('bold', `--- ${name} (in force)`), color('bold', `+++ ${name} (would be)`)];
  return [...head, ...linesOf(part)].join('\n');
}

function linesOf({ inForce, wanted }: InspectedPart): readonly string[] {
  const hunks = inForce.length === 0 || wanted.length === 0 ? undefined : hunksOf(inForce, wanted);
  return (
    hunks ??
    formatHunk(
      [1, inForce.length],
      [1, wanted.length],
      [...inForce.map((line) => `-${line}`), ...wanted.map((line) => `+${line}`)],
    )
  );
}

/** Undefined where too much differs. */
function hunksOf(inForce: readonly string[], wanted: readonly string[]): readonly string[] | undefined {
  const options = { context: CONTEXT, maxEditLength: MOST_DIFFERENCES };
  const patch = structuredPatch('', '', textOf(inForce), textOf(wanted), undefined, undefined, options);
  return patch?.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) =>
    formatHunk([oldStart, oldLines], [newStart, newLines], lines),
  );
}

function formatHunk(
  [oldStart, oldLines]: readonly [number, number],
  [newStart, newLines]: readonly [number, number],
  lines: readonly string[],
): readonly string[] {
  const range = (start: number, count: number): string => `${count === 0 ? 0 : start},${count}`;
  return [color('cyan', `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`), ...lines.map(formatLine)];
}

function formatLine(line: string): string {
  const text = printable(line);
  if (line.startsWith('+')) return color('green', text);
  return line.startsWith('-') ? color('red', text) : text;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
