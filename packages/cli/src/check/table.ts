/** The answer of `check` for people: each backend's verdict, then what stands behind it, then what a switch changes. */
import { formatObjectRef } from '@polyplane/core';
import { color, formatTable } from '../output';
import { formatEveryNode, isEveryNode } from './every-node';
import { groupByCode } from './group-by-code';
import { formatJudgedBy, formatOtherJudgement } from './judged-by';
import type { ChangeData, CheckData, FindingData } from './report-data';

/** Objects told of one limit or change; the other formats tell all. */
const MOST = 10;

/** `nodes`: the names of the cluster's nodes. */
export function formatCheck(
  { judgedBy, backends, behaviourChanges, otherProfiles }: CheckData,
  nodes: ReadonlySet<string> = new Set(),
): string {
  const summary = formatTable(
    ['BACKEND', 'VERDICT', 'ERRORS', 'WARNINGS', 'NOTES'],
    backends.map(({ name, verdict, findings }) => [
      name,
      color(STYLES[verdict], verdict),
      ...(['error', 'warning', 'info'] as const).map((severity) => String(countOf(findings, severity))),
    ]),
  );
  const details = backends.flatMap(({ name, findings }) =>
    groupByCode(findings).map(([code, group]) => formatFindings(name, code, group)),
  );
  const changes = groupByCode(behaviourChanges).map(([code, group]) => formatChanges(code, group, nodes));
  const basis = [formatJudgedBy(judgedBy), ...otherProfiles.map(formatOtherJudgement)].join('\n');
  return [summary, ...details, ...changes, basis].join('\n\n');
}

const STYLES = { supported: 'green', degraded: 'yellow', unsupported: 'red' } as const;
const SEVERITY_STYLES = { error: 'red', warning: 'yellow', info: 'dim' } as const;

function countOf(findings: readonly FindingData[], severity: FindingData['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function formatFindings(backend: string, code: string, group: readonly FindingData[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const { severity, remedy } = first;
  const isSame = group.every(({ message }) => message === first.message);
  const label = `${backend}: ${severity}${times(group.length)}`;
  const title = `${color(SEVERITY_STYLES[severity], label)} ${isSame ? first.message : ''}`;
  const lines = group.map(({ object, field, file, line, message }) => {
    const place = file === undefined ? '' : `${file}:${line ?? 1}: `;
    const where = field === '' ? '' : ` ${field}`;
    return `  ${place}${formatObjectRef(object)}${where}${isSame ? '' : `: ${message}`}`;
  });
  return [title.trimEnd(), ...cut(lines), `  ${color('bold', 'What to do:')} ${remedy} (${code})`].join('\n');
}

function formatChanges(code: string, group: readonly ChangeData[], nodes: ReadonlySet<string>): string {
  const [first] = group;
  if (first === undefined) return '';
  const title = color('bold', `from ${first.from} to ${first.to}: ${code}${times(group.length)}`);
  const isOfEveryNode = group.every(({ message }) => message === first.message) && isEveryNode(objectsOf(group), nodes);
  const lines = isOfEveryNode
    ? [`  ${formatEveryNode(nodes)}: ${first.message}`]
    : cut(group.map(({ object, message }) => `  ${formatObjectRef(object)}: ${message}`));
  return [title, ...lines, `  ${color('bold', 'What to do:')} ${first.remedy}`].join('\n');
}

function objectsOf(group: readonly ChangeData[]): readonly ChangeData['object'][] {
  return group.map(({ object }) => object);
}

/** Nothing for one, which the line below names. */
function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`;
}

function cut(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST;
  return more <= 1 ? lines : [...lines.slice(0, MOST), `  and ${more} more (-o json or -o html shows all)`];
}
