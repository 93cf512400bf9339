/** What a backend would be handed of a desired state: without what its limits leave out. */
import {
  type DataplaneBackend,
  DesiredStateStore,
  type Diagnostic,
  Gate,
  type GateOptions,
  type LimitChoice,
  type LimitTable,
  limitsOnHost,
} from '@polyplane/core';
import { printWarning } from './report-error';

export interface AcceptedState {
  readonly state: DesiredStateStore;
  /** Limits that the desired state meets. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What an agent on a host would heed beside the limits of the backend's table. */
export interface HostChoice extends Pick<GateOptions, 'onUnsupported' | 'onUnsupportedHere'> {
  /** `NodeFacts.limits`. */
  readonly hostLimits?: LimitTable;
}

export function acceptedState(
  { limits }: DataplaneBackend,
  desired: DesiredStateStore,
  choice: LimitChoice,
  { hostLimits = [], onUnsupported, onUnsupportedHere }: HostChoice = {},
): AcceptedState {
  const gate = new Gate(limitsOnHost(limits, hostLimits, choice), {
    ...(onUnsupported === undefined ? {} : { onUnsupported }),
    ...(onUnsupportedHere === undefined ? {} : { onUnsupportedHere }),
  });
  const { changes } = gate.apply(desired.toTransition(1, true).changes);
  const state = new DesiredStateStore();
  state.apply({ scope: 'full', changes });
  return { state, diagnostics: gate.diagnostics };
}

/** Says on stderr, once, that the answer is about less than was asked for. */
export function warnOfLimits(backend: string, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const codes = [...new Set(diagnostics.map(({ code }) => code))].join(', ');
  printWarning(`${backend} does not do all of it (\`polyplane check\` says what): ${codes}`);
}
