/** What an agent's options say of the gate: which feature gates are on, and what becomes of what a backend cannot do. */
import { type FeatureGates, isGateOn } from '../limits/feature-gate';
import type { GateOptions } from '../limits/gate';
import type { LimitTable } from '../limits/limit';
import { gatesOf } from '../limits/limits-in-force';
import type { Source } from '../sources/source';
import type { NodeAgentOptions } from './node-agent-options';

/** Every gate of a backend, on or off. */
export function gateStates(table: LimitTable, switched: FeatureGates): FeatureGates {
  return Object.fromEntries(gatesOf(table).map((gate) => [gate.name, isGateOn(gate, switched)]));
}

/** What was chosen for the backend goes before what was chosen for all. */
export function gateOptions(backend: string, options: NodeAgentOptions, source: Source): GateOptions {
  const { onUnsupported, onUnsupportedOfBackend = {} } = options;
  const here = Object.hasOwn(onUnsupportedOfBackend, backend) ? onUnsupportedOfBackend[backend] : undefined;
  return {
    ...(onUnsupported !== undefined && { onUnsupported }),
    ...(here !== undefined && { onUnsupportedHere: here }),
    locate: (object, field) => source.locate?.(object, field),
  };
}
