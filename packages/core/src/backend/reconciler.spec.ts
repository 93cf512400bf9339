import { expect } from 'chai';
import { keyOfChange } from '../state';
import {
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  FakeBackend,
  ipSetKey,
  nets,
  settle,
} from '../testing';
import { deferred, FATAL, keyOf, put, RETRIABLE, remove, service, setUpReconciler } from '../testing/reconciler-bed';

describe('Reconciler', () => {
  it('writes nothing before the source is in sync', async () => {
    const { reconciler, clock, applies } = await setUpReconciler();
    reconciler.submit({ revision: 1, scope: 'delta', isInSync: false, changes: [service('web')] });
    await clock.advance(600_000);
    expect(applies()).to.deep.equal([]);
    expect(reconciler.status).to.include({ phase: 'waitingForSync', pendingObjects: 1, appliedRevision: 0 });
  });

  it('begins with a full transition, so that what an earlier session left and nobody wants goes', async () => {
    const backend = new FakeBackend();
    backend.target.write(service('old'));
    const { submit, applies, clock, keysInForce } = await setUpReconciler({ backend });
    submit(service('web'));
    await clock.advance(0);
    expect(applies().map(({ plan }) => plan?.scope)).to.deep.equal(['full']);
    expect(keysInForce()).to.deep.equal([keyOf('web')]);
  });

  it('goes on with deltas, and writes only what differs', async () => {
    const { submit, applies, clock } = await setUpReconciler();
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
    const { backend, submit, applies, clock } = await setUpReconciler();
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
    const { backend, submit, applies, clock } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler();
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
    const { backend, submit, clock, keysInForce } = await setUpReconciler();
    submit(service('a'));
    await clock.advance(0);
    backend.faults.add('apply', { type: 'reject', written: 'half', isRetriable: true });
    submit(service('b'), service('c'), remove(keyOf('a')));
    await clock.advance(0);
    submit(service('d'));
    await clock.advance(1000);
    expect(keysInForce()).to.deep.equal([keyOf('b'), keyOf('c'), keyOf('d')]);
  });

  it('says when a revision is in force', async () => {
    const { backend, submit, reconciler, clock } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock } = await setUpReconciler();
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
    const { submit, reconciler, clock } = await setUpReconciler();
    submit(service('a'));
    await clock.advance(0);
    submit();
    await reconciler.applied(2);
    expect(reconciler.status.appliedRevision).to.equal(2);
  });

  it('takes a full transition as the whole state', async () => {
    const { submit, reconciler, clock, keysInForce } = await setUpReconciler();
    submit(service('a'), service('b'));
    await clock.advance(0);
    reconciler.submit({ revision: 2, scope: 'full', isInSync: true, changes: [service('b'), service('c')] });
    await clock.advance(0);
    expect(keysInForce()).to.deep.equal([keyOf('b'), keyOf('c')]);
  });

  it('stops after the call that is under way, and releases the session', async () => {
    const { backend, submit, reconciler, clock } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock } = await setUpReconciler();
    submit(service('a'));
    await clock.advance(0);
    backend.faults.add('release', RETRIABLE, RETRIABLE);
    const stopped = reconciler.stop('remove');
    await clock.advance(1000);
    await stopped;
    expect(backend.target.read().size).to.equal(0);
  });

  it('rejects to stop when the session cannot be released', async () => {
    const { backend, reconciler } = await setUpReconciler();
    backend.faults.add('release', FATAL);
    const error: unknown = await reconciler.stop('remove').catch((reason) => reason);
    expect(error).to.include({ code: 'PP_FAKE_FAULT' });
  });
});
