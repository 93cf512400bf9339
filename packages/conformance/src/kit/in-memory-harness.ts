/** A harness for backends whose target is in this process: packets are judged by the simulator over what is in force there. */
import { type DataplaneBackend, type DesiredStateStore, SILENT_LOGGER } from '@polyplane/core';
import { NodeSimulator } from '@polyplane/core/simulator';
import type { BackendHarness } from './harness';
import { judgeProbe } from './oracle';
import { SCENARIO_NODE } from './scenario';

/** A backend whose target is in this process. */
export interface InMemoryTarget {
  readonly backend: DataplaneBackend;
  /** What is in force, read from the target. */
  readState(): Promise<DesiredStateStore>;
  /** See {@link BackendHarness.disturb}. */
  disturb?(): Promise<void>;
}

/** A harness over a target in this process. */
export function createInMemoryHarness({ backend, readState, disturb }: InMemoryTarget): BackendHarness {
  return {
    backend,
    node: { nodeName: SCENARIO_NODE, logger: SILENT_LOGGER },
    async observe(packets) {
      const simulator = new NodeSimulator(await readState());
      return packets.map((packet) => judgeProbe(simulator, packet));
    },
    async readTraces() {
      return [...(await readState()).objects()].map((object) => JSON.stringify(object, withSetsAsLists)).sort();
    },
    ...(disturb !== undefined && { disturb }),
    async close() {},
  };
}

function withSetsAsLists(_field: string, value: unknown): unknown {
  return value instanceof Set ? [...value].sort() : value;
}
