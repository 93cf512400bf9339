/** A session of the fake backend: a correct small dataplane session, but for the faults that are scripted. */
import { type Observable, Subject } from 'rxjs';
import type { DataplaneEvent, DataplaneSession, Drift, Plan } from '../backend/backend';
import { CoreError } from '../core-error';
import { type Change, type DesiredKey, keyOfChange, orderChanges, referencesOf, type Transition } from '../state';
import { FakeBackendError } from './fake-error';
import type { FakeMethod, Fault, FaultScript } from './fake-faults';
import { changedEntry, type FakeEntries, type FakeEntry, type FakeTarget, isSameEntry } from './fake-target';

/** The fake's plan: the changes that it would write. */
export interface FakePlan extends Plan {
  readonly scope: Transition['scope'];
  readonly writes: readonly Change[];
  /** All that is asked for once the plan is in force. */
  readonly asked: FakeEntries;
  /** The session's generation that the plan was made from. */
  readonly generation: number;
}

/** What the session shares with its backend. */
export interface FakeSessionHost {
  readonly target: FakeTarget;
  readonly faults: FaultScript;
  readonly refused: ReadonlyMap<DesiredKey, { readonly isBlamed: boolean }>;
  record(method: FakeMethod, detail: { readonly plan?: FakePlan; readonly error?: unknown }): void;
}

export class FakeSession implements DataplaneSession<FakePlan> {
  readonly #events = new Subject<DataplaneEvent>();
  readonly events$: Observable<DataplaneEvent> = this.#events.asObservable();
  readonly #host: FakeSessionHost;
  /** What the session believes to be in force: adopted at opening, read back after a failure. */
  #believed: FakeEntries;
  /**
   * What the transitions that succeeded asked for; before the first, what was adopted. Never taken from a reading: what
   * the target lost by itself is still asked for.
   */
  #asked: FakeEntries;
  #generation = 0;

  constructor(host: FakeSessionHost) {
    this.#host = host;
    this.#believed = host.target.read();
    this.#asked = this.#believed;
  }

