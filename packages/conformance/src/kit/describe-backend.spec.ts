import { SILENT_LOGGER } from '@polyplane/core';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { FakeBackend } from '@polyplane/core/testing';
import { describeBackend } from './describe-backend';
import { createInMemoryHarness } from './in-memory-harness';
import { SCENARIO_NODE } from './scenario';
import { sequenceOfChoices } from './sequence-of-choices';

const sequences = { 'things come, change and go': sequenceOfChoices([9, 17, 11, 28, 13, 30, 23, 1, 15, 8, 19, 5, 31]) };

describeBackend(
  'fake',
  async () => {
    const backend = new FakeBackend();
    return createInMemoryHarness({
      backend,
      readState: async () => backend.target.state(),
      disturb: async () => {
        const [policy] = backend.target.state().policies.keys();
        const [set] = backend.target.state().ipSets.keys();
        if (policy !== undefined) backend.target.corrupt(policy);
        if (set !== undefined) backend.target.duplicate(set);
      },
    });
  },
  { sequences },
);

describeBackend(
  'simulator',
  async () => {
    const backend = new SimulatorBackend();
    const node = { nodeName: SCENARIO_NODE, logger: SILENT_LOGGER };
    return createInMemoryHarness({ backend, readState: async () => (await backend.open(node)).state });
  },
  { sequences },
);
