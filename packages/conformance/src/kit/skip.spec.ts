import { expect } from 'chai';
import { describeUnless, skipIf } from './skip';

describe('skipIf', () => {
  /** Stands in for a running test; `skip` throws, as mocha's does. */
  function runningTest() {
    const test = { title: 'sends packets' };
    const skip = (): never => {
      throw new Error('skipped');
    };
    return { test, skip };
  }

  it('lets a test run that nothing is in the way of', () => {
    const running = runningTest();
    skipIf(running, undefined);
    expect(running.test.title).to.equal('sends packets');
  });

  it('skips a test that something is in the way of, and tells it in the title', () => {
    const running = runningTest();
    expect(() => skipIf(running, 'needs root')).to.throw('skipped');
    expect(running.test.title).to.equal('sends packets (skipped: needs root)');
  });
});

describe('describeUnless', () => {
  /** What the test framework is told to do. */
  function toldBy(action: () => void): readonly string[] {
    const told: string[] = [];
    const scope = globalThis as { describe: unknown };
    const { describe: own } = scope;
    scope.describe = Object.assign((title: string) => told.push(`describe ${title}`), {
      skip: (title: string) => told.push(`skip ${title}`),
    });
    try {
      action();
    } finally {
      scope.describe = own;
    }
    return told;
  }

  it('describes where nothing is in the way', () => {
    expect(toldBy(() => describeUnless(undefined, 'A session', () => undefined))).to.deep.equal(['describe A session']);
  });

  it('skips all that it describes where something is, and tells it in the title', () => {
    expect(toldBy(() => describeUnless('needs root', 'A session', () => undefined))).to.deep.equal([
      'skip A session (skipped: needs root)',
    ]);
  });
});
