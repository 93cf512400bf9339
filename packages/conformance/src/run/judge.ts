/** Who can say what becomes of a suite's packets: the simulator, or a dataplane in the testbed. */
import type { SuiteState } from '../suites/suite';
import type { Finding } from './finding';
import type { ProbeReport } from './report';

export interface Judge {
  /** One finding for each of the state's probes, in their order. The states of a suite are judged one after the other. */
  judgeProbes(state: SuiteState): Promise<readonly Finding[]>;
  /** One report for each of the state's facts, in their order. */
  reportFacts(state: SuiteState): readonly ProbeReport[];
  /** Removes whatever it made. */
  close(): Promise<void>;
}
