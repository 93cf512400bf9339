/** A node agent in the terms of Prometheus; what a peer (kube-proxy, Felix) measures in the same way has the peer's name. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from 'prom-client';
import type { ApplyReport, NodeAgent, NodeAgentStatus } from '@polyplane/core';
import { isReady } from './agent-status';
import { readVersion } from './version';

/** Gauges that say what the agent says of itself when asked: name, help, value. */
const GAUGES: readonly (readonly [name: string, help: string, value: (status: NodeAgentStatus) => number])[] = [
  ['polyplane_ready', '1 when a complete desired state has been put in force', (status) => Number(isReady(status))],
  ['polyplane_in_sync', '1 when the source is complete', ({ isInSync }) => Number(isInSync)],
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
  [
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'When a desired state was last put in force, in seconds since 1970',
    ({ reconciler }) => (reconciler?.lastApply?.at ?? 0) / 1000,
  ],
  [
    'felix_active_local_endpoints',
    'Workload and host endpoints of this node',
    ({ objects }) => objects.workload + objects.hostEndpoint,
  ],
  ['felix_active_local_policies', 'Policies that endpoints of this node have', ({ objects }) => objects.policy],
  ['felix_cluster_num_hosts', 'Nodes of the cluster', ({ objects }) => objects.node],
];

/** kube-proxy's: 1 ms to 16 s, doubled each time. */
const APPLY_BUCKETS = Array.from({ length: 15 }, (_, exponent) => 0.001 * 2 ** exponent);
/** From a change that the source tells to its being in force: 10 ms to 164 s, doubled each time. */
const SYNC_BUCKETS = Array.from({ length: 15 }, (_, exponent) => 0.01 * 2 ** exponent);
/** kube-proxy's, with fewer steps beyond 10 s. */
const PROGRAMMING_BUCKETS = [0.25, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300];

/** What is measured of an agent, and how long its endpoints' changes took to be in force, which somebody else finds out. */
export interface AgentMetrics {
  readonly registry: Registry;
  /** From a change of a service's endpoints, as its controller dates it, to its being in force on this node. */
  readonly observeProgramming: (seconds: number) => void;
}

/** A registry of its own, so that two agents in one process do not meet. */
export function agentMetrics(agent: NodeAgent): AgentMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [name, help, value] of GAUGES) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(value(agent.status)) });
  }
  tellBuild(agent, registry);
  countObjects(agent, registry);
  countAudits(agent, registry);
  countFailures(agent, registry);
  measureApplies(agent, registry);
  const programming = new Histogram({
    name: 'kubeproxy_network_programming_duration_seconds',
    help: 'From a change of endpoints, as its controller dates it, to its being in force',
    buckets: PROGRAMMING_BUCKETS,
    registers,
  });
  return { registry, observeProgramming: (seconds) => programming.observe(seconds) };
}

function tellBuild({ status }: NodeAgent, registry: Registry): void {
  const info = new Gauge({
    name: 'polyplane_build_info',
    help: '1, labelled with the versions of this agent and of Node.js, and the version of the dataplanes whose limits count',
    labelNames: ['version', 'node_version', 'profile'],
    registers: [registry],
  });
  info.set({ version: readVersion(), node_version: process.versions.node, profile: status.profile }, 1);
}

function countObjects(agent: NodeAgent, registry: Registry): void {
  const objects: Gauge<'type'> = new Gauge({
    name: 'polyplane_objects',
    help: 'Objects of the desired state, by type',
    labelNames: ['type'],
    registers: [registry],
    collect: () => {
      for (const [type, count] of Object.entries(agent.status.objects)) objects.set({ type }, count);
    },
  });
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

function countFailures(agent: NodeAgent, registry: Registry): void {
  const failures = new Counter({
    name: 'felix_int_dataplane_failures',
    help: 'Times that a desired state could not be put in force, each of which is tried again',
    registers: [registry],
  });
  let last: unknown;
  agent.status$.subscribe(({ reconciler }) => {
    const failure = reconciler?.lastFailure;
    if (failure === undefined || failure === last) return;
    last = failure;
    if (failure.operation === 'apply') failures.inc();
  });
}

function measureApplies(agent: NodeAgent, registry: Registry): void {
  const registers = [registry];
  const duration = new Histogram({
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    help: 'How long it took to put a desired state in force',
    buckets: APPLY_BUCKETS,
    registers,
  });
  const summary = new Summary({
    name: 'felix_int_dataplane_apply_time_seconds',
    help: 'How long it took to put a desired state in force',
    percentiles: [0.5, 0.9, 0.99],
    maxAgeSeconds: 600,
    ageBuckets: 5,
    registers,
  });
  const sync = new Histogram({
    name: 'polyplane_sync_duration_seconds',
    help: 'From a change that the source tells to its being in force, failures and waiting included',
    buckets: SYNC_BUCKETS,
    registers,
  });
  let last: ApplyReport | undefined;
  agent.status$.subscribe(({ reconciler }) => {
    const apply = reconciler?.lastApply;
    if (apply === undefined || apply === last) return;
    last = apply;
    duration.observe(apply.durationMs / 1000);
    summary.observe(apply.durationMs / 1000);
    sync.observe(apply.waitedMs / 1000);
  });
}
