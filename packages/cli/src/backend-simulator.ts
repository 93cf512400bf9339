/** The simulator in the place of a backend: with its behaviours, and without what its limits leave out. */
import {
  type DataplaneBackend,
  DEFAULT_PROFILE,
  DesiredStateStore,
  type Diagnostic,
  Gate,
  limitsOf,
} from '@polyplane/core';
import { NodeSimulator } from '@polyplane/core/simulator';

export interface BackendSimulator {
  readonly simulator: NodeSimulator;
  /** Limits that the desired state meets. */
  readonly diagnostics: readonly Diagnostic[];
}

export function simulateBackend(
  { limits, behaviours }: DataplaneBackend,
  desired: DesiredStateStore,
): BackendSimulator {
  const gate = new Gate(limitsOf(limits, DEFAULT_PROFILE));
  const { changes } = gate.apply(desired.toTransition(1, true).changes);
  const accepted = new DesiredStateStore();
  accepted.apply({ scope: 'full', changes });
  return {
    simulator: new NodeSimulator(accepted, { behaviours, tellsUnmatched: true }),
    diagnostics: gate.diagnostics,
  };
}
