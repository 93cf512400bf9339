import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  DesiredStateStore,
  type IpSet,
  orderChanges,
  type Policy,
} from '../state';
import {
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  FakeBackend,
  type Fault,
  nets,
  SimulatedClock,
} from '../testing';
import { SILENT_LOGGER } from './logger';
import { Reconciler } from './reconciler';

/** A run: what comes in, what goes wrong, and when. */
type Step =
  | { readonly type: 'want'; readonly state: readonly DesiredObject[] }
  | { readonly type: 'fail'; readonly method: 'apply' | 'audit'; readonly fault: Fault }
  | { readonly type: 'hang'; readonly outcome: Fault | undefined }
  | { readonly type: 'unhang' | 'restart' | 'lose' | 'comeBackSilently' | 'foreignChange' }
  | { readonly type: 'drift'; readonly how: 'lose' | 'corrupt' | 'duplicate'; readonly key: DesiredKey }
  | { readonly type: 'refuse'; readonly key: DesiredKey; readonly isBlamed: boolean }
  | { readonly type: 'accept'; readonly key: DesiredKey }
  | { readonly type: 'wait'; readonly milliseconds: number };

describe('Reconciler under any sequence of faults', () => {
  it('ends in the last desired state once the faults end, and leaves nothing out', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const world = await play(run);
        world.backend.refused.clear();
        await world.end();
        expect(differingKeys(world)).to.deep.equal([]);
        expect(world.backend.target.read().size).to.equal([...world.wanted.objects()].length);
        const { status } = world.reconciler;
        expect(status.quarantined).to.deep.equal([]);
        expect(status.lastFailure).to.equal(undefined);
        expect(status).to.include({ phase: 'idle', pendingObjects: 0, appliedRevision: status.wantedRevision });
      }),
      { numRuns: 400 },
    );
  });

  it('ends in the last desired state minus what is quarantined while objects are refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const world = await play(run.map((step) => (step.type === 'refuse' ? { ...step, isBlamed: true } : step)));
        await world.end();
        const quarantined = new Set(world.reconciler.status.quarantined.map(({ key }) => key));
        expect(differingKeys(world).filter((key) => !quarantined.has(key))).to.deep.equal([]);
        expect(world.reconciler.status).to.include({ phase: 'idle' });
      }),
      { numRuns: 400 },
    );
  });
});

interface World {
  readonly backend: FakeBackend;
  readonly reconciler: Reconciler;
  readonly wanted: DesiredStateStore;
  /** Ends every fault but refusals, and lets an hour pass. */
  end(): Promise<void>;
}

async function play(run: readonly Step[]): Promise<World> {
  const backend = new FakeBackend();
  backend.target.write({ op: 'put', object: buildService('left by an earlier session', [], []) });
  const clock = new SimulatedClock();
  const session = await backend.open({ nodeName: 'node-1', logger: SILENT_LOGGER });
  const reconciler = new Reconciler(session, {
    scheduler: clock,
    random: () => 0.5,
    auditIntervalSeconds: 30,
    backoff: { initialDelayMs: 100, maxDelayMs: 5000 },
  });
  const wanted = new DesiredStateStore();
  const hung: (() => void)[] = [];
  let revision = 0;

  const want = (state: readonly DesiredObject[], isInSync: boolean): void => {
    const changes = changesTo(wanted, state);
    revision += 1;
    wanted.apply({ scope: 'delta', changes });
    reconciler.submit({ revision, scope: 'delta', isInSync, changes });
  };
  const take = async (step: Step): Promise<void> => {
    switch (step.type) {
      case 'want':
        return want(step.state, true);
      case 'fail':
        return backend.faults.add(step.method, step.fault);
      case 'hang': {
        const until = new Promise<void>((resolve) => hung.push(resolve));
        return backend.faults.add(
          'apply',
          step.outcome === undefined ? { type: 'hang', until } : { type: 'hang', until, outcome: step.outcome },
        );
      }
      case 'unhang':
        for (const resolve of hung.splice(0)) resolve();
        return;
      case 'restart':
        return backend.restart();
      case 'lose':
        return backend.lose();
      case 'comeBackSilently':
        backend.target.isReachable = true;
        return;
      case 'foreignChange':
        return backend.reportForeignChange();
      case 'drift':
        return backend.target[step.how](step.key);
      case 'refuse':
        return backend.refuse(step.key, { isBlamed: step.isBlamed });
      case 'accept':
        return backend.accept(step.key);
      case 'wait':
        return clock.advance(step.milliseconds);
    }
  };

  want([buildService('early', [], [])], false);
  await clock.advance(60_000);
  expect(backend.calls.map(({ method }) => method)).to.deep.equal(['open']);
  want([buildService('early', [], [])], true);
  for (const step of run) await take(step);

  const end = async (): Promise<void> => {
    backend.faults.clear();
    for (const resolve of hung) resolve();
    backend.target.isReachable = true;
    await clock.advance(3_600_000);
  };
  return { backend, reconciler, wanted, end };
}

