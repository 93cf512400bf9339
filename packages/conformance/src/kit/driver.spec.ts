import { expect } from 'chai';
import fc from 'fast-check';
import { SILENT_LOGGER } from '@polyplane/core';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { FakeBackend } from '@polyplane/core/testing';
import { SessionDriver } from './driver';
import { type Batch, EXPANSIONS, expandSequence, stateAfter } from './expansions';
import { sequenceOfChoices } from './sequence-of-choices';

const node = { nodeName: 'node-1', logger: SILENT_LOGGER };
const sequences = fc.array(fc.nat(1000), { minLength: 1, maxLength: 10 }).map(sequenceOfChoices);

async function driveFake(batches: readonly Batch[]) {
  const backend = new FakeBackend();
  await new SessionDriver(await backend.open(node)).applyAll(batches);
  return backend.target.state();
}

async function driveSimulator(batches: readonly Batch[]) {
  const backend = new SimulatorBackend();
  await new SessionDriver(await backend.open(node)).applyAll(batches);
  return (await backend.open(node)).state;
}

describe('Sessions driven through any event sequence', () => {
  for (const [name, drive] of Object.entries({ fake: driveFake, simulator: driveSimulator })) {
    for (const expansion of EXPANSIONS) {
      it(`end in the same state: ${name}, ${expansion}`, () =>
        fc.assert(
          fc.asyncProperty(sequences, async (batches) => {
            const state = await drive(expandSequence(batches)[expansion]);
            expect([...state.objects()]).to.have.deep.members([...stateAfter(batches).values()]);
          }),
          { numRuns: 50 },
        ));
    }
  }
});
