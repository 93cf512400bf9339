/** An in-memory backend for tests: does what a backend must do, records it, and fails as scripted. */
import type {
  DataplaneBackend,
  DataplaneSession,
  Inspection,
  MissingFact,
  NodeContext,
  NodeFacts,
} from '../backend/backend';
import type { Behaviours } from '../limits/behaviours';
import type { LimitTable } from '../limits/limit';
import { STANDARD_BEHAVIOURS } from '../simulator/standard-behaviours';
import { type DesiredKey, type DesiredObject, DesiredStateStore, type Transition } from '../state';
import { FAKE_CODES, FakeBackendError } from './fake-error';
import { type FakeMethod, FaultScript } from './fake-faults';
import { type FakePlan, FakeSession, type FakeSessionHost, faultError, settleHang } from './fake-session';
import { FakeTarget } from './fake-target';

/** How the fake backend differs from its defaults. */
export interface FakeBackendOptions {
  /** Default `fake`. */
  readonly name?: string;
  readonly limits?: LimitTable;
  /** Limits that `probe` finds out. */
  readonly hostLimits?: LimitTable;
  readonly behaviours?: Partial<Behaviours>;
  /** What `probe` finds missing; then `open` rejects. */
  readonly missing?: readonly MissingFact[];
}

/** One call that a session or the backend was given, in order. */
export interface FakeCall {
  readonly method: FakeMethod;
  readonly plan?: FakePlan;
  /** Present: the call rejected with it. */
  readonly error?: unknown;
}

/**
 * The fake. `target` is what is in force and outlives sessions, so that adoption can be tested; `faults` scripts
 * failures; `refuse` makes an object poisonous; `restart`, `lose` and `reportForeignChange` make events.
 */
export class FakeBackend implements DataplaneBackend, FakeSessionHost {
  readonly name: string;
  readonly limits: LimitTable;
  readonly behaviours: Behaviours;
  readonly codes = FAKE_CODES;
  readonly target = new FakeTarget();
  readonly faults = new FaultScript();
  readonly refused = new Map<DesiredKey, { readonly isBlamed: boolean }>();
  readonly #calls: FakeCall[] = [];
  readonly #hostLimits: LimitTable;
  readonly #missing: readonly MissingFact[];
  #session: FakeSession | undefined;

  constructor(options: FakeBackendOptions = {}) {
    this.name = options.name ?? 'fake';
    this.limits = options.limits ?? [];
    this.behaviours = { ...STANDARD_BEHAVIOURS, ...options.behaviours };
    this.#hostLimits = options.hostLimits ?? [];
    this.#missing = options.missing ?? [];
  }

  /** Every call so far, oldest first. */
  get calls(): readonly FakeCall[] {
    return this.#calls;
  }

  async probe(_node: NodeContext): Promise<NodeFacts> {
    await this.#fail('probe');
    this.record('probe', {});
    return { backend: this.name, facts: {}, missing: this.#missing, limits: this.#hostLimits };
  }

  async open(_node: NodeContext): Promise<DataplaneSession> {
    await this.#fail('open');
    const [missing] = this.#missing;
    if (missing !== undefined) {
      throw new FakeBackendError('PP_FAKE_UNUSABLE', `there is no ${missing.what}`, { isRetriable: false });
    }
    this.record('open', {});
    this.#session = new FakeSession(this);
    return this.#session;
  }

  async inspect(_node: NodeContext, transition?: Transition): Promise<Inspection> {
    const wanted = new DesiredStateStore();
    if (transition !== undefined) wanted.apply(transition);
    const inForce = [...this.target.read().values()].map(({ object, isIntact }) => formatObject(object, isIntact));
    return {
      parts: [
        {
          name: 'objects',
          inForce: inForce.sort(),
          wanted: [...wanted.objects()].map((object) => formatObject(object)).sort(),
        },
      ],
    };
  }

  async removeTraces(_node: NodeContext): Promise<void> {
    this.target.clear();
  }

  /** From now on every write to this object rejects, not retriable; `isBlamed: false`: without saying whose fault it is. */
  refuse(key: DesiredKey, options: { readonly isBlamed: boolean } = { isBlamed: true }): void {
    this.refused.set(key, options);
  }

  /** Takes {@link refuse} back. */
  accept(key: DesiredKey): void {
    this.refused.delete(key);
  }

  /** The target is gone: every apply rejects until {@link restart}. */
  lose(): void {
    this.target.isReachable = false;
    this.#session?.emit({ type: 'lost', description: 'the target is gone' });
  }

  /** The target is back, with nothing in it. */
  restart(): void {
    this.target.isReachable = true;
    this.target.clear();
    this.#session?.emit({ type: 'restarted', description: 'the target is back' });
  }

  /** Makes the session say that somebody else changed something. */
  reportForeignChange(): void {
    this.#session?.emit({ type: 'foreignChange', description: 'somebody changed our objects' });
  }

  /** Notes a call of a session. */
  record(method: FakeMethod, detail: Omit<FakeCall, 'method'>): void {
    this.#calls.push({ method, ...detail });
  }

  async #fail(method: 'probe' | 'open'): Promise<void> {
    const fault = await settleHang(this.faults.take(method));
    if (fault === undefined) return;
    const error = faultError(method, fault);
    this.record(method, { error });
    throw error;
  }
}

function formatObject(object: DesiredObject, isIntact = true): string {
  const text = JSON.stringify(object, (_field, value) => (value instanceof Set ? [...value].sort() : value));
  return isIntact ? text : `${text} (corrupted)`;
}
