import { expect } from 'chai';
import { type Change, type DesiredKey, keyOfChange, orderChanges, type Transition } from '../state';
import {
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  FakeBackend,
  type Fault,
  ipSetKey,
  nets,
  SimulatedClock,
  settle,
} from '../testing';
import type { DataplaneSession } from './backend';
import { SILENT_LOGGER } from './logger';
import { Reconciler, type ReconcilerOptions } from './reconciler';

const BACKOFF = { initialDelayMs: 100, maxDelayMs: 10_000 };
const RETRIABLE: Fault = { type: 'reject', written: 'nothing', isRetriable: true };
const FATAL = { type: 'reject', written: 'nothing', isRetriable: false } as const;

const put = (object: Extract<Change, { readonly op: 'put' }>['object']): Change => ({ op: 'put', object });
const remove = (key: DesiredKey): Change => ({ op: 'remove', key });
const service = (name: string, port = ''): Change => put(buildService(name, [], [], { portName: port }));
const services = (count: number): readonly Change[] =>
  Array.from({ length: count }, (_, index) => service(`s${String(index).padStart(4, '0')}`));
const keyOf = (name: string): DesiredKey => buildService(name, [], []).key;

/** A reconciler on a fake, with simulated time; `submit` counts revisions. */
async function setUp(options: { readonly backend?: FakeBackend } & ReconcilerOptions = {}) {
  const { backend = new FakeBackend(), ...rest } = options;
  const clock = new SimulatedClock();
  const session = await backend.open({ nodeName: 'node-1', logger: SILENT_LOGGER });
  const reconciler = new Reconciler(session, { scheduler: clock, random: () => 0.999, backoff: BACKOFF, ...rest });
  let revision = 0;
  const submit = (...changes: readonly Change[]): void => {
    revision += 1;
    reconciler.submit({ revision, scope: 'delta', isInSync: true, changes: orderChanges(changes) });
  };
  const applies = () => backend.calls.filter(({ method }) => method === 'apply');
  const keysInForce = () => [...backend.target.read().keys()].sort();
  return { backend, clock, session, reconciler, submit, applies, keysInForce };
}

