/** A harness for backends whose target is a network namespace: packets are sent for real, in a testbed. */
import { type DataplaneBackend, SILENT_LOGGER } from '@polyplane/core';
import { createTestbed } from '../testbed/testbed';
import type { BackendHarness } from './harness';
import { SCENARIO_NODE, SCENARIO_TOPOLOGY } from './scenario';

/** A backend whose target is a node of a testbed. */
export interface TestbedTarget {
  readonly backend: DataplaneBackend;
  /** As {@link BackendHarness.readTraces}, of the namespace at this path. */
  readTraces(networkNamespace: string): Promise<readonly string[]>;
  /** As {@link BackendHarness.disturb}. */
  disturb?(networkNamespace: string): Promise<void>;
}

/** @throws ConformanceError PP_TESTBED_UNSUPPORTED when this host cannot make a testbed */
export function createTestbedHarness({ backend, readTraces, disturb }: TestbedTarget): BackendHarness {
  const testbed = createTestbed(SCENARIO_TOPOLOGY);
  const networkNamespace = testbed.networkNamespaceOf(SCENARIO_NODE);
  const node = { nodeName: SCENARIO_NODE, networkNamespace, logger: SILENT_LOGGER };
  testbed.addConnectionTracking(() => backend.forgetConnections?.(node));
  return {
    backend,
    node,
    async observe(packets) {
      testbed.forgetConnections();
      const results = await testbed.probe(packets);
      return results.map(({ outcome }) => outcome);
    },
    readTraces: () => readTraces(networkNamespace),
    ...(disturb !== undefined && { disturb: () => disturb(networkNamespace) }),
    async close() {
      testbed.close();
    },
  };
}
