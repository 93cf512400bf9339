/** The report of a trace: as scripts read it, and as a table for people. */
import { type Behaviours, formatObjectRef, type ObjectRef, type SourceLocation } from '@polyplane/core';
import {
  type ClusterDestination,
  type ClusterJudgement,
  type Hop,
  nearestRule,
  type TraceStep,
  type Verdict,
} from '@polyplane/core/simulator';
import { color, formatTable, printable } from './output';

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
  /** For each denial by policy: the rule that came nearest to allowing the packet. */
  readonly nearestRules: readonly ReportedStep[];
}

/** One stage; `null` where a built-in rule decided, or none did. */
export interface ReportedStep {
  readonly stage: string;
  readonly object: { readonly kind: string; readonly namespace: string | null; readonly name: string } | null;
  readonly rule: string | null;
  readonly outcome: string;
  /** The node whose stage it is. */
  readonly node: string;
  /** Where the rule stands, if it came from a file. */
  readonly file?: string;
  readonly line?: number;
  /** Of a rule that was asked and did not match: what it would have done, and the conditions that the packet fails. */
  readonly action?: string;
  readonly unmet?: readonly string[];
  /** Only where a service has several endpoints to choose from, and the stage comes after the choice: the one it is about. */
  readonly destination?: string;
}

/** Finds where a field of an object stands. */
export type Locate = (object: ObjectRef, field: string) => SourceLocation | undefined;

export function traceReport(judgement: ClusterJudgement, behaviours: Behaviours, locate: Locate): TraceReport {
  const { verdict, destinations, isTranslated, hops } = judgement;
  const ways = destinations.length === 0 ? [{ hops }] : destinations.map(wayTo);
  const common = commonSteps(ways);
  return {
    verdict,
    translation: {
      destination: isTranslated ? destinations.map(formatDestination) : [],
      snat: sourceNatOf(destinations),
      dsr: isTranslated && behaviours.isDirectServerReturn,
    },
    steps: [
      ...(ways[0]?.hops ?? []).flatMap(({ node, steps }) =>
        steps.filter((step) => common.has(step)).map((step) => reportStep(step, node, locate)),
      ),
      ...ways.flatMap(({ hops: met, choice }) =>
        met.flatMap(({ node, steps }) =>
          steps
            .filter((step) => !common.has(step))
            .map((step) => ({ ...reportStep(step, node, locate), ...(ways.length > 1 && choice) })),
        ),
      ),
    ],
    nearestRules: ways.flatMap(({ hops: met, choice }) => {
      const last = met.at(-1);
      const nearest = last === undefined ? undefined : nearestRule(last.steps);
      if (last === undefined || nearest === undefined) return [];
      return [{ ...reportStep(nearest, last.node, locate), ...(ways.length > 1 && choice) }];
    }),
  };
}

interface Way {
  readonly hops: readonly Hop[];
  readonly choice?: { readonly destination: string };
}

function wayTo(destination: ClusterDestination): Way {
  return { hops: destination.hops, choice: { destination: formatDestination(destination) } };
}

/** Steps before the choice stand in every way: the very same objects. */
function commonSteps(ways: readonly Way[]): ReadonlySet<TraceStep> {
  const [first = [], ...others] = ways.map(({ hops }) => hops.flatMap(({ steps }) => steps));
  return new Set(first.filter((step) => others.every((steps) => steps.includes(step))));
}

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
  const nearest = report.nearestRules.map((step) => `\n\n${formatNearest(step)}`).join('');
  return `${head.join('\n')}\n\n${formatTable(heading, rows)}${nearest}`;
}

function formatNearest({ object, rule, unmet = [], destination, ...place }: ReportedStep): string {
  const at = formatPlace(place);
  const name = `${object === null ? '' : `${formatObject(object)} `}${rule ?? ''}${at === '' ? '' : ` (${at})`}`;
  const to = destination === undefined ? '' : ` to ${destination}`;
  return `${color('bold', `Nearest rule that would have allowed it${to}:`)} ${name}\n  ${printable(unmet.join('\n  '))}`;
}

function formatPlace({ file, line }: Pick<ReportedStep, 'file' | 'line'>): string {
  return file === undefined ? '' : `${printable(file)}:${line ?? 1}`;
}

function formatDestination(destination: ClusterDestination): string {
  const { address, port } = destination;
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function sourceNatOf(destinations: readonly ClusterDestination[]): boolean | string {
  const masqueraded = destinations.filter((destination) => destination.isMasqueraded);
  if (masqueraded.length === 0) return false;
  return masqueraded.length === destinations.length || `to ${masqueraded.map(formatDestination).join(', ')}`;
}

function reportStep(
  { stage, object, rule, outcome, unmatched }: TraceStep,
  node: string,
  locate: Locate,
): ReportedStep {
  return {
    stage,
    object: object === undefined ? null : reportObject(object),
    rule: rule ?? null,
    outcome,
    node,
    ...(object !== undefined && locate(object, rule ?? '')),
    ...unmatched,
  };
}

function reportObject({ kind, namespace, name }: ObjectRef): ReportedStep['object'] {
  return { kind, namespace: namespace ?? null, name };
}

function formatObject({ kind, namespace, name }: NonNullable<ReportedStep['object']>): string {
  return formatObjectRef({ kind, name, ...(namespace === null ? {} : { namespace }) });
}

function formatTranslation({ translation: { destination, snat } }: TraceReport): readonly string[] {
  const goesTo = destination.length === 0 ? [] : [`${color('bold', 'Goes to ')}  ${destination.join(' or ')}`];
  if (snat === false) return goesTo;
  const as = snat === true ? 'the node’s address' : `the node’s address, ${snat}`;
  return [...goesTo, `${color('bold', 'Comes as')}  ${as}`];
}
