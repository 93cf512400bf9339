/** The report of a trace as a table for people. */
import { formatObjectRef } from '@polyplane/core';
import { color, formatTable, printable } from './output';
import type { ReportedNearestRule, ReportedObject, ReportedStep, TraceReport } from './trace-report';

/** The report for people, about the packet that they asked for. */
export function formatTrace(
  report: TraceReport,
  asked: { readonly node: string; readonly from: string; readonly to: string },
): string {
  const head = [
    `${color('bold', 'Packet  ')}  ${asked.from} -> ${asked.to}, from ${asked.node} on`,
    `${color('bold', 'Verdict ')}  ${color(report.verdict === 'allow' ? 'green' : 'red', report.verdict)}`,
    ...formatTranslation(report),
  ];
  const hasChoice = report.steps.some((step) => step.destination !== undefined);
  const hasNodes = new Set(report.steps.map(({ node }) => node)).size > 1;
  const hasPlaces = report.steps.some(({ file }) => file !== undefined);
  const rows = report.steps.map((step) => [
    ...(hasNodes ? [step.node] : []),
    step.stage,
    ...(hasChoice ? [step.destination ?? ''] : []),
    step.object === null ? '' : formatObject(step.object),
    step.rule ?? '',
    ...(hasPlaces ? [formatPlace(step)] : []),
    step.unmet === undefined ? step.outcome : `no match: ${printable(step.unmet.join(', '))}`,
  ]);
  const heading = [
    ...(hasNodes ? ['NODE'] : []),
    'STAGE',
    ...(hasChoice ? ['TO'] : []),
    'OBJECT',
    'RULE',
    ...(hasPlaces ? ['AT'] : []),
    'OUTCOME',
  ];
  const table = `${head.join('\n')}\n\n${formatTable(heading, rows)}`;
  return [table, ...report.nearestRules.map(formatNearest), ...report.isolations.map(formatIsolation)].join('\n\n');
}

function formatTranslation({ translation: { destination, snat } }: TraceReport): readonly string[] {
  const goesTo = destination.length === 0 ? [] : [`${color('bold', 'Goes to ')}  ${destination.join(' or ')}`];
  if (snat === false) return goesTo;
  const as = snat === true ? 'the node’s address' : `the node’s address, ${snat}`;
  return [...goesTo, `${color('bold', 'Comes as')}  ${as}`];
}

function formatNearest(nearest: ReportedNearestRule): string {
  const { action, unmet, behind, destination } = nearest;
  const heading = color('bold', `Nearest rule that would have allowed it${formatChoice(destination)}:`);
  const lines = [
    `${heading} ${formatRule(nearest)}${action === 'pass' ? ', by passing it on' : ''}`,
    ...unmet.map(printable),
    ...behind.map((obstacle) => `stands behind ${obstacle.action} ${formatRule(obstacle)}`),
  ];
  return lines.join('\n  ');
}

function formatIsolation({ object, destination, ...place }: ReportedStep): string {
  const policy = formatRule({ ...place, object, rule: null });
  return `${color('bold', `No rule would have allowed it${formatChoice(destination)}:`)} ${policy} isolates the endpoint`;
}

function formatChoice(destination: string | undefined): string {
  return destination === undefined ? '' : ` to ${destination}`;
}

function formatRule({ object, rule, ...place }: Pick<ReportedStep, 'object' | 'rule' | 'file' | 'line'>): string {
  const at = formatPlace(place);
  const parts = [object === null ? '' : formatObject(object), rule ?? '', at === '' ? '' : `(${at})`];
  return parts.filter((part) => part !== '').join(' ');
}

function formatObject({ kind, namespace, name }: ReportedObject): string {
  return formatObjectRef({ kind, name, ...(namespace === null ? {} : { namespace }) });
}

function formatPlace({ file, line }: Pick<ReportedStep, 'file' | 'line'>): string {
  return file === undefined ? '' : `${printable(file)}:${line ?? 1}`;
}
