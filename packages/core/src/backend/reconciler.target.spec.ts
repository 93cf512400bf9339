import { expect } from 'chai';
import { deferred, FATAL, keyOf, RETRIABLE, service, setUpReconciler } from '../testing/reconciler-bed';

describe('Reconciler, when the target changes by itself', () => {
  it('audits on a timer, and says what was repaired', async () => {
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler({ auditIntervalSeconds: 10 });
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
    const { backend, submit, clock } = await setUpReconciler({ auditIntervalSeconds: 3600 });
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
    const { backend, submit, reconciler, clock, keysInForce } = await setUpReconciler({ auditIntervalSeconds: 10 });
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
    const { backend, submit, clock, applies, keysInForce } = await setUpReconciler();
    submit(service('a'), service('b'));
    await clock.advance(0);
    backend.restart();
    await clock.advance(0);
    expect(applies().map(({ plan }) => plan?.scope)).to.deep.equal(['full', 'full']);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
  });

  it('does so without a delay when the restart broke the first call', async () => {
    const { backend, submit, clock, keysInForce } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUpReconciler();
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
    const { backend, submit, reconciler, clock, applies, keysInForce } = await setUpReconciler({
      auditIntervalSeconds: 3600,
    });
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
    const { backend, submit, clock, keysInForce } = await setUpReconciler({ auditIntervalSeconds: 10 });
    submit(service('a'));
    await clock.advance(0);
    backend.lose();
    backend.target.isReachable = true;
    submit(service('b'));
    await clock.advance(11_000);
    expect(keysInForce()).to.deep.equal([keyOf('a'), keyOf('b')]);
  });
});
