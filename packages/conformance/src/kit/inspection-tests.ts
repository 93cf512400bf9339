/** What the kit asks of a backend that can be inspected, or cleaned up without a session. */
import assert from 'node:assert/strict';
import type { Inspection, Transition } from '@polyplane/core';
import type { Batch } from './expansions';
import { sameTraces, type Target } from './target';

/** The tests by their titles, for a backend that has an optional method; one that lacks it passes. */
export function inspectionTests(
  batches: readonly Batch[],
): Readonly<Record<string, (target: Target) => Promise<void>>> {
  return {
    'shows beside each other what is in force and what would be, and changes nothing': async (target) => {
      if (target.harness.backend.inspect === undefined) return;
      const driver = await target.open();
      await driver.applyAll(batches.slice(0, 4));
      const traces = await target.harness.readTraces();
      const same = await inspect(target, driver.wholeState());
      assert.ok(linesOf(same, 'inForce').length > 0, 'nothing is shown of what is in force');
      assert.deepEqual(linesOf(same, 'wanted'), linesOf(same, 'inForce'), 'what is in force');

      driver.state.apply({ scope: 'delta', changes: batches.slice(4).flat() });
      const next = await inspect(target, driver.wholeState());
      assert.deepEqual(linesOf(next, 'inForce'), linesOf(same, 'inForce'), 'what is in force, beside another state');
      assert.notDeepEqual(linesOf(next, 'wanted'), linesOf(next, 'inForce'), 'another state');
      sameTraces(await target.harness.readTraces(), traces);

      await driver.session.apply(driver.session.plan(driver.wholeState()));
      const after = await inspect(target, driver.wholeState());
      assert.deepEqual(linesOf(after, 'inForce'), linesOf(next, 'wanted'), 'what would have been, and is');
    },

    'shows what would be where nothing is': async (target) => {
      if (target.harness.backend.inspect === undefined) return;
      const driver = await target.open();
      await driver.applyAll(batches);
      const { parts } = await inspect(target, driver.wholeState());
      await driver.session.release('remove');
      const bare = await inspect(target, driver.wholeState());
      assert.deepEqual(linesOf(bare, 'inForce'), []);
      assert.deepEqual(linesOf(bare, 'wanted'), linesOf({ parts }, 'wanted'));
      sameTraces(await target.harness.readTraces(), []);
    },

    'shows what is in force to who wants nothing, of an earlier session too, and nothing once it is removed': async (
      target,
    ) => {
      if (target.harness.backend.inspect === undefined) return;
      const { driver, traces } = await target.inForce(batches);
      const inspection = await inspect(target);
      assert.ok(linesOf(inspection, 'inForce').length > 0, 'nothing is shown of what is in force');
      assert.deepEqual(linesOf(inspection, 'wanted'), []);
      sameTraces(await target.harness.readTraces(), traces);
      await driver.session.release('remove');
      assert.deepEqual(linesOf(await inspect(target), 'inForce'), []);
    },

    'shows what somebody else broke': async (target) => {
      const { backend, disturb } = target.harness;
      if (backend.inspect === undefined || disturb === undefined) return;
      const driver = await target.open();
      await driver.applyAll(batches);
      await disturb.call(target.harness);
      const inspection = await inspect(target, driver.wholeState());
      assert.notDeepEqual(linesOf(inspection, 'inForce'), linesOf(inspection, 'wanted'));
    },

    'removes every trace without a session too, and again where there is none': async (target) => {
      const { backend, node } = target.harness;
      if (backend.removeTraces === undefined) return;
      await target.inForce(batches);
      await backend.removeTraces(node);
      sameTraces(await target.harness.readTraces(), []);
      await backend.removeTraces(node);
      sameTraces(await target.harness.readTraces(), []);
    },
  };
}

async function inspect({ harness: { backend, node } }: Target, transition?: Transition): Promise<Inspection> {
  const inspection = await backend.inspect?.(node, transition);
  const names = inspection?.parts.map(({ name }) => name) ?? [];
  assert.equal(new Set(names).size, names.length, 'two parts of one name');
  return inspection ?? { parts: [] };
}

/** Each line with its part, in order: a part without lines may be left out. */
function linesOf({ parts }: Inspection, side: 'inForce' | 'wanted'): readonly string[] {
  return parts.flatMap((part) => part[side].map((line) => `${part.name}: ${line}`));
}
