/** The status of a running node agent, as `/status` serves it and `polyplane status` shows it. */
import { z } from 'zod';
import { color, formatTable } from './output';

const failure = z.object({
  operation: z.string(),
  code: z.string(),
  message: z.string(),
  isRetriable: z.boolean(),
  /** ISO 8601. */
  since: z.string(),
  failures: z.number(),
});

const schema = z.object({
  node: z.string(),
  backend: z.string(),
  /** What the reconciler is doing: `idle` when all that is wanted is in force. */
  phase: z.string(),
  isReady: z.boolean(),
  wantedRevision: z.number(),
  appliedRevision: z.number(),
  pendingObjects: z.number(),
  lastFailure: failure.nullable(),
  lastAudit: z.object({ at: z.string(), repaired: z.array(z.string()) }).nullable(),
  /** Objects that the backend refused; everything else is in force. */
  quarantined: z.array(z.object({ key: z.string(), code: z.string(), message: z.string() })),
  /** What the source could not use. */
  problems: z.array(
    z.object({ code: z.string(), message: z.string(), file: z.string().nullable(), line: z.number().nullable() }),
  ),
  /** What the backend does not do of what the cluster asks for. */
  diagnostics: z.array(
    z.object({ code: z.string(), severity: z.string(), object: z.string(), field: z.string(), message: z.string() }),
  ),
});

export type AgentStatus = z.infer<typeof schema>;

/** The status in an agent's answer; undefined when it is none. */
export function parseAgentStatus(answer: unknown): AgentStatus | undefined {
  return schema.safeParse(answer).data;
}

export function formatAgentStatus(status: AgentStatus): string {
  const isCurrent = status.appliedRevision === status.wantedRevision;
  const rows = [
    ['Node', status.node],
    ['Backend', status.backend],
    ['Phase', color(status.phase === 'idle' ? 'green' : 'yellow', status.phase)],
    ['Ready', status.isReady ? color('green', 'yes') : color('yellow', 'not yet')],
    ['In force', `revision ${status.appliedRevision}${isCurrent ? '' : ` of ${status.wantedRevision}`}`],
    ['Pending', `${status.pendingObjects} objects`],
    ['Last audit', status.lastAudit === null ? 'none yet' : formatAudit(status.lastAudit)],
    ...(status.lastFailure === null ? [] : [['Failing', color('red', formatFailure(status.lastFailure))]]),
  ];
  const head = rows.map(([name, value]) => `${color('bold', (name ?? '').padEnd(12))}${value}`).join('\n');
  const lists = [
    formatList(
      'REFUSED BY THE BACKEND',
      status.quarantined.map(({ key, code, message }) => [key, code, message]),
    ),
    formatList(
      'NOT DONE BY THE BACKEND',
      status.diagnostics.map(({ object, field, code, message }) => [`${object} ${field}`.trim(), code, message]),
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

function formatAudit({ at, repaired }: NonNullable<AgentStatus['lastAudit']>): string {
  return `${at}, ${repaired.length === 0 ? 'nothing had to be repaired' : `${repaired.length} differences repaired`}`;
}

function formatFailure({ operation, code, message, since, failures }: NonNullable<AgentStatus['lastFailure']>): string {
  return `${operation} since ${since}, ${failures} times: ${message} (${code})`;
}

function formatList(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : formatTable([title, 'CODE', 'MESSAGE'], rows);
}