describe('Reconciler', () => {
  it('writes nothing before the source is in sync', async () => {
    const { reconciler, clock, applies } = await setUp();
    reconciler.submit({ revision: 1, scope: 'delta', isInSync: false, changes: [service('web')] });
    await clock.advance(600_000);
    expect(applies()).to.deep.equal([]);
    expect(reconciler.status).to.include({ phase: 'waitingForSync', pendingObjects: 1, appliedRevision: 0 });
  });

  it('begins with a full transition, so that what an earlier session left and nobody wants goes', async () => {
    const backend = new FakeBackend();
    backend.target.write(service('old'));
    const { submit, applies, clock, keysInForce } = await setUp({ backend });
    submit(service('web'));
    await clock.advance(0);
    expect(applies().map(({ plan }) => plan?.scope)).to.deep.equal(['full']);
    expect(keysInForce()).to.deep.equal([keyOf('web')]);
  });

  it('goes on with deltas, and writes only what differs', async () => {
    const { submit, applies, clock } = await setUp();
    submit(service('a'), service('b'));
    await clock.advance(0);
    submit(service('b', 'changed'));
    await clock.advance(0);
    expect(applies().map(({ plan }) => [plan?.scope, plan?.writes.map(keyOfChange)])).to.deep.equal([
      ['full', [keyOf('a'), keyOf('b')]],
      ['delta', [keyOf('b')]],
    ]);
  });

  it('makes one batch of what comes in while the session is busy, one entry an object, in safe order', async () => {
    const { backend, submit, applies, clock } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    const gate = deferred();
    backend.faults.add('apply', { type: 'hang', until: gate.promise });
    submit(service('b'));
    await clock.advance(0);
    const policy = buildPolicy('p', { ingress: [buildRule('allow', { source: { ipSets: [ipSetKey('s')] } })] });
    const pod = buildWorkload('pod', '10.0.0.1', { tiers: [buildTier([policy])] });
    submit(put(pod), put(policy), put(buildIpSet('s', 'net', ['10.0.0.1'])));
    submit(service('c'), remove(keyOf('a')));
    submit(service('c', 'newest'));
    submit({ op: 'members', key: ipSetKey('s'), added: nets('10.0.0.2'), removed: nets('10.0.0.1') });
    gate.resolve();
    await clock.advance(0);
    const [, , batch] = applies();
    expect(batch?.plan?.writes.map(keyOfChange)).to.deep.equal([
      ipSetKey('s'),
      policy.key,
      pod.key,
      keyOf('c'),
      keyOf('a'),
    ]);
    expect([...(backend.target.state().ipSets.get(ipSetKey('s'))?.members ?? [])]).to.deep.equal(nets('10.0.0.2'));
    expect(backend.target.state().services.get(buildService('c', [], []).key)?.portName).to.equal('newest');
  });

  it('hands member changes over as such, put together per set', async () => {
    const { backend, submit, applies, clock } = await setUp();
    submit(put(buildIpSet('s', 'net', ['10.0.0.1', '10.0.0.2'])));
    await clock.advance(0);
    submit({ op: 'members', key: ipSetKey('s'), added: nets('10.0.0.3'), removed: nets('10.0.0.1') });
    submit({ op: 'members', key: ipSetKey('s'), added: nets('10.0.0.4'), removed: nets('10.0.0.3') });
    await clock.advance(0);
    expect(applies().at(-1)?.plan?.writes).to.deep.equal([
      {
        op: 'members',
        key: ipSetKey('s'),
        added: nets('10.0.0.4'),
        removed: nets('10.0.0.1', '10.0.0.3'),
      },
    ]);
    expect([...(backend.target.state().ipSets.get(ipSetKey('s'))?.members ?? [])]).to.deep.equal(
      nets('10.0.0.2', '10.0.0.4'),
    );
  });

  it('repeats what failed and may succeed, after a delay that grows', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp();
    backend.faults.add('apply', RETRIABLE, RETRIABLE, RETRIABLE);
    submit(service('web'));
    await clock.advance(0);
    expect(reconciler.status).to.include({ phase: 'retrying' });
    expect(reconciler.status.lastFailure).to.include({
      operation: 'apply',
      code: 'PP_FAKE_FAULT',
      failures: 1,
      since: 0,
    });
    await clock.advance(100);
    expect(reconciler.status.lastFailure).to.include({ failures: 2, since: 0 });
    await clock.advance(199);
    expect(reconciler.status.lastFailure).to.include({ failures: 2 });
    await clock.advance(1000);
    expect(keysInForce()).to.deep.equal([keyOf('web')]);
    expect(reconciler.status).to.include({ phase: 'idle', appliedRevision: 1 });
    expect(reconciler.status.lastFailure).to.equal(undefined);
  });

  it('loses nothing of a delta that failed half-way, nor of what came meanwhile', async () => {
    const { backend, submit, clock, keysInForce } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    backend.faults.add('apply', { type: 'reject', written: 'half', isRetriable: true });
    submit(service('b'), service('c'), remove(keyOf('a')));
    await clock.advance(0);
    submit(service('d'));
    await clock.advance(1000);
    expect(keysInForce()).to.deep.equal([keyOf('b'), keyOf('c'), keyOf('d')]);
  });

  it('leaves out the objects that an error names, goes on with the rest, and reports them', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp();
    backend.refuse(keyOf('bad'));
    submit(service('bad'), service('good'));
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('good')]);
    expect(reconciler.status.quarantined).to.deep.equal([
      { key: keyOf('bad'), code: 'PP_FAKE_REFUSED', message: `${keyOf('bad')} is refused`, since: 0 },
    ]);
    expect(reconciler.status).to.include({ phase: 'idle', appliedRevision: 1 });
  });

  it('tries a quarantined object again when it changes', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp();
    backend.refuse(keyOf('bad'));
    submit(service('bad'), service('good'));
    await clock.advance(0);
    backend.accept(keyOf('bad'));
    submit(service('bad', 'mended'));
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('bad'), keyOf('good')]);
    expect(reconciler.status.quarantined).to.deep.equal([]);
  });

  it('tries quarantined objects again at every audit, and keeps saying since when they are left out', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp({ auditIntervalSeconds: 10 });
    backend.refuse(keyOf('bad'));
    submit(service('bad'));
    await clock.advance(15_000);
    expect(reconciler.status.quarantined.map(({ since }) => since)).to.deep.equal([0]);
    backend.accept(keyOf('bad'));
    await clock.advance(15_000);
    expect(keysInForce()).to.deep.equal([keyOf('bad')]);
    expect(reconciler.status.quarantined).to.deep.equal([]);
  });

  it('hands a quarantined set over whole, though only its members changed', async () => {
    const { backend, submit, clock } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    backend.refuse(ipSetKey('s'));
    submit(put(buildIpSet('s', 'net', ['10.0.0.1'])));
    await clock.advance(0);
    backend.accept(ipSetKey('s'));
    submit({ op: 'members', key: ipSetKey('s'), added: nets('10.0.0.2'), removed: [] });
    await clock.advance(0);
    expect([...(backend.target.state().ipSets.get(ipSetKey('s'))?.members ?? [])]).to.deep.equal(
      nets('10.0.0.1', '10.0.0.2'),
    );
  });

  it('hands a set over whole whose members changed while it was being refused', async () => {
    const { backend, submit, clock } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    const gate = deferred();
    backend.faults.add('apply', {
      type: 'hang',
      until: gate.promise,
      outcome: { ...FATAL, objects: [ipSetKey('s')] },
    });
    submit(put(buildIpSet('s', 'net', ['10.0.0.1'])));
    await clock.advance(0);
    submit({ op: 'members', key: ipSetKey('s'), added: nets('10.0.0.2'), removed: [] });
    gate.resolve();
    await clock.advance(0);
    expect([...(backend.target.state().ipSets.get(ipSetKey('s'))?.members ?? [])]).to.deep.equal(
      nets('10.0.0.1', '10.0.0.2'),
    );
  });

  it('holds back what names a quarantined object, and lets it through right after that', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    const policy = buildPolicy('p', { ingress: [buildRule('allow')] });
    const pod = buildWorkload('pod', '10.0.0.1', { tiers: [buildTier([policy])] });
    backend.refuse(policy.key);
    submit(put(policy), put(pod), service('b'));
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
    expect(reconciler.status.quarantined.map(({ key }) => key)).to.have.members([policy.key, pod.key]);
    backend.accept(policy.key);
    submit(put(buildPolicy('p', { ingress: [buildRule('deny')] })));
    await clock.advance(0);
    expect(keysInForce()).to.include.members([policy.key, pod.key]);
    expect(reconciler.status.quarantined).to.deep.equal([]);
  });

  it('finds the culprits of a delta that an error does not name, in few calls', async () => {
    const { backend, submit, reconciler, clock, keysInForce, applies } = await setUp();
    submit(service('first'));
    await clock.advance(0);
    backend.refuse(keyOf('s0007'), { isBlamed: false });
    backend.refuse(keyOf('s0500'), { isBlamed: false });
    submit(...services(1000));
    await clock.advance(0);
    expect(reconciler.status.quarantined.map(({ key }) => key)).to.deep.equal([keyOf('s0007'), keyOf('s0500')]);
    expect(keysInForce()).to.have.length(999);
    expect(applies().length).to.be.below(50);
  });

  it('puts off the rest of a delta when too many objects seem to be culprits, and says so', async () => {
    const { backend, submit, reconciler, clock, applies } = await setUp();
    submit(service('first'));
    await clock.advance(0);
    backend.faults.add('apply', ...Array.from({ length: 200 }, () => FATAL));
    submit(...services(1000));
    await clock.advance(0);
    expect(applies().length).to.be.below(80);
    expect(reconciler.status).to.include({ phase: 'retrying', appliedRevision: 1 });
    backend.faults.clear();
    await clock.advance(120_000);
    expect(reconciler.status).to.include({ phase: 'idle', appliedRevision: 2 });
    expect(reconciler.status.quarantined).to.deep.equal([]);
    expect(backend.target.read().size).to.equal(1001);
  });

  it('never applies a full transition in parts: without a name it repeats it slowly', async () => {
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUp();
    backend.target.write(service('adopted'));
    backend.refuse(keyOf('bad'), { isBlamed: false });
    submit(service('bad'), service('good'));
    await clock.advance(60_000);
    expect(new Set(applies().map(({ plan }) => plan?.scope))).to.deep.equal(new Set(['full']));
    expect(applies().length).to.be.below(10);
    expect(keysInForce()).to.deep.equal([keyOf('adopted')]);
    expect(reconciler.status.lastFailure).to.include({ isRetriable: false });
    submit(remove(keyOf('bad')));
    await clock.advance(20_000);
    expect(keysInForce()).to.deep.equal([keyOf('good')]);
  });

  it('finds by planning alone the object for which no full plan can be made', async () => {
    const { session, clock, backend } = await setUp();
    const picky: DataplaneSession = {
      plan: (transition: Transition) => {
        const isBad = (change: Change): boolean => keyOfChange(change) === keyOf('s0321');
        if (transition.changes.some(isBad)) throw new TypeError('cannot read properties of undefined');
        return session.plan(transition);
      },
      apply: (plan) => session.apply(plan),
      audit: () => session.audit(),
      release: (how) => session.release(how),
      events$: session.events$,
    };
    const reconciler = new Reconciler(picky, { scheduler: clock, random: () => 0.999, backoff: BACKOFF });
    reconciler.submit({ revision: 1, scope: 'delta', isInSync: true, changes: services(1000) });
    await clock.advance(0);
    expect(reconciler.status.quarantined.map(({ key, code }) => [key, code])).to.deep.equal([
      [keyOf('s0321'), 'PP_APPLY_FAILED'],
    ]);
    expect(backend.target.read().size).to.equal(999);
  });

  it('audits on a timer, and says what was repaired', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp({ auditIntervalSeconds: 10 });
    submit(service('a'), service('b'), service('c'));
    await clock.advance(0);
    backend.target.lose(keyOf('a'));
    backend.target.corrupt(keyOf('b'));
    backend.target.duplicate(keyOf('c'));
    await clock.advance(10_000);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b'), keyOf('c')]);
    expect(reconciler.status.lastAudit?.repaired).to.have.length(3);
    await clock.advance(10_000);
    expect(reconciler.status.lastAudit?.repaired).to.deep.equal([]);
  });

  it('audits when somebody else has changed our objects, but not all the time in a fight', async () => {
    const { backend, submit, clock } = await setUp({ auditIntervalSeconds: 3600 });
    submit(service('a'));
    await clock.advance(0);
    const audits = () => backend.calls.filter(({ method }) => method === 'audit').length;
    backend.target.lose(keyOf('a'));
    backend.reportForeignChange();
    await clock.advance(0);
    expect([audits(), backend.target.read().size]).to.deep.equal([1, 1]);
    for (let step = 0; step < 100; step++) {
      backend.reportForeignChange();
      await clock.advance(100);
    }
    expect(audits()).to.be.within(2, 12);
  });

  it('repeats an audit that failed', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUp({ auditIntervalSeconds: 10 });
    submit(service('a'));
    await clock.advance(0);
    backend.target.lose(keyOf('a'));
    backend.faults.add('audit', RETRIABLE, RETRIABLE);
    await clock.advance(10_000);
    expect(reconciler.status.lastFailure).to.include({ operation: 'audit' });
    await clock.advance(1000);
    expect(keysInForce()).to.deep.equal([keyOf('a')]);
    expect(reconciler.status.lastFailure).to.equal(undefined);
  });

  it('puts everything in force again at once when the target was restarted', async () => {
    const { backend, submit, clock, applies, keysInForce } = await setUp();
    submit(service('a'), service('b'));
    await clock.advance(0);
    backend.restart();
    await clock.advance(0);
    expect(applies().map(({ plan }) => plan?.scope)).to.deep.equal(['full', 'full']);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
  });

  it('does so without a delay when the restart broke the first call', async () => {
    const { backend, submit, clock, keysInForce } = await setUp();
    const gate = deferred();
    backend.faults.add('apply', { type: 'hang', until: gate.promise });
    submit(service('a'));
    await clock.advance(0);
    backend.restart();
    gate.resolve();
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('a')]);
  });

  it('does so right after a call that the restart broke, and holds nobody back for it', async () => {
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    const gate = deferred();
    backend.faults.add('apply', { type: 'hang', until: gate.promise, outcome: { ...FATAL, objects: [keyOf('b')] } });
    submit(service('b'), service('c'));
    await clock.advance(0);
    backend.restart();
    gate.resolve();
    await clock.advance(0);
    expect(applies().map(({ plan }) => plan?.scope)).to.deep.equal(['full', 'delta', 'full']);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b'), keyOf('c')]);
    expect(reconciler.status).to.include({ phase: 'idle', appliedRevision: 2 });
    expect(reconciler.status.quarantined).to.deep.equal([]);
  });

  it('waits while the target is lost, and makes good all that came meanwhile', async () => {
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUp({ auditIntervalSeconds: 3600 });
    submit(service('a'));
    await clock.advance(0);
    backend.lose();
    submit(service('b'));
    await clock.advance(60_000);
    expect(applies()).to.have.length(1);
    expect(reconciler.status.phase).to.equal('targetLost');
    backend.restart();
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
  });

  it('finds a lost target that came back without a word', async () => {
    const { backend, submit, clock, keysInForce } = await setUp({ auditIntervalSeconds: 10 });
    submit(service('a'));
    await clock.advance(0);
    backend.lose();
    backend.target.isReachable = true;
    submit(service('b'));
    await clock.advance(11_000);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
  });

  it('says when a revision is in force', async () => {
    const { backend, submit, reconciler, clock } = await setUp();
    backend.faults.add('apply', RETRIABLE);
    submit(service('a'));
    let isApplied = false;
    const applied = reconciler.applied(1).then(() => {
      isApplied = true;
    });
    await clock.advance(0);
    expect(isApplied).to.equal(false);
    await clock.advance(1000);
    await applied;
    await reconciler.applied(1);
  });

  it('says so under steady change, too', async () => {
    const { backend, submit, reconciler, clock } = await setUp();
    submit(service('a'));
    const applied = reconciler.applied(1);
    for (let step = 0; step < 20; step++) {
      const gate = deferred();
      backend.faults.add('apply', { type: 'hang', until: gate.promise });
      submit(service('a', String(step)));
      await clock.advance(0);
      submit(service('b', String(step)));
      gate.resolve();
    }
    await applied;
  });

  it('counts an empty transition as applied', async () => {
    const { submit, reconciler, clock } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    submit();
    await reconciler.applied(2);
    expect(reconciler.status.appliedRevision).to.equal(2);
  });

  it('takes a full transition as the whole state', async () => {
    const { submit, reconciler, clock, keysInForce } = await setUp();
    submit(service('a'), service('b'));
    await clock.advance(0);
    reconciler.submit({ revision: 2, scope: 'full', isInSync: true, changes: [service('b'), service('c')] });
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('b'), keyOf('c')]);
  });

  it('stops after the call that is under way, and releases the session', async () => {
    const { backend, submit, reconciler, clock } = await setUp();
    const gate = deferred();
    backend.faults.add('apply', { type: 'hang', until: gate.promise });
    submit(service('a'));
    await clock.advance(0);
    const stopped = reconciler.stop('leave');
    await settle();
    expect(backend.calls.some(({ method }) => method === 'release')).to.equal(false);
    gate.resolve();
    await stopped;
    expect(backend.calls.map(({ method }) => method).slice(-2)).to.deep.equal(['apply', 'release']);
    expect(reconciler.status.phase).to.equal('stopped');
  });

  it('rejects those who wait when it stops, and leaves no timer behind', async () => {
    const { backend, submit, reconciler, clock } = await setUp();
    backend.faults.add('apply', RETRIABLE);
    submit(service('a'));
    await clock.advance(0);
    const applied = reconciler.applied(1).catch((error: { code: string }) => error.code);
    await reconciler.stop('leave');
    expect(await applied).to.equal('PP_AGENT_STOPPED');
    expect(clock.actions).to.have.length(0);
    expect(await reconciler.applied(1).catch((error: { code: string }) => error.code)).to.equal('PP_AGENT_STOPPED');
  });

  it('tries a release again that may succeed later', async () => {
    const { backend, submit, reconciler, clock } = await setUp();
    submit(service('a'));
    await clock.advance(0);
    backend.faults.add('release', RETRIABLE, RETRIABLE);
    const stopped = reconciler.stop('remove');
    await clock.advance(1000);
    await stopped;
    expect(backend.target.read().size).to.equal(0);
  });

  it('rejects to stop when the session cannot be released', async () => {
    const { backend, reconciler } = await setUp();
    backend.faults.add('release', FATAL);
    const error: unknown = await reconciler.stop('remove').catch((reason) => reason);
    expect(error).to.include({ code: 'PP_FAKE_FAULT' });
  });
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
