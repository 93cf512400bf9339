/** The kit: tests that every backend has to pass, be it one of this project or a third party's. */
import assert from 'node:assert/strict';
import { CodedError, codeEntries, FEATURES } from '@polyplane/core';
import { type Batch, EXPANSIONS, expandSequence } from './expansions';
import type { BackendHarness } from './harness';
import { inspectionTests } from './inspection-tests';
import { SCENARIO_PEAK, scenarioSteps } from './scenario';
import { sameTraces, Target } from './target';
import { type TestFramework, testFramework } from './test-framework';

/** What the kit is told beside the backend. */
export interface DescribeBackendOptions {
  /** Further event sequences to expand, by what they are about. */
  readonly sequences?: Readonly<Record<string, readonly Batch[]>>;
  /** Default: the one whose functions are global. `node:test` and vitest have theirs imported: hand in `{ describe, it }`. */
  readonly framework?: TestFramework;
}

/**
 * Describes a backend by tests. It is held against the simulator packet by packet on a scenario that every backend can
 * run: pods, a second node, network policies, services over TCP and UDP on IPv4.
 * @param createHarness makes a target with the scenario's machines ({@link SCENARIO_TOPOLOGY}), anew for each test
 */
export function describeBackend(
  name: string,
  createHarness: () => Promise<BackendHarness>,
  options: DescribeBackendOptions = {},
): void {
  const { describe, it } = testFramework(options.framework);
  const steps = scenarioSteps();
  const batches = steps.slice(0, SCENARIO_PEAK).map(({ changes }) => changes);
  const next = steps[SCENARIO_PEAK]?.changes ?? [];

  /** A test on a target of its own, which is removed in any case. */
  const test = (title: string, body: (target: Target) => Promise<void>): void =>
    it(title, async () => {
      const harness = await createHarness();
      try {
        await body(new Target(harness));
      } finally {
        await harness.close();
      }
    });

  describe(`Backend ${name}`, () => {
    describe('what it says of itself', () => {
      test('a name of lower-case letters, digits and dashes', async ({ harness: { backend } }) => {
        assert.match(backend.name, /^[a-z][a-z0-9-]*$/);
      });

      test('a limit row at most for each feature, each with its code, message, remedy and source', async ({
        harness: { backend },
      }) => {
        const features = backend.limits.map(({ feature }) => feature);
        assert.equal(new Set(features).size, features.length, 'two rows of one feature');
        for (const limit of backend.limits) {
          assert.ok(FEATURES.includes(limit.feature), `unknown feature ${limit.feature}`);
          assert.match(limit.code, /^PP_LIMIT_[A-Z0-9_]+$/);
          for (const text of [limit.message, limit.remedy, limit.source]) assert.notEqual(text, '');
          if (limit.liftedBy !== undefined) assert.match(limit.liftedBy.name, /^[A-Z][A-Za-z0-9]*$/);
        }
      });

      test('every error code with its meaning and remedy', async ({ harness: { backend } }) => {
        for (const { code, meaning, remedy } of codeEntries(backend.codes)) {
          assert.match(code, /^PP_[A-Z0-9_]+$/);
          assert.notEqual(meaning, '');
          assert.notEqual(remedy, '');
        }
      });

      test('that this host lacks nothing, without changing it', async ({ harness }) => {
        const { missing } = await harness.backend.probe(harness.node);
        assert.deepEqual(missing, []);
        sameTraces(await harness.readTraces(), []);
      });
    });

    describe('planning and applying', () => {
      test('writes nothing when it is opened', async (target) => {
        const driver = await target.open();
        sameTraces(await target.harness.readTraces(), []);
        await driver.session.release('remove');
      });

      test('plans without an effect, and the same again for the same transition', async (target) => {
        const driver = await target.open();
        await driver.applyAll(batches.slice(0, 3));
        const traces = await target.harness.readTraces();
        const transition = { revision: 100, scope: 'delta', isInSync: true, changes: batches[3] ?? [] } as const;
        const [first, second] = [driver.session.plan(transition), driver.session.plan(transition)];
        assert.equal(first.isEmpty, false);
        assert.equal(first.print(), second.print());
        sameTraces(await target.harness.readTraces(), traces);
      });

      test('finds nothing to write for what is in force, told whole or by an empty batch', async (target) => {
        const driver = await target.open();
        await driver.applyAll(batches);
        const traces = await target.harness.readTraces();
        assert.equal(driver.session.plan(driver.wholeState()).isEmpty, true, 'told whole');
        assert.equal((await driver.apply([])).isEmpty, true, 'told by an empty batch');
        sameTraces(await target.harness.readTraces(), traces);
      });

      test('refuses a plan that was made before the last one was applied', async (target) => {
        const driver = await target.open();
        await driver.apply(batches[0] ?? []);
        const stale = driver.session.plan({ revision: 50, scope: 'delta', isInSync: true, changes: batches[1] ?? [] });
        await driver.apply(batches[1] ?? []);
        const traces = await target.harness.readTraces();
        await assert.rejects(driver.session.apply(stale), isStale);
        sameTraces(await target.harness.readTraces(), traces);
      });
    });

    describe('packets', () => {
      test('pass as the simulator says, after every step of the scenario', async (target) => {
        const driver = await target.open();
        for (const { title, changes } of steps) {
          await driver.apply(changes);
          await target.expectPackets(driver.state, title);
        }
      });
    });

    describe('event sequences', () => {
      for (const [title, sequence] of Object.entries({ 'the scenario': batches, ...options.sequences })) {
        for (const expansion of EXPANSIONS) {
          test(`end in the same state: ${title}, ${expansion}`, async (target) => {
            const expected = await target.tracesAfter(sequence);
            const driver = await target.open();
            await driver.applyAll(expandSequence(sequence)[expansion]);
            sameTraces(await target.harness.readTraces(), expected);
            await target.expectPackets(driver.state, expansion);
          });
        }
      }
    });

    describe('audit', () => {
      test('finds nothing where nothing has changed', async (target) => {
        const driver = await target.open();
        await driver.applyAll(batches);
        assert.deepEqual((await driver.session.audit()).repaired, []);
      });

      test('repairs what somebody else broke, says what it was, and goes on', async (target) => {
        const { disturb } = target.harness;
        const driver = await target.open();
        await driver.applyAll(batches);
        if (disturb === undefined) return;
        const traces = await target.harness.readTraces();
        await disturb.call(target.harness);
        assert.notDeepEqual(await target.harness.readTraces(), traces, 'disturb broke nothing');
        assert.notDeepEqual((await driver.session.audit()).repaired, []);
        sameTraces(await target.harness.readTraces(), traces);
        assert.deepEqual((await driver.session.audit()).repaired, []);
        await driver.apply(next);
        await target.expectPackets(driver.state, 'after the repair');
      });
    });

    describe('inspection', () => {
      for (const [title, body] of Object.entries(inspectionTests(batches))) test(title, body);
    });

    describe('its end', () => {
      test('leaves everything in force when told to, and the next session adopts it as it is', async (target) => {
        const { driver, traces } = await target.inForce(batches);
        await driver.session.release('leave');
        await target.expectAdoption(driver.state, traces);
      });

      test('in a crash leaves everything in force, and the next session adopts it as it is', async (target) => {
        const { driver, traces } = await target.inForce(batches);
        await target.expectAdoption(driver.state, traces);
      });

      test('in a crash is made good by a next session that is told another state', async (target) => {
        await target.inForce(batches.slice(0, 4));
        const driver = await target.open();
        await driver.apply(expandSequence(batches).squashed[0] ?? []);
        const traces = await target.harness.readTraces();
        await target.expectPackets(driver.state, 'after the crash');
        await driver.session.release('remove');
        sameTraces(traces, await target.tracesAfter(batches));
      });

      test('leaves no trace when told to remove everything', async (target) => {
        const { driver } = await target.inForce(batches);
        await driver.session.release('remove');
        sameTraces(await target.harness.readTraces(), []);
      });

      test('removes the traces of an earlier session too', async (target) => {
        await target.inForce(batches);
        const next = await target.open();
        await next.session.release('remove');
        sameTraces(await target.harness.readTraces(), []);
      });

      test('ends its events', async (target) => {
        const driver = await target.open();
        const ended = new Promise<void>((resolve) => driver.session.events$.subscribe({ complete: resolve }));
        await driver.session.release('remove');
        await ended;
      });
    });
  });
}

function isStale(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'PP_PLAN_STALE';
}
