/** Runs conformance suites against the simulator, or against a real dataplane in a testbed. */
import { type DataplaneBackend, formatObjectRef, type Logger, SILENT_LOGGER } from '@polyplane/core';
import { SimulatorBackend } from '@polyplane/core/simulator';
import type { Suite, SuiteState } from '../suites/suite';
import { type Finding, reportFinding } from './finding';
import type { Judge } from './judge';
import { type ProbeReport, type SuiteReport, type SuitesReport, summarize } from './report';
import { SimulatorJudge } from './simulator-judge';
import { TestbedJudge } from './testbed-judge';

/** Which suites are run, and against which backend. */
export interface RunSuitesOptions {
  /** They may come one by one: each is asked for when the one before it is done. */
  readonly suites: Iterable<Suite> | AsyncIterable<Suite>;
  /** The simulator judges in this process; any other backend is opened in the nodes of a throw-away network. */
  readonly backend: DataplaneBackend;
  readonly logger?: Logger;
  /** Called after each suite. */
  readonly onSuite?: (report: SuiteReport) => void;
}

/**
 * Runs the suites one after the other; what it made is gone when it ends, in whatever way.
 * @throws ConformanceError PP_TESTBED_UNSUPPORTED, CoreError PP_BACKEND_UNUSABLE when this host cannot run the backend
 */
export async function runSuites({ suites, backend, logger, onSuite }: RunSuitesOptions): Promise<SuitesReport> {
  const judge =
    backend instanceof SimulatorBackend ? new SimulatorJudge() : new TestbedJudge(backend, logger ?? SILENT_LOGGER);
  const reports: SuiteReport[] = [];
  try {
    for await (const suite of suites) {
      const report = await runSuite(suite, backend.name, judge);
      reports.push(report);
      onSuite?.(report);
    }
  } finally {
    await judge.close();
  }
  return summarize(reports);
}

async function runSuite(suite: Suite, backend: string, judge: Judge): Promise<SuiteReport> {
  const probes: ProbeReport[] = [];
  for (const state of suite.states) probes.push(...(await runState(state, backend, judge)));
  return { id: suite.id, backend, probes };
}

async function runState(state: SuiteState, backend: string, judge: Judge): Promise<readonly ProbeReport[]> {
  const prefix = state.name === '' ? '' : `${state.name}: `;
  const obstacle = obstacleOf(state, backend);
  const findings: readonly Finding[] =
    obstacle === undefined
      ? await judge.judgeProbes(state)
      : state.probes.map(() => ({ kind: 'skipped', reason: obstacle }));
  const probes = state.probes.map(({ name, expected }, index) => {
    const finding = findings[index] ?? { kind: 'failed', reason: 'the probe was not judged' };
    return reportFinding(name, expected, finding);
  });
  return [...probes, ...judge.reportFacts(state)].map((report) => ({ ...report, name: `${prefix}${report.name}` }));
}

/** Why the whole state cannot be judged. */
function obstacleOf({ unknownObjects, settings }: SuiteState, backend: string): string | undefined {
  const [unknown] = unknownObjects;
  if (unknown !== undefined)
    return `PP_SUITE_OBJECT_UNKNOWN_KIND: ${formatObjectRef(unknown)} is of a kind that is not read`;
  const { dataplane } = settings;
  // The simulator stands for the standard Linux dataplane.
  const judged = backend === 'simulator' ? 'iptables' : backend;
  return dataplane === undefined || dataplane === judged
    ? undefined
    : `PP_SUITE_NOT_OBSERVABLE: the suite speaks of the dataplane ${dataplane} only`;
}
