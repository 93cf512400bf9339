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
  /** What is in force once the plan is. */
  readonly result: FakeEntries;
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
  /** What the successful applies asked for; undefined before the first. */
  #intended: FakeEntries | undefined;
  #generation = 0;

  constructor(host: FakeSessionHost) {
    this.#host = host;
    this.#believed = host.target.read();
  }

  plan(transition: Transition): FakePlan {
    const result = resultOf(this.#believed, transition);
    const writes = writesBetween(this.#believed, result, transition);
    rejectDangling(result, writes);
    return {
      revision: transition.revision,
      scope: transition.scope,
      isEmpty: writes.length === 0,
      writes,
      result,
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
    this.#believed = plan.result;
    this.#intended = plan.result;
    this.#host.record('apply', { plan });
  }

  async audit(): Promise<Drift> {
    const fault = await settleHang(this.#host.faults.take('audit'));
    if (fault !== undefined) {
      const error = faultError('audit', fault);
      this.#host.record('audit', { error });
      throw error;
    }
    const repaired = this.#intended === undefined ? [] : this.#repair(this.#intended);
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
      this.#intended = this.#believed;
    }
    this.#events.next(event);
  }

  async #write(plan: FakePlan, generation: number): Promise<void> {
    const { target, faults } = this.#host;
    const fault = await settleHang(faults.take('apply'));
    if (generation !== this.#generation || !target.isReachable) {
      throw new FakeBackendError('PP_FAKE_UNREACHABLE', 'the target is not there', { isRetriable: true });
    }
    this.#rejectRefused(plan.writes);
    const count = fault === undefined ? plan.writes.length : writtenBefore(fault, plan.writes.length);
    for (const change of plan.writes.slice(0, count)) target.write(change);
    if (fault !== undefined) throw faultError('apply', fault);
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

  #repair(intended: FakeEntries): readonly string[] {
    const found = this.#host.target.read();
    const writes = differences(found, intended);
    for (const change of writes) this.#host.target.write(change);
    this.#believed = intended;
    this.#generation += 1;
    return writes.map(printWrite);
  }
}

function resultOf(base: FakeEntries, transition: Transition): FakeEntries {
  const result = new Map<DesiredKey, FakeEntry>(transition.scope === 'full' ? [] : base);
  for (const change of transition.changes) {
    const key = keyOfChange(change);
    const next = changedEntry(result.get(key), change);
    if (next === undefined) result.delete(key);
    else result.set(key, next);
  }
  return result;
}

/** Only what differs; a delta looks at nothing but its own keys. */
function writesBetween(base: FakeEntries, result: FakeEntries, transition: Transition): readonly Change[] {
  if (transition.scope === 'full') return differences(base, result);
  return transition.changes.filter((change) => {
    const key = keyOfChange(change);
    return !isSameEntry(base.get(key), result.get(key));
  });
}

/** What makes `to` of `from`, in a safe order. */
function differences(from: FakeEntries, to: FakeEntries): readonly Change[] {
  const puts = [...to.values()]
    .filter((entry) => !isSameEntry(from.get(entry.object.key), entry))
    .map((entry): Change => ({ op: 'put', object: entry.object }));
  const removals = [...from.keys()].filter((key) => !to.has(key)).map((key): Change => ({ op: 'remove', key }));
  return orderChanges([...puts, ...removals]);
}

function rejectDangling(result: FakeEntries, writes: readonly Change[]): void {
  const dangling = writes.filter(
    (change) => change.op === 'put' && referencesOf(change.object).some((key) => !result.has(key)),
  );
  const removed = new Set(writes.filter((change) => change.op === 'remove').map(keyOfChange));
  const isNamed = removed.size > 0 ? namedKeys(result) : new Set<DesiredKey>();
  const blamed = [...dangling.map(keyOfChange), ...[...removed].filter((key) => isNamed.has(key))];
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
  return settleHang(fault.then);
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
