import { expect } from 'chai';
import { SimulatedClock } from '../testing';
import { AuditTimer } from './audit-timer';
import { Backoff } from './backoff';

/** A timer of a minute and the times at which audits fell due; each audit begins at once. */
function setUp(options: { readonly random?: () => number } = {}) {
  const { random = () => 0.5 } = options;
  const clock = new SimulatedClock();
  const due: number[] = [];
  const backoff = new Backoff({ initialDelayMs: 100, maxDelayMs: 1000 }, () => 0);
  const onDue = () => {
    due.push(clock.now());
    timer.begin();
  };
  const timer = new AuditTimer({ scheduler: clock, random, intervalMs: 60_000, backoff, onDue });
  return { timer, clock, due };
}

describe('AuditTimer', () => {
  it('draws each interval from its upper half', async () => {
    const numbers = [0, 0.5];
    const { timer, clock, due } = setUp({ random: () => numbers.shift() ?? 0 });
    timer.start();
    await clock.advance(30_000);
    timer.succeed();
    await clock.advance(60_000);
    expect(due).to.deep.equal([30_000, 75_000]);
  });

  it('starts once: what is scheduled or due stays so', async () => {
    const { timer, clock, due } = setUp();
    timer.start();
    await clock.advance(40_000);
    timer.start();
    await clock.advance(5_000);
    expect(due).to.deep.equal([45_000]);
  });

  it('keeps audits that foreign changes ask for a second apart', async () => {
    const { timer, clock, due } = setUp();
    timer.hasten();
    await clock.advance(0);
    timer.succeed();
    await clock.advance(400);
    timer.hasten();
    timer.hasten();
    await clock.advance(10_000);
    expect(due).to.deep.equal([0, 1000]);
  });

  it('waits longer after each audit that failed, and longest where a retry will not help', async () => {
    const { timer, clock, due } = setUp();
    timer.hasten();
    await clock.advance(0);
    expect(timer.fail(true)).to.equal(1);
    await clock.advance(50);
    expect(timer.fail(true)).to.equal(2);
    await clock.advance(100);
    expect(timer.fail(false)).to.equal(3);
    await clock.advance(500);
    expect(due).to.deep.equal([0, 50, 150, 650]);
    timer.succeed();
    expect(timer.fail(true)).to.equal(1);
  });

  it('is silent once stopped, whatever is asked of it', async () => {
    const { timer, clock, due } = setUp();
    timer.start();
    timer.stop();
    timer.postpone();
    timer.hasten();
    await clock.advance(600_000);
    expect(due).to.deep.equal([]);
    expect(timer.isDue).to.equal(false);
  });
});
