/** A node agent in the terms of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { NodeAgent, NodeAgentStatus } from '@polyplane/core';
import { isReady } from './agent-status';

/** Gauges that say what the agent says of itself when asked: name, help, value. */
const GAUGES: readonly (readonly [name: string, help: string, value: (status: NodeAgentStatus) => number])[] = [
  ['polyplane_ready', '1 when a complete desired state has been put in force', (status) => Number(isReady(status))],
  ['polyplane_wanted_revision', 'Newest desired state', (status) => status.revision],
  ['polyplane_applied_revision', 'Newest desired state in force', ({ reconciler }) => reconciler?.appliedRevision ?? 0],
  ['polyplane_pending_objects', 'Objects not in force yet', ({ reconciler }) => reconciler?.pendingObjects ?? 0],
  [
    'polyplane_refused_objects',
    'Objects that the backend refused',
    ({ reconciler }) => reconciler?.quarantined.length ?? 0,
  ],
  ['polyplane_failures', 'Failures in a row', ({ reconciler }) => reconciler?.lastFailure?.failures ?? 0],
  ['polyplane_source_problems', 'Objects that the source could not use', (status) => status.problems],
  ['polyplane_diagnostics', 'Limits of the backend that objects meet', (status) => status.diagnostics],
];

/** A registry of its own, so that two agents in one process do not meet. */
export function agentMetrics(agent: NodeAgent): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const [name, help, value] of GAUGES) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => gauge.set(value(agent.status)),
    });
  }
  countAudits(agent, registry);
  return registry;
}

function countAudits(agent: NodeAgent, registry: Registry): void {
  const registers = [registry];
  const audits = new Counter({ name: 'polyplane_audits_total', help: 'Audits that ended', registers });
  const repairs = new Counter({
    name: 'polyplane_audit_repairs_total',
    help: 'Differences that audits repaired',
    registers,
  });
  let lastAuditAt = 0;
  agent.status$.subscribe(({ reconciler }) => {
    const audit = reconciler?.lastAudit;
    if (audit === undefined || audit.at === lastAuditAt) return;
    lastAuditAt = audit.at;
    audits.inc();
    repairs.inc(audit.repaired.length);
  });
}
