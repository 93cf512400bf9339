/** The status of a running node agent, as `/status` serves it and `polyplane status` shows it. */
import { z } from 'zod';
import {
  type AgentProblem,
  type CodedError,
  type CoreErrorCode,
  type Diagnostic,
  formatObjectRef,
  type NodeAgentStatus,
  type ReconcilerStatus,
} from '@polyplane/core';
import { findingData } from './check/report-data';
import { color, formatTable } from './output';
import { printable, printableLine } from './printable';

const failure = z.object({
  /** `open`, `apply`, `audit` or `release`. */
  operation: z.string(),
  code: z.string(),
  message: z.string(),
  /** ISO 8601; null when it was not recorded. */
  since: z.string().nullable(),
  /** Failures in a row. */
  failures: z.number(),
});

const schema = z.object({
  node: z.string(),
  /** Null until it is chosen. */
  backend: z.string().nullable(),
  /** The version of the dataplanes whose limits count. */
  profile: z.string(),
  /** The backend's feature gates, each on or off. */
  featureGates: z.record(z.string(), z.boolean()),
  /** `opening`, `failed`, `stopped`; while it runs, what the reconciler does: `idle` when all that is wanted is in force. */
  phase: z.string(),
  /** What was wanted when the source was complete has been in force. */
  isReady: z.boolean(),
  wantedRevision: z.number(),
  appliedRevision: z.number(),
  pendingObjects: z.number(),
  failure: failure.nullable(),
  lastAudit: z.object({ at: z.string(), repaired: z.array(z.string()) }).nullable(),
  /** Objects that the backend refused; everything else is in force. */
  quarantined: z.array(z.object({ key: z.string(), code: z.string(), message: z.string() })),
  /** What the source could not use. */
  problems: z.array(
    z.object({ code: z.string(), message: z.string(), file: z.string().nullable(), line: z.number().nullable() }),
  ),
  /** What the backend does not do of what the cluster asks for, in the form of `check`'s findings. */
  diagnostics: z.array(
    z.object({
      code: z.string(),
      severity: z.string(),
      feature: z.string(),
      object: z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
      field: z.string(),
      file: z.string().optional(),
      line: z.number().optional(),
      effect: z.string(),
      isDenied: z.boolean().optional(),
      message: z.string(),
      remedy: z.string(),
      source: z.string(),
    }),
  ),
});

export type AgentStatus = z.infer<typeof schema>;

/** What the agent says of itself, as `/status` serves it. */
export function agentStatus(
  status: NodeAgentStatus,
  problems: readonly AgentProblem[],
  diagnostics: readonly Diagnostic[],
): AgentStatus {
  const { reconciler } = status;
  return {
    node: status.nodeName,
    backend: status.backend ?? null,
    profile: status.profile,
    featureGates: { ...status.featureGates },
    phase: status.phase === 'running' && reconciler !== undefined ? reconciler.phase : status.phase,
    isReady: isReady(status),
    wantedRevision: status.revision,
    appliedRevision: reconciler?.appliedRevision ?? 0,
    pendingObjects: reconciler?.pendingObjects ?? 0,
    failure: status.failure === undefined ? failureOf(reconciler) : failureToOpen(status.failure),
    lastAudit:
      reconciler?.lastAudit === undefined
        ? null
        : { at: formatTime(reconciler.lastAudit.at), repaired: [...reconciler.lastAudit.repaired] },
    quarantined: (reconciler?.quarantined ?? []).map(({ key, code, message }) => ({ key, code, message })),
    problems: problems.map(({ code, message, file, line }) => ({
      code,
      message,
      file: file ?? null,
      line: line ?? null,
    })),
    diagnostics: diagnostics.map(findingData),
  };
}

/** A complete desired state is, or has been, in force, and the dataplane is there; no object that should close something is missing from it. */
export function isReady({ phase, isInSync, notInForce, reconciler }: NodeAgentStatus): boolean {
  const isThere = phase === 'running' && reconciler !== undefined && reconciler.phase !== 'targetLost';
  return isThere && isInSync && notInForce === 0 && reconciler.appliedRevision > 0;
}

