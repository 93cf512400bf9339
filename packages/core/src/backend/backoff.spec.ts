import { expect } from 'chai';
import { Backoff } from './backoff';

const OPTIONS = { initialDelayMs: 100, maxDelayMs: 1000 };

describe('Backoff', () => {
  it('doubles the delay with every failure, up to the maximum', () => {
    const backoff = new Backoff(OPTIONS, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.nextDelayMs())).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
  });

  it('draws each delay from the upper half of its range', () => {
    expect(new Backoff(OPTIONS, () => 0).nextDelayMs()).to.equal(50);
    expect(new Backoff(OPTIONS, () => 0.5).nextDelayMs()).to.equal(75);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(OPTIONS, () => 1);
    backoff.nextDelayMs();
    backoff.nextDelayMs();
    backoff.reset();
    expect([backoff.failures, backoff.nextDelayMs()]).to.deep.equal([0, 100]);
  });

  it('waits longest where a quick retry cannot help', () => {
    expect(new Backoff(OPTIONS, () => 1).longestDelayMs()).to.equal(1000);
  });

  it('stays finite after any number of failures', () => {
    const backoff = new Backoff(OPTIONS, () => 1);
    for (let failure = 0; failure < 5000; failure++) backoff.nextDelayMs();
    expect(backoff.nextDelayMs()).to.equal(1000);
  });
});
