import { expect } from 'chai';
import { parseIpAddress, parsePort, UDP } from '@polyplane/core';
import type { ProbeRequest, ProbeResult } from '../prober/probe';
import { sendInRounds } from './flow-rounds';

const REQUEST: ProbeRequest = {
  from: 'pod:a/client',
  sourceAddress: parseIpAddress('10.244.1.5'),
  destination: parseIpAddress('10.96.0.53'),
  destinationPort: parsePort(53),
  protocol: UDP,
  isAnswerExpected: true,
};
const FROM_ONE_PORT: ProbeRequest = { ...REQUEST, sourcePort: parsePort(41001) };
const FROM_ANOTHER: ProbeRequest = { ...REQUEST, sourcePort: parsePort(41002) };

/** Answers by turns as told, and writes down what it was asked. */
class RecordingTestbed {
  readonly log: string[] = [];

  constructor(private readonly outcomes: readonly ProbeResult['outcome'][] = []) {}

  async probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    const outcome = this.outcomes[this.log.filter((line) => line !== 'forget').length] ?? 'connected';
    this.log.push(requests.map(({ sourcePort }) => sourcePort ?? 'any').join(' '));
    return requests.map((_, index) => resultOf(outcome, `${this.log.length}.${index}`));
  }

  forgetConnections(): void {
    this.log.push('forget');
  }
}

function resultOf(outcome: ProbeResult['outcome'], reason: string): ProbeResult {
  if (outcome === 'timeout') return { outcome };
  if (outcome !== 'connected') return { outcome, reason };
  const address = parseIpAddress('10.244.1.6');
  return { outcome, by: `outside:${reason}`, at: { address }, seenSource: address };
}

describe('sendInRounds', () => {
  it('sends flows that have ports of their own at once', async () => {
    const testbed = new RecordingTestbed();
    await sendInRounds(testbed, [REQUEST, REQUEST, FROM_ONE_PORT, FROM_ANOTHER]);
    expect(testbed.log).to.deep.equal(['any any 41001 41002']);
  });

  it('sends those from one port to one place one after the other, each to nodes that know none before it', async () => {
    const testbed = new RecordingTestbed();
    const results = await sendInRounds(testbed, [FROM_ONE_PORT, FROM_ANOTHER, FROM_ONE_PORT, REQUEST, FROM_ONE_PORT]);
    expect(testbed.log).to.deep.equal(['41001 41002 any', 'forget', '41001', 'forget', '41001']);
    const speakers = results.map((result) => (result.outcome === 'connected' ? result.by : result.outcome));
    expect(speakers).to.deep.equal(['outside:1.0', 'outside:1.1', 'outside:3.0', 'outside:1.2', 'outside:5.0']);
  });

  it('stops at the first that gets no answer', async () => {
    const testbed = new RecordingTestbed(['connected', 'refused']);
    const results = await sendInRounds(testbed, [FROM_ONE_PORT, FROM_ONE_PORT, FROM_ONE_PORT, FROM_ONE_PORT]);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['connected', 'refused', 'refused', 'refused']);
    expect(testbed.log).to.deep.equal(['41001', 'forget', '41001']);
  });
});
