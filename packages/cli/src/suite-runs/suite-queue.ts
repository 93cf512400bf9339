/** The suites that no worker has yet, handed out in runs of neighbours. */
import type { Suite } from '@polyplane/conformance';

/** A suite with its place in the report. */
export interface QueuedSuite {
  readonly index: number;
  readonly suite: Suite;
}

/**
 * Neighbours often share their machines, and a worker keeps a network as long as the machines stay the same. So the first runs
 * are long, and the last ones short, that no worker is left with much to do while the others have nothing.
 */
export class SuiteQueue {
  private readonly waiting: QueuedSuite[];

  constructor(
    suites: readonly Suite[],
    private readonly workers: number,
  ) {
    this.waiting = suites.map((suite, index) => ({ index, suite }));
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Half of a worker's share of what is left; nothing once the queue is empty. */
  take(): readonly QueuedSuite[] {
    return this.waiting.splice(0, Math.ceil(this.waiting.length / (2 * this.workers)));
  }

  /** What was taken and not run is the next to be taken. */
  putBack(suites: readonly QueuedSuite[]): void {
    this.waiting.unshift(...suites);
  }
}