/** Problems that keep a source from being complete; all others are of single objects. */
const HOLDING_CODES: ReadonlySet<string> = new Set<CoreErrorCode>([
  'PP_NODE_MISSING',
  'PP_MANIFEST_UNREADABLE',
  'PP_MANIFEST_EMPTY',
  'PP_MANIFEST_SYNTAX',
  'PP_CLUSTER_FORBIDDEN',
  'PP_CLUSTER_UNREACHABLE',
]);

/** What an agent that is not ready waits for, in one line. */
export function notReadyReason(status: NodeAgentStatus, problems: readonly AgentProblem[]): string {
  const { phase, failure, isInSync, notInForce, reconciler } = status;
  if (phase !== 'running') return failure === undefined ? `the agent is ${phase}` : failure.message;
  if (!isInSync) {
    const holding = problems.find(({ code }) => HOLDING_CODES.has(code));
    return `the source is not complete${holding === undefined ? '' : `: ${holding.message}`}`;
  }
  if (notInForce > 0) {
    const open = problems.find(({ code }) => code === 'PP_OBJECT_NOT_IN_FORCE');
    if (open !== undefined) return open.message;
  }
  return reconciler?.lastFailure?.message ?? `the dataplane is ${reconciler?.phase ?? 'not open'}`;
}

/** The status in an agent's answer; undefined when it is none. */
export function parseAgentStatus(answer: unknown): AgentStatus | undefined {
  return schema.safeParse(answer).data;
}

function failureOf(reconciler: ReconcilerStatus | undefined): AgentStatus['failure'] {
  if (reconciler?.lastFailure === undefined) return null;
  const { operation, code, message, since, failures } = reconciler.lastFailure;
  return { operation, code, message, since: formatTime(since), failures };
}

function failureToOpen({ code, message }: CodedError): AgentStatus['failure'] {
  return { operation: 'open', code, message, since: null, failures: 1 };
}

function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function formatAgentStatus(status: AgentStatus): string {
  const isCurrent = status.appliedRevision === status.wantedRevision;
  const rows = [
    ['Node', status.node],
    ['Backend', status.backend ?? 'not chosen yet'],
    ...formatGates(status.featureGates),
    ['Phase', color(status.phase === 'idle' ? 'green' : 'yellow', status.phase)],
    ['Ready', status.isReady ? color('green', 'yes') : color('yellow', 'not yet')],
    ['In force', `revision ${status.appliedRevision}${isCurrent ? '' : ` of ${status.wantedRevision}`}`],
    ['Pending', `${status.pendingObjects} objects`],
    ['Last audit', status.lastAudit === null ? 'none yet' : formatAudit(status.lastAudit)],
    ...(status.failure === null ? [] : [['Failing', color('red', formatFailure(status.failure))]]),
  ];
  const head = rows.map(([name, value]) => `${color('bold', (name ?? '').padEnd(12))}${value}`).join('\n');
  const lists = [
    formatList(
      'REFUSED BY THE BACKEND',
      status.quarantined.map(({ key, code, message }) => [key, code, message]),
    ),
    formatList(
      'NOT DONE BY THE BACKEND',
      status.diagnostics.map(({ object, field, code, message }) => [
        `${formatObjectRef(object)} ${field}`.trim(),
        code,
        message,
      ]),
    ),
    formatList(
      'UNUSABLE INPUT',
      status.problems.map(({ file, line, code, message }) => [
        file === null ? '' : `${file}:${line ?? 1}`,
        code,
        message,
      ]),
    ),
  ];
  return [head, ...lists.filter((list) => list !== '')].join('\n\n');
}

function formatGates(gates: AgentStatus['featureGates']): readonly (readonly string[])[] {
  const states = Object.entries(gates).map(([name, isOn]) => `${printable(name)} ${isOn ? 'on' : 'off'}`);
  return states.length === 0 ? [] : [['Gates', states.join(', ')]];
}

function formatAudit({ at, repaired }: NonNullable<AgentStatus['lastAudit']>): string {
  return `${at}, ${repaired.length === 0 ? 'nothing had to be repaired' : `${repaired.length} differences repaired`}`;
}

function formatFailure({ operation, code, message, since, failures }: NonNullable<AgentStatus['failure']>): string {
  const length = since === null ? '' : ` since ${since}, ${failures} times`;
  return printableLine(`${operation}${length}: ${message} (${code})`);
}

function formatList(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0
    ? ''
    : formatTable(
        [title, 'CODE', 'MESSAGE'],
        rows.map((row) => row.map(printableLine)),
      );
}
