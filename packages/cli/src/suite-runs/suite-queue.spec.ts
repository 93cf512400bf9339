import { expect } from 'chai';
import { loadSuite, type Suite } from '@polyplane/conformance';
import { SuiteQueue } from './suite-queue';

const SUITE = loadSuite('examples/smallest.suite.yaml');

describe('SuiteQueue', () => {
  it('hands out every suite once and in order, in runs that grow shorter', () => {
    const queue = new SuiteQueue(suites(20), 2);
    const runs = takeAll(queue);
    expect(runs.flat()).to.deep.equal([...Array(20).keys()]);
    expect(runs.map((run) => run.length)).to.deep.equal([5, 4, 3, 2, 2, 1, 1, 1, 1]);
    expect(queue.isEmpty).to.equal(true);
  });

  it('hands out next what was put back', () => {
    const queue = new SuiteQueue(suites(8), 1);
    const [, ...rest] = queue.take();
    queue.putBack(rest);
    expect(takeAll(queue).flat()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
  });

  it('has nothing to hand out once it is empty', () => {
    expect(new SuiteQueue([], 4).take()).to.deep.equal([]);
  });
});

function suites(count: number): readonly Suite[] {
  return Array.from({ length: count }, () => SUITE);
}

/** The places of the suites in each run. */
function takeAll(queue: SuiteQueue): readonly (readonly number[])[] {
  const runs: (readonly number[])[] = [];
  while (!queue.isEmpty) runs.push(queue.take().map(({ index }) => index));
  return runs;
}
