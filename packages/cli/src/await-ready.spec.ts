import { expect } from 'chai';
import { SimulatedClock, settle } from '@polyplane/core/testing';
import type { AgentStatus } from './agent-status';
import { awaitReady, QUESTION_INTERVAL_MILLISECONDS } from './await-ready';
import { CliError } from './cli-error';

const AWAY = new CliError('PP_CLI_AGENT_UNREACHABLE', 'nobody answers');

function status(phase: string, isReady = false): AgentStatus {
  return { phase, isReady } as AgentStatus;
}

describe('waiting for an agent', () => {
  /** What comes of it when the agent gives these answers, one a question, and the last again and again. */
  async function wait(answers: readonly (AgentStatus | Error)[], timeoutSeconds: number) {
    const clock = new SimulatedClock();
    let asked = 0;
    const read = async (): Promise<AgentStatus> => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    };
    let end: unknown;
    void awaitReady(read, timeoutSeconds, clock).then(
      (result) => (end = result),
      (error: unknown) => (end = error),
    );
    await settle();
    while (end === undefined && clock.now() <= timeoutSeconds * 1000)
      await clock.advance(QUESTION_INTERVAL_MILLISECONDS);
    return { end, asked, at: clock.now() };
  }

  const ready = status('idle', true);

  it('ends at once where it is ready', async () => {
    expect(await wait([ready], 10)).to.deep.equal({ end: ready, asked: 1, at: 0 });
  });

  it('asks again while it is not ready, or not there', async () => {
    const { end, asked, at } = await wait([AWAY, status('opening'), AWAY, status('applying'), ready], 10);
    expect(end).to.equal(ready);
    expect(asked).to.equal(5);
    expect(at).to.equal(4 * QUESTION_INTERVAL_MILLISECONDS);
  });

  it('ends when time is up with the last that was said, be it from one that is gone since', async () => {
    const opening = status('opening');
    expect(await wait([opening], 2)).to.deep.include({ end: opening, at: 2000 });
    expect((await wait([AWAY, opening, AWAY], 2)).end).to.equal(opening);
    expect((await wait([AWAY], 2)).end).to.equal(AWAY);
    expect(await wait([opening], 0)).to.deep.include({ asked: 1 });
  });

  it('does not wait for one that has come to an end', async () => {
    for (const phase of ['failed', 'stopped']) expect((await wait([status(phase)], 60)).asked).to.equal(1);
  });

  it('does not ask again what cannot be asked', async () => {
    const usage = new CliError('PP_CLI_USAGE', 'no address');
    expect(await wait([usage], 60)).to.deep.include({ end: usage, asked: 1 });
  });
});
