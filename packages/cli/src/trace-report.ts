/** The report of a trace, as scripts read it. */
import type { Behaviours, ObjectRef, SourceLocation } from '@polyplane/core';
import type {
  ClusterDestination,
  ClusterJudgement,
  Hop,
  NearestRule,
  Obstacle,
  TraceOutcome,
  TraceStage,
  TraceStep,
  Verdict,
} from '@polyplane/core/simulator';

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
  /** For each denial by policy that a rule could have prevented: the rule that came nearest to it. */
  readonly nearestRules: readonly ReportedNearestRule[];
  /** For each denial by a tier's end that no rule could have prevented: that step. Its policy isolates the endpoint. */
  readonly isolations: readonly ReportedStep[];
}

/** One stage; `null` where a built-in rule decided, or none did. */
export interface ReportedStep {
  readonly stage: TraceStage;
  readonly object: ReportedObject | null;
  readonly rule: string | null;
  /** `notAsked`: only of a rule that stands behind what decided. */
  readonly outcome: TraceOutcome | 'notAsked';
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

/**
 * A rule in the stage that denied the packet: it would have let it through but for the conditions in `unmet` and for what
 * decides before it. `outcome` is `noMatch`, or `notAsked` for a rule behind something.
 */
export interface ReportedNearestRule extends ReportedStep {
  /** `pass`: to a later tier or profile that lets the packet through. */
  readonly action: 'allow' | 'pass';
  readonly unmet: readonly string[];
  readonly behind: readonly ReportedObstacle[];
}

/** A rule that matches the packet and decides, or a tier's end; `object` is `null` for a policy that is not in force. */
export interface ReportedObstacle extends Pick<ReportedStep, 'object' | 'file' | 'line'> {
  readonly action: 'deny' | 'pass';
  readonly rule: string;
}

export interface ReportedObject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

/** Finds where a field of an object stands. */
export type Locate = (object: ObjectRef, field: string) => SourceLocation | undefined;

export function traceReport(judgement: ClusterJudgement, behaviours: Behaviours, locate: Locate): TraceReport {
  const { verdict, destinations, isTranslated } = judgement;
  const ways = waysOf(judgement);
  const common = commonSteps(ways);
  const beforeChoice = ways.slice(0, 1).flatMap((way) => way.filter(({ step }) => common.has(step)));
  const afterChoice = ways.flatMap((way) => way.filter(({ step }) => !common.has(step)));
  const denials = ways.flat().filter(({ step }) => step.outcome === 'deny');
  return {
    verdict,
    translation: {
      destination: isTranslated ? destinations.map(formatDestination) : [],
      snat: sourceNatOf(destinations),
      dsr: isTranslated && behaviours.isDirectServerReturn,
    },
    steps: [
      ...beforeChoice.map(({ step, place: { node } }) => reportStep(step, { node }, locate)),
      ...afterChoice.map(({ step, place }) => reportStep(step, place, locate)),
    ],
    nearestRules: denials.flatMap(({ step: { stage, nearest }, place }) =>
      nearest === undefined ? [] : [reportNearest(nearest, stage, place, locate)],
    ),
    isolations: denials
      .filter(({ step }) => step.isTierEnd === true && step.nearest === undefined)
      .map(({ step, place }) => reportStep(step, place, locate)),
  };
}

/** A step, and where on the packet's ways it stands. */
interface MetStep {
  readonly step: TraceStep;
  readonly place: Place;
}

type Place = Pick<ReportedStep, 'node' | 'destination'>;

/** The steps on each way that the packet may take. */
function waysOf({ destinations, hops }: ClusterJudgement): readonly (readonly MetStep[])[] {
  if (destinations.length === 0) return [stepsOf(hops)];
  const isChoice = destinations.length > 1;
  return destinations.map((end) => stepsOf(end.hops, isChoice ? formatDestination(end) : undefined));
}

function stepsOf(hops: readonly Hop[], destination?: string): readonly MetStep[] {
  return hops.flatMap(({ node, steps }) => {
    const place = { node, ...(destination === undefined ? {} : { destination }) };
    return steps.map((step) => ({ step, place }));
  });
}

/** Steps before the choice stand in every way: the very same objects. */
function commonSteps(ways: readonly (readonly MetStep[])[]): ReadonlySet<TraceStep> {
  const [first = [], ...others] = ways.map((way) => way.map(({ step }) => step));
  return new Set(first.filter((step) => others.every((steps) => steps.includes(step))));
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
  { stage, object, rule, outcome, unmatched }: Omit<TraceStep, 'outcome'> & Pick<ReportedStep, 'outcome'>,
  place: Place,
  locate: Locate,
): ReportedStep {
  return {
    stage,
    object: reportObject(object),
    rule: rule ?? null,
    outcome,
    ...place,
    ...(object !== undefined && locate(object, rule ?? '')),
    ...(unmatched !== undefined && { ...unmatched, unmet: unmatched.unmet.map(tellUnread) }),
  };
}

function reportNearest(
  { origin: { object, field }, action, unmet, behind }: NearestRule,
  stage: TraceStage,
  place: Place,
  locate: Locate,
): ReportedNearestRule {
  const outcome = behind.length === 0 ? 'noMatch' : 'notAsked';
  const step = reportStep({ stage, object, rule: field, outcome }, place, locate);
  return {
    ...step,
    action,
    unmet: unmet.map(tellUnread),
    behind: behind.map((obstacle) => reportObstacle(obstacle, locate)),
  };
}

/** Which peers stand in place of those of a rule that cannot be read: nobody. */
const NOBODY = 'has(rule-cannot-be-read) && !has(rule-cannot-be-read)';

function tellUnread(condition: string): string {
  return condition.includes(NOBODY) ? 'it cannot be read, and allows nothing' : condition;
}

function reportObstacle({ action, object, rule }: Obstacle, locate: Locate): ReportedObstacle {
  return { action, object: reportObject(object), rule, ...(object !== undefined && locate(object, rule)) };
}

function reportObject(object: ObjectRef | undefined): ReportedObject | null {
  return object === undefined ? null : { kind: object.kind, namespace: object.namespace ?? null, name: object.name };
}
