/** A clock that moves only when a test says so. */
import { VirtualTimeScheduler } from 'rxjs';

/** An rxjs scheduler with simulated time; promises that timers start are awaited on the way. */
export class SimulatedClock extends VirtualTimeScheduler {
  constructor() {
    super(undefined, 0);
  }

  /** Lets `milliseconds` pass: runs every timer that falls due, in order, also those that are set on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.frame + milliseconds;
    await settle();
    for (let due = this.#nextDue(); due <= end; due = this.#nextDue()) {
      this.maxFrames = due;
      this.flush();
      await settle();
    }
    this.frame = end;
  }

  /** When the next timer is due; infinity: never. */
  #nextDue(): number {
    return this.actions.reduce((due, action) => Math.min(due, action.delay), Number.POSITIVE_INFINITY);
  }
}

/** Everything that promises have to do now is done. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