/** Keys whose object in force is not as wanted; a corrupted object counts as none. */
function differingKeys({ backend, wanted }: World): readonly DesiredKey[] {
  const inForce = backend.target.state();
  const keys = new Set([...wanted.objects(), ...inForce.objects()].map(({ key }) => key));
  return [...keys].filter((key) => !isDeepStrictEqual(wanted.get(key), inForce.get(key)));
}

/** The changes from a state to another; sets that stay change by their members. */
function changesTo(from: DesiredStateStore, to: readonly DesiredObject[]): readonly Change[] {
  const keys = new Set(to.map(({ key }) => key));
  const removals = [...from.objects()]
    .filter(({ key }) => !keys.has(key))
    .map(({ key }): Change => ({ op: 'remove', key }));
  const puts = to.flatMap((object): readonly Change[] => {
    const before = from.get(object.key);
    if (isDeepStrictEqual(before, object)) return [];
    return object.type === 'ipSet' && before?.type === 'ipSet'
      ? [membersChange(before, object)]
      : [{ op: 'put', object }];
  });
  return orderChanges([...puts, ...removals]);
}

function membersChange(before: IpSet, after: IpSet): Change {
  return {
    op: 'members',
    key: after.key,
    added: [...after.members].filter((member) => !before.members.has(member)),
    removed: [...before.members].filter((member) => !after.members.has(member)),
  };
}

const NAMES = ['a', 'b', 'c'];
const MEMBERS = nets('10.0.0.1', '10.0.0.2', '10.0.0.3');

/** Any state whose references hold. */
const state: fc.Arbitrary<readonly DesiredObject[]> = fc
  .record({
    sets: fc
      .subarray(NAMES)
      .chain((names) =>
        fc.tuple(...names.map((name) => fc.subarray([...MEMBERS]).map((members) => buildIpSet(name, 'net', members)))),
      ),
    services: fc
      .subarray(NAMES)
      .chain((names) =>
        fc.tuple(
          ...names.map((name) => fc.constantFrom('', 'x').map((portName) => buildService(name, [], [], { portName }))),
        ),
      ),
    policyNames: fc.subarray(NAMES),
    podNames: fc.subarray(NAMES),
    choices: fc.infiniteStream(fc.boolean()),
  })
  .map(({ sets, services, policyNames, podNames, choices }) => {
    const chosen = <T>(all: readonly T[]): readonly T[] => all.filter(() => choices.next().value);
    const policies: readonly Policy[] = policyNames.map((name) =>
      buildPolicy(name, { ingress: [buildRule('allow', { source: { ipSets: chosen(sets).map(({ key }) => key) } })] }),
    );
    const pods = podNames.map((name) => {
      const named = chosen(policies);
      return buildWorkload(name, '10.0.0.9', { tiers: named.length === 0 ? [] : [buildTier(named)] });
    });
    return [...sets, ...policies, ...pods, ...services];
  });

const key: fc.Arbitrary<DesiredKey> = fc.constantFrom(
  ...NAMES.flatMap((name): readonly DesiredKey[] => [
    buildIpSet(name, 'net', []).key,
    buildPolicy(name, {}).key,
    buildWorkload(name, '10.0.0.9').key,
    buildService(name, [], []).key,
  ]),
);
const rejection: fc.Arbitrary<Fault> = fc.record({
  type: fc.constant('reject' as const),
  written: fc.constantFrom('nothing', 'half', 'everything'),
  isRetriable: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: state.map((all): Step => ({ type: 'want', state: all })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 50, 1000, 40_000).map((milliseconds): Step => ({ type: 'wait', milliseconds })),
  },
  { weight: 4, arbitrary: rejection.map((fault): Step => ({ type: 'fail', method: 'apply', fault })) },
  { weight: 1, arbitrary: rejection.map((fault): Step => ({ type: 'fail', method: 'audit', fault })) },
  {
    weight: 2,
    arbitrary: fc.option(rejection, { nil: undefined }).map((outcome): Step => ({ type: 'hang', outcome })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('unhang', 'restart', 'lose', 'comeBackSilently', 'foreignChange')
      .map((type): Step => ({ type })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('drift' as const),
      how: fc.constantFrom('lose', 'corrupt', 'duplicate'),
      key,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('refuse' as const), key, isBlamed: fc.boolean() }) },
  { weight: 1, arbitrary: key.map((each): Step => ({ type: 'accept', key: each })) },
);
const steps = fc.array(step, { maxLength: 25 });
