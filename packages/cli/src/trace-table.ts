/** The report of a trace as a table for people. */
import { stripVTControlCharacters } from 'node:util';
import { familyOf, formatObjectRef, formatProtocol } from '@polyplane/core';
import type { Packet } from '@polyplane/core/simulator';
import { foldLines } from './fold-lines';
import { color, formatTable } from './output';
import { printable } from './printable';
import type { ReportedNearestRule, ReportedObject, ReportedStep, TraceReport } from './trace-report';

/** What was asked. */
export interface AskedPacket {
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly packet: Pick<Packet, 'destination' | 'destinationPort' | 'protocol'>;
}

/**
 * The report for people, about the packet that they asked for. Where the table is wider than `width` columns, each step has lines of its
 * own in its place.
 */
export function formatTrace(report: TraceReport, asked: AskedPacket, width = Number.POSITIVE_INFINITY): string {
  const head = [
    `${color('bold', 'Packet  ')}  ${asked.from} -> ${asked.to}, from ${asked.node} on`,
    ...(/^(pod|svc):/.test(asked.to) ? [`${color('bold', 'Dials   ')}  ${formatDialled(asked.packet)}`] : []),
    `${color('bold', 'Verdict ')}  ${color(report.verdict === 'allow' ? 'green' : 'red', report.verdict)}`,
    ...formatTranslation(report),
  ];
  const table = formatSteps(report.steps);
  const isWide = table.split('\n').some((line) => stripVTControlCharacters(line).length > width);
  const parts = [
    head.join('\n'),
    isWide ? formatNarrow(report.steps) : table,
    ...report.nearestRules.map(formatNearest),
    ...report.isolations.map(formatIsolation),
  ];
  return foldLines(parts.join('\n\n'), width);
}

function formatDialled({ destination, destinationPort, protocol }: AskedPacket['packet']): string {
  const address = destinationPort !== undefined && familyOf(destination) === 6 ? `[${destination}]` : destination;
  return `${address}${destinationPort === undefined ? '' : `:${destinationPort}`}/${formatProtocol(protocol)}`;
}

function formatSteps(steps: readonly ReportedStep[]): string {
  const { hasChoice, hasNodes, hasPlaces } = columnsOf(steps);
  const rows = steps.map((step) => [
    ...(hasNodes ? [step.node] : []),
    step.stage,
    ...(hasChoice ? [step.destination ?? ''] : []),
    step.object === null ? '' : formatObject(step.object),
    step.rule ?? '',
    ...(hasPlaces ? [formatPlace(step)] : []),
    formatOutcome(step),
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
  return formatTable(heading, rows);
}

/** What happened in a line, and below it whose rule that was. */
function formatNarrow(steps: readonly ReportedStep[]): string {
  const { hasNodes } = columnsOf(steps);
  return steps
    .map((step) => {
      const place = [
        ...(hasNodes ? [step.node] : []),
        step.stage,
        ...(step.destination ? [`to ${step.destination}`] : []),
      ];
      const rule = formatRule(step);
      return [`${color('bold', place.join(' '))}: ${formatOutcome(step)}`, ...(rule === '' ? [] : [`  ${rule}`])].join(
        '\n',
      );
    })
    .join('\n');
}

/** Columns that say the same of every step are left out. */
function columnsOf(steps: readonly ReportedStep[]): Readonly<Record<'hasChoice' | 'hasNodes' | 'hasPlaces', boolean>> {
  return {
    hasChoice: steps.some((step) => step.destination !== undefined),
    hasNodes: new Set(steps.map(({ node }) => node)).size > 1,
    hasPlaces: steps.some(({ file }) => file !== undefined),
  };
}

function formatOutcome({ unmet, outcome }: ReportedStep): string {
  return unmet === undefined ? outcome : `no match: ${printable(unmet.join(', '))}`;
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
