/** A lock that is taken before the agent asks for it: who comes second hears of the first one, not of what that one has taken since. */
import type { AgentLock, HeldLock, LockRequest } from '@polyplane/core';

/** Taken once, and held for whoever asks again; it ends with the process. */
export class LockTakenFirst implements AgentLock {
  #taken: Promise<HeldLock> | undefined;

  constructor(private readonly lock: AgentLock) {}

  take(request: LockRequest): Promise<HeldLock> {
    this.#taken ??= this.lock.take(request);
    return this.#taken;
  }
}
