import { expect } from 'chai';
import { type Change, keyOfChange, type Transition } from '../state';
import { buildIpSet, buildPolicy, buildRule, buildTier, buildWorkload, ipSetKey, nets } from '../testing';
import {
  BACKOFF_OPTIONS,
  deferred,
  FATAL,
  keyOf,
  put,
  remove,
  service,
  services,
  setUpReconciler,
} from '../testing/reconciler-bed';
import type { DataplaneSession } from './backend';
import { Reconciler } from './reconciler';

describe('Reconciler, when the session refuses objects', () => {
  it('leaves out the objects that an error names, goes on with the rest, and reports them', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler({ auditIntervalSeconds: 10 });
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
    const { backend, submit, clock } = await setUpReconciler();
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
    const { backend, submit, clock } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, keysInForce, applies } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, applies } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUpReconciler();
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
    const { session, clock, backend } = await setUpReconciler();
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
    const reconciler = new Reconciler(picky, { scheduler: clock, ...BACKOFF_OPTIONS });
    reconciler.submit({ revision: 1, scope: 'delta', isInSync: true, changes: services(1000) });
    await clock.advance(0);
    expect(reconciler.status.quarantined.map(({ key, code }) => [key, code])).to.deep.equal([
      [keyOf('s0321'), 'PP_APPLY_FAILED'],
    ]);
    expect(backend.target.read().size).to.equal(999);
  });
});
