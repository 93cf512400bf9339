/** Drives a session through an event sequence, as the reconciler would. */
import { type DataplaneSession, DesiredStateStore, type Plan, type Transition } from '@polyplane/core';
import type { Batch } from './expansions';

export class SessionDriver {
  private readonly store = new DesiredStateStore();
  private revision = 0;

  constructor(readonly session: DataplaneSession) {}

  /** What was asked for so far. */
  get state(): DesiredStateStore {
    return this.store;
  }

  /** A new session is told everything first; later ones only what changes. */
  async apply(batch: Batch): Promise<Plan> {
    this.store.apply({ scope: 'delta', changes: batch });
    const transition = this.revision === 0 ? this.wholeState() : this.next(batch);
    const plan = this.session.plan(transition);
    await this.session.apply(plan);
    return plan;
  }

  async applyAll(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) await this.apply(batch);
  }

  /** A transition to the state that is asked for already. */
  wholeState(): Transition {
    this.revision += 1;
    return this.store.toTransition(this.revision, true);
  }

  private next(changes: Batch): Transition {
    this.revision += 1;
    return { revision: this.revision, scope: 'delta', isInSync: true, changes };
  }
}
