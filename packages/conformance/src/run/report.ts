/** What came of running suites, in the form that `polyplane test -o json` prints. */

export interface SuitesReport {
  readonly suites: readonly SuiteReport[];
  /** Probes of all suites. */
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What became of a suite's probes. */
export interface SuiteReport {
  readonly id: string;
  readonly backend: string;
  readonly probes: readonly ProbeReport[];
}

/** What became of one probe. */
export interface ProbeReport {
  readonly name: string;
  readonly result: 'pass' | 'fail' | 'skip';
  readonly expected: string;
  /** Empty where nothing was sent. */
  readonly got: string;
  /** Why it failed or was skipped (a code first, then words); empty where it passed. */
  readonly reason: string;
}

/** The reports of suites with their sums. */
export function summarize(suites: readonly SuiteReport[]): SuitesReport {
  const count = (result: ProbeReport['result']): number =>
    suites.reduce((sum, { probes }) => sum + probes.filter((probe) => probe.result === result).length, 0);
  return { suites, passed: count('pass'), failed: count('fail'), skipped: count('skip') };
}
