import { expect } from 'chai';
import fc from 'fast-check';
import type { DesiredObject } from '@polyplane/core/backend';
import { IptablesBackend } from './backend';
import { commandRunner } from './kernel/linux';
import { loadedAlone, snapshot } from './testing/kernel-snapshot';
import { contextOf, describeOnKernel, emptyTestbed } from './testing/on-kernel';
import { arbitrarySmallState } from './testing/sample-states';
import { SOAK } from './testing/soak';
import { delta, full } from './testing/transitions';

describeOnKernel('The kernel', (variant) => {
  it('ends in the same state after any sequence of transitions as after the last state alone', async function () {
    this.timeout(300_000 * SOAK);
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitrarySmallState, { minLength: 2, maxLength: 5 }),
        fc.boolean(),
        async (states, isDelta) => {
          const sequence = emptyTestbed();
          try {
            const node = contextOf(sequence);
            const session = await new IptablesBackend({ variant }).open(node);
            let before: readonly DesiredObject[] = [];
            for (const [index, state] of states.entries()) {
              const transition = isDelta ? delta(index + 1, before, state) : full(index + 1, state);
              await session.apply(session.plan(transition));
              before = state;
            }
            const ours = commandRunner(node.networkNamespace, 10);
            expect(await snapshot(ours, variant)).to.deep.equal(await loadedAlone(variant, before));
            expect(await session.audit()).to.deep.equal({ repaired: [] });
          } finally {
            sequence.close();
          }
        },
      ),
      { numRuns: 30 * SOAK },
    );
  });
});
