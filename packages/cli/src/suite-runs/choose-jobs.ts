/** How many processes run the suites of one `polyplane test`. */
import { availableParallelism } from 'node:os';
import type { Suite } from '@polyplane/conformance';
import type { DataplaneBackend } from '@polyplane/core';
import { SimulatorBackend } from '@polyplane/core/simulator';

/** Rough costs in seconds, measured with the bundled suites. */
interface Costs {
  readonly state: number;
  readonly probe: number;
  /** As many have something to do at once: the others wait for packets. */
  readonly workersPerProcessor: number;
}

const SIMULATOR_COSTS: Costs = { state: 0.002, probe: 0.0001, workersPerProcessor: 1 };
const DATAPLANE_COSTS: Costs = { state: 0.4, probe: 0.002, workersPerProcessor: 2 };

/** With less to do, a worker is not worth its start, which takes a processor for a second. */
const SECONDS_PER_WORKER = 3;

/**
 * @param wanted the user's choice: it stands, as far as there are suites
 * @returns 1: no worker is needed
 */
export function chooseJobs(
  wanted: number | undefined,
  suites: readonly Suite[],
  backend: DataplaneBackend,
  processors = availableParallelism(),
): number {
  const costs = backend instanceof SimulatorBackend ? SIMULATOR_COSTS : DATAPLANE_COSTS;
  const worthwhile = Math.floor(estimateSeconds(suites, costs) / SECONDS_PER_WORKER);
  const jobs = wanted ?? Math.min(worthwhile, processors * costs.workersPerProcessor);
  return Math.max(1, Math.min(jobs, suites.length));
}

function estimateSeconds(suites: readonly Suite[], costs: Costs): number {
  return suites
    .flatMap(({ states }) => states)
    .reduce((sum, { probes }) => sum + costs.state + costs.probe * probes.length, 0);
}
