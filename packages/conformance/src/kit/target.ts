/** The target of the kit's tests: a backend under a harness, and what tests do with it. */
import assert from 'node:assert/strict';
import type { DesiredState, DesiredStateStore } from '@polyplane/core';
import { SessionDriver } from './driver';
import type { Batch } from './expansions';
import type { BackendHarness, ProbeOutcome } from './harness';
import { predictOutcomes } from './oracle';
import { scenarioPackets } from './scenario';

/** A harness with what the tests do on it. */
export class Target {
  constructor(readonly harness: BackendHarness) {}

  async open(): Promise<SessionDriver> {
    return new SessionDriver(await this.harness.backend.open(this.harness.node));
  }

  async inForce(
    batches: readonly Batch[],
  ): Promise<{ readonly driver: SessionDriver; readonly traces: readonly string[] }> {
    const driver = await this.open();
    await driver.applyAll(batches);
    return { driver, traces: await this.harness.readTraces() };
  }

  /** What the sequence as it is leaves at the target; nothing is in force before and after. */
  async tracesAfter(batches: readonly Batch[]): Promise<readonly string[]> {
    const { driver, traces } = await this.inForce(batches);
    await driver.session.release('remove');
    sameTraces(await this.harness.readTraces(), []);
    return traces;
  }

  /** A new session finds everything in force, and has nothing to write. */
  async expectAdoption(state: DesiredStateStore, traces: readonly string[]): Promise<void> {
    sameTraces(await this.harness.readTraces(), traces, 'before the next session');
    const next = await this.open();
    sameTraces(await this.harness.readTraces(), traces, 'after opening');
    await next.apply(state.toTransition(0, true).changes);
    sameTraces(await this.harness.readTraces(), traces, 'after the next session');
    await this.expectPackets(next.state, 'after adoption');
  }

  async expectPackets(state: DesiredState, when: string): Promise<void> {
    const packets = scenarioPackets();
    const predicted = predictOutcomes(state, packets);
    const asked = packets.map((packet, index) => ({ ...packet, isAnswerExpected: mayAnswer(predicted[index]) }));
    const observed = await this.harness.observe(asked);
    const differences = packets.flatMap(({ from, destination, destinationPort, protocol }, index) => {
      const expected = predicted[index];
      if (expected === undefined || expected === observed[index]) return [];
      return [
        `${from} -> ${destination}:${destinationPort}/${protocol}: ${expected} expected, ${observed[index]} seen`,
      ];
    });
    assert.deepEqual(differences, [], when);
  }
}

function mayAnswer(outcome: ProbeOutcome | undefined): boolean {
  return outcome === 'connected' || outcome === 'refused';
}

/** Says what differs, not what is alike. */
export function sameTraces(actual: readonly string[], expected: readonly string[], when = ''): void {
  const extra = actual.filter((line) => !expected.includes(line)).map((line) => `+ ${line.slice(0, LINE_LENGTH)}`);
  const missing = expected.filter((line) => !actual.includes(line)).map((line) => `- ${line.slice(0, LINE_LENGTH)}`);
  assert.deepEqual([...missing, ...extra].slice(0, LINES), [], `the traces differ ${when}`);
  assert.equal(actual.length, expected.length, `some trace is there more than once ${when}`);
}

const LINES = 20;
const LINE_LENGTH = 300;
