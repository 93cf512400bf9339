/** A reconciler on a fake backend with simulated time, and the transitions and faults that its tests are made of. */
import { SILENT_LOGGER } from '../backend/logger';
import { Reconciler, type ReconcilerOptions } from '../backend/reconciler';
import { type Change, type DesiredKey, type DesiredObject, orderChanges } from '../state';
import { buildService } from './desired-objects';
import { FakeBackend } from './fake-backend';
import type { Fault } from './fake-faults';
import { SimulatedClock } from './simulated-clock';

/** The backoff of {@link setUpReconciler}; its jitter is always at the upper end. */
export const BACKOFF_OPTIONS: ReconcilerOptions = {
  random: () => 0.999,
  backoff: { initialDelayMs: 100, maxDelayMs: 10_000 },
};

/** A call that fails before it wrote anything. */
export const RETRIABLE = { type: 'reject', written: 'nothing', isRetriable: true } as const satisfies Fault;
export const FATAL = { type: 'reject', written: 'nothing', isRetriable: false } as const satisfies Fault;

/** A reconciler on a fake; `submit` counts revisions. */
export async function setUpReconciler(options: { readonly backend?: FakeBackend } & ReconcilerOptions = {}) {
  const { backend = new FakeBackend(), ...rest } = options;
  const clock = new SimulatedClock();
  const session = await backend.open({ nodeName: 'node-1', logger: SILENT_LOGGER });
  const reconciler = new Reconciler(session, { scheduler: clock, ...BACKOFF_OPTIONS, ...rest });
  let revision = 0;
  const submit = (...changes: readonly Change[]): void => {
    revision += 1;
    reconciler.submit({ revision, scope: 'delta', isInSync: true, changes: orderChanges(changes) });
  };
  const applies = () => backend.calls.filter(({ method }) => method === 'apply');
  const keysInForce = () => [...backend.target.read().keys()].sort();
  return { backend, clock, session, reconciler, submit, applies, keysInForce };
}

export function put(object: DesiredObject): Change {
  return { op: 'put', object };
}

export function remove(key: DesiredKey): Change {
  return { op: 'remove', key };
}

/** The put of a service; another `portName` makes it another version. */
export function service(name: string, portName = ''): Change {
  return put(buildService(name, [], [], { portName }));
}

/** The puts of services `s0000`, `s0001` and so on. */
export function services(count: number): readonly Change[] {
  return Array.from({ length: count }, (_, index) => service(`s${String(index).padStart(4, '0')}`));
}

/** The key of the service of that name. */
export function keyOf(name: string): DesiredKey {
  return buildService(name, [], []).key;
}

/** A promise that a test resolves when it likes. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
