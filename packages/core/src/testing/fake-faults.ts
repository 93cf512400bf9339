/** Scripted faults: what shall go wrong at which call of the fake backend. */
import type { DesiredKey } from '../state';

/** The methods of a session that can be made to fail. */
export type FakeMethod = 'probe' | 'open' | 'apply' | 'audit' | 'release';

/** How one call fails. */
export type Fault =
  /** Rejects before it wrote anything, after it wrote the first half, or after it wrote everything (the answer got lost). */
  | {
      readonly type: 'reject';
      readonly written: 'nothing' | 'half' | 'everything';
      readonly isRetriable: boolean;
      /** Who the error says is to blame. */
      readonly objects?: readonly DesiredKey[];
    }
  /** Waits, then goes on with `outcome`; absent: as if nothing had been wrong. */
  | { readonly type: 'hang'; readonly until: Promise<void>; readonly outcome?: Fault };

/** A queue of faults for each method; a call takes the first one. */
export class FaultScript {
  readonly #queues = new Map<FakeMethod, Fault[]>();

  /** The next calls of the method fail so, one fault a call. */
  add(method: FakeMethod, ...faults: readonly Fault[]): void {
    this.#queues.set(method, [...(this.#queues.get(method) ?? []), ...faults]);
  }

  /** The next fault of a method; undefined: none. */
  take(method: FakeMethod): Fault | undefined {
    return this.#queues.get(method)?.shift();
  }

  /** Forgets the faults that have not happened. */
  clear(): void {
    this.#queues.clear();
  }
}
