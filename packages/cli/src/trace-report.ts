/** The report of a trace: as scripts read it, and as a table for people. */
import { type Behaviours, formatObjectRef, type ObjectRef } from '@polyplane/core';
import type { Destination, Judgement, TraceStep, Verdict } from '@polyplane/core/simulator';
import { color, formatTable } from './output';

/** What `trace -o json` prints. */
export interface TraceReport {
  readonly verdict: Verdict;
  readonly translation: {
    /** `ip:port` of each endpoint that a service may choose; empty when no service translates the packet. */
    readonly destination: readonly string[];
    /** Source-NATed; a text when it depends on the endpoint that is chosen. */
    readonly snat: boolean | string;
    /** The answer goes straight from the endpoint's node to the client. */
    readonly dsr: boolean;
  };
  readonly steps: readonly ReportedStep[];
}

/** One stage; `null` where a built-in rule decided, or none did. */
export interface ReportedStep {
  readonly stage: string;
  readonly object: { readonly kind: string; readonly namespace: string | null; readonly name: string } | null;
  readonly rule: string | null;
  readonly outcome: string;
  /** Only where a service has several endpoints to choose from, and the stage comes after the choice: the one it is about. */
  readonly destination?: string;
}

export function traceReport(judgement: Judgement, behaviours: Behaviours): TraceReport {
  const { verdict, destinations, isTranslated } = judgement;
  return {
    verdict,
    translation: {
      destination: isTranslated ? destinations.map(formatDestination) : [],
      snat: sourceNatOf(destinations),
      dsr: isTranslated && behaviours.isDirectServerReturn,
    },
    steps: [...judgement.steps.map((step) => reportStep(step)), ...destinations.flatMap(stepsAfterChoice)],
  };
}

/** The report for people, about the packet that they asked for. */
export function formatTrace(
  report: TraceReport,
  asked: { readonly node: string; readonly from: string; readonly to: string },
): string {
  const head = [
    `${color('bold', 'Packet  ')}  ${asked.from} -> ${asked.to}, as ${asked.node} sees it`,
    `${color('bold', 'Verdict ')}  ${color(report.verdict === 'allow' ? 'green' : 'red', report.verdict)}`,
    ...formatTranslation(report),
  ];
  const hasChoice = report.steps.some((step) => step.destination !== undefined);
  const rows = report.steps.map((step) => [
    step.stage,
    ...(hasChoice ? [step.destination ?? ''] : []),
    step.object === null ? '' : formatObject(step.object),
    step.rule ?? '',
    step.outcome,
  ]);
  return `${head.join('\n')}\n\n${formatTable(['STAGE', ...(hasChoice ? ['TO'] : []), 'OBJECT', 'RULE', 'OUTCOME'], rows)}`;
}

function formatDestination(destination: Destination): string {
  const { address, port } = destination;
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function sourceNatOf(destinations: readonly Destination[]): boolean | string {
  const masqueraded = destinations.filter((destination) => destination.isMasqueraded);
  if (masqueraded.length === 0) return false;
  return masqueraded.length === destinations.length || `to ${masqueraded.map(formatDestination).join(', ')}`;
}

function stepsAfterChoice(
  destination: Destination,
  _index: number,
  all: readonly Destination[],
): readonly ReportedStep[] {
  const choice = all.length > 1 ? { destination: formatDestination(destination) } : {};
  return destination.steps.map((step) => ({ ...reportStep(step), ...choice }));
}

function reportStep({ stage, object, rule, outcome }: TraceStep): ReportedStep {
  return { stage, object: object === undefined ? null : reportObject(object), rule: rule ?? null, outcome };
}

function reportObject({ kind, namespace, name }: ObjectRef): ReportedStep['object'] {
  return { kind, namespace: namespace ?? null, name };
}

function formatObject({ kind, namespace, name }: NonNullable<ReportedStep['object']>): string {
  return formatObjectRef({ apiVersion: '', kind, name, ...(namespace === null ? {} : { namespace }) });
}

function formatTranslation({ translation: { destination, snat } }: TraceReport): readonly string[] {
  const goesTo = destination.length === 0 ? [] : [`${color('bold', 'Goes to ')}  ${destination.join(' or ')}`];
  if (snat === false) return goesTo;
  const as = snat === true ? 'the node’s address' : `the node’s address, ${snat}`;
  return [...goesTo, `${color('bold', 'Comes as')}  ${as}`];
}
