// A user's TypeScript, as strict as it gets: who reaches the service, and what each package offers beside that.
import { readFileSync } from 'node:fs';
import { EBPF_LIMITS, EbpfBackend } from '@polyplane/backend-ebpf';
import { IPTABLES_BEHAVIOURS, IptablesBackend } from '@polyplane/backend-iptables';
import { VPP_LIMITS, VppBackend } from '@polyplane/backend-vpp';
import { type BackendHarness, describeBackend, type SuitesReport } from '@polyplane/conformance';
import {
  ComputeGraph,
  DesiredStateStore,
  loadManifests,
  parseIpAddress,
  parsePort,
  type ResourceChange,
  TCP,
} from '@polyplane/core';
import type { DataplaneBackend, LimitTable } from '@polyplane/core/backend';
import { NodeSimulator, type Verdict } from '@polyplane/core/simulator';
import { FakeBackend } from '@polyplane/core/testing';

const backends: readonly DataplaneBackend[] = [new IptablesBackend(), new EbpfBackend(), new VppBackend()];
const limits: readonly LimitTable[] = [EBPF_LIMITS, VPP_LIMITS];

const { resources } = loadManifests(readFileSync('cluster.yaml', 'utf8'), 'cluster.yaml');
const changes = resources.map(({ resource }): ResourceChange => ({ op: 'put', resource }));
const desired = new DesiredStateStore();
desired.apply({ scope: 'full', changes: new ComputeGraph({ nodeName: 'node-1' }).apply(changes) });

const simulator = new NodeSimulator(desired);
const verdicts: Record<string, Verdict> = {};
for (const { key, name, addresses } of desired.workloads.values()) {
  if (name === 'api') continue;
  const [source] = addresses;
  if (source === undefined) throw new Error(`${name} has no address`);
  const packet = { source, destination: parseIpAddress('10.96.0.10'), destinationPort: parsePort(80), protocol: TCP };
  verdicts[name] = simulator.judge({ entry: { kind: 'workload', workload: key }, ...packet }).verdict;
}

/** Types of the kit, which a harness of one's own is written against. */
export type Harness = BackendHarness;
export const countFailures = (report: SuitesReport): number => report.failed;

console.log(
  JSON.stringify({
    verdicts,
    backends: backends.map(({ name }) => name),
    hasLimits: limits.every((table) => Object.keys(table).length > 0),
    behaviours: typeof IPTABLES_BEHAVIOURS,
    kit: typeof describeBackend,
    fake: typeof FakeBackend,
  }),
);