  plan(transition: Transition): FakePlan {
    const asked = askedAfter(this.#asked, transition);
    const writes =
      transition.scope === 'full' ? differences(this.#believed, asked) : this.#deltaWrites(asked, transition);
    rejectDangling(asked, transition);
    return {
      revision: transition.revision,
      scope: transition.scope,
      isEmpty: writes.length === 0,
      writes,
      asked,
      generation: this.#generation,
      print: () => writes.map(printWrite).join('\n'),
    };
  }

  async apply(plan: FakePlan): Promise<void> {
    if (plan.generation !== this.#generation) {
      throw new CoreError('PP_PLAN_STALE', `the plan for revision ${plan.revision} was made from an older state`);
    }
    this.#generation += 1;
    const generation = this.#generation;
    try {
      await this.#write(plan, generation);
    } catch (error) {
      this.#believed = this.#host.target.read();
      this.#host.record('apply', { plan, error });
      throw error;
    }
    this.#believed = entriesAfter(this.#believed, this.#writable(plan));
    this.#asked = plan.asked;
    this.#host.record('apply', { plan });
  }

  async audit(): Promise<Drift> {
    const fault = await settleHang(this.#host.faults.take('audit'));
    if (fault !== undefined) {
      const error = faultError('audit', fault);
      this.#host.record('audit', { error });
      throw error;
    }
    const repaired = this.#repair();
    this.#host.record('audit', {});
    return { repaired };
  }

  async release(how: 'leave' | 'remove'): Promise<void> {
    const fault = await settleHang(this.#host.faults.take('release'));
    if (fault !== undefined) {
      const error = faultError('release', fault);
      this.#host.record('release', { error });
      throw error;
    }
    if (how === 'remove') this.#host.target.clear();
    this.#host.record('release', {});
    this.#events.complete();
  }

  /** Called by the backend: tells the listener. */
  emit(event: DataplaneEvent): void {
    if (event.type === 'restarted') {
      this.#generation += 1;
      this.#believed = this.#host.target.read();
      this.#asked = this.#believed;
    }
    this.#events.next(event);
  }

  async #write(plan: FakePlan, generation: number): Promise<void> {
    const { target, faults } = this.#host;
    const fault = await settleHang(faults.take('apply'));
    if (generation !== this.#generation || !target.isReachable) {
      throw new FakeBackendError('PP_FAKE_UNREACHABLE', 'the target is not there', { isRetriable: true });
    }
    const writes = this.#writable(plan);
    this.#rejectRefused(writes);
    const count = fault === undefined ? writes.length : writtenBefore(fault, writes.length);
    for (const change of writes.slice(0, count)) target.write(change);
    if (fault !== undefined) throw faultError('apply', fault);
  }

  /** A removal that a full transition implies, and that is refused, is left to the audits. */
  #writable({ scope, writes }: FakePlan): readonly Change[] {
    if (scope === 'delta') return writes;
    return writes.filter((change) => change.op !== 'remove' || !this.#host.refused.has(change.key));
  }

  #rejectRefused(writes: readonly Change[]): void {
    for (const change of writes) {
      const key = keyOfChange(change);
      const refusal = this.#host.refused.get(key);
      if (refusal === undefined) continue;
      throw new FakeBackendError('PP_FAKE_REFUSED', refusal.isBlamed ? `${key} is refused` : 'something is refused', {
        isRetriable: false,
        objects: refusal.isBlamed ? [key] : [],
      });
    }
  }

  #repair(): readonly string[] {
    const writes = differences(this.#host.target.read(), this.#asked);
    for (const change of writes) this.#host.target.write(change);
    this.#believed = this.#asked;
    this.#generation += 1;
    return writes.map(printWrite);
  }

  /** Only what differs, of the transition's own objects; a set that is not there as asked for is written whole. */
  #deltaWrites(asked: FakeEntries, { changes }: Transition): readonly Change[] {
    return changes.flatMap((change): readonly Change[] => {
      const key = keyOfChange(change);
      const wanted = asked.get(key);
      const believed = this.#believed.get(key);
      if (isSameEntry(believed, wanted)) return [];
      const isKnown = change.op !== 'members' || isSameEntry(believed, this.#asked.get(key));
      return isKnown || wanted === undefined ? [change] : [{ op: 'put', object: wanted.object }];
    });
  }
}

function askedAfter(asked: FakeEntries, { scope, changes }: Transition): FakeEntries {
  return entriesAfter(scope === 'full' ? new Map() : asked, changes);
}

function entriesAfter(entries: FakeEntries, changes: readonly Change[]): FakeEntries {
  const after = new Map<DesiredKey, FakeEntry>(entries);
  for (const change of changes) {
    const key = keyOfChange(change);
    const next = changedEntry(after.get(key), change);
    if (next === undefined) after.delete(key);
    else after.set(key, next);
  }
  return after;
}

/** What makes `to` of `from`, in a safe order. */
function differences(from: FakeEntries, to: FakeEntries): readonly Change[] {
  const puts = [...to.values()]
    .filter((entry) => !isSameEntry(from.get(entry.object.key), entry))
    .map((entry): Change => ({ op: 'put', object: entry.object }));
  const removals = [...from.keys()].filter((key) => !to.has(key)).map((key): Change => ({ op: 'remove', key }));
  return orderChanges([...puts, ...removals]);
}

function rejectDangling(asked: FakeEntries, { changes }: Transition): void {
  const dangling = changes.filter(
    (change) => change.op === 'put' && referencesOf(change.object).some((key) => !asked.has(key)),
  );
  const removed = changes.filter(({ op }) => op === 'remove').map(keyOfChange);
  const isNamed = removed.length > 0 ? namedKeys(asked) : new Set<DesiredKey>();
  const blamed = [...dangling.map(keyOfChange), ...removed.filter((key) => isNamed.has(key))];
  if (blamed.length === 0) return;
  throw new FakeBackendError('PP_FAKE_REFERENCE', `${blamed.join(', ')}: a reference dangles`, {
    isRetriable: false,
    objects: blamed,
  });
}

function namedKeys(entries: FakeEntries): ReadonlySet<DesiredKey> {
  return new Set([...entries.values()].flatMap((entry) => referencesOf(entry.object)));
}

/** Waits out a hang; what is left is a rejection or nothing. */
export async function settleHang(
  fault: Fault | undefined,
): Promise<Extract<Fault, { readonly type: 'reject' }> | undefined> {
  if (fault?.type !== 'hang') return fault;
  await fault.until;
  return settleHang(fault.outcome);
}

export function faultError(method: FakeMethod, fault: Extract<Fault, { readonly type: 'reject' }>): FakeBackendError {
  return new FakeBackendError('PP_FAKE_FAULT', `${method} failed as scripted, ${fault.written} written`, {
    isRetriable: fault.isRetriable,
    ...(fault.objects === undefined ? {} : { objects: fault.objects }),
  });
}

function writtenBefore(fault: Extract<Fault, { readonly type: 'reject' }>, count: number): number {
  if (fault.written === 'nothing') return 0;
  return fault.written === 'half' ? Math.ceil(count / 2) : count;
}

function printWrite(change: Change): string {
  if (change.op !== 'members') return `${change.op} ${keyOfChange(change)}`;
  return `members ${change.key} +${change.added.length} -${change.removed.length}`;
}
