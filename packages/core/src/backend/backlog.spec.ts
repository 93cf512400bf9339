import { expect } from 'chai';
import { type Change, keyOfChange } from '../state';
import { buildPolicy, buildRule, buildTier, buildWorkload, SimulatedClock } from '../testing';
import { keyOf, put, remove, service } from '../testing/reconciler-bed';
import { Backlog } from './backlog';
import { SILENT_LOGGER } from './logger';

const REFUSAL = new Error('no');

function setUp(...wanted: readonly Change[]) {
  const backlog = new Backlog(new SimulatedClock(), SILENT_LOGGER);
  let revision = 0;
  const add = (...changes: readonly Change[]): void =>
    backlog.add({ revision: ++revision, scope: 'delta', isInSync: true, changes });
  const keysTaken = () => backlog.take().changes.map(keyOfChange);
  add(...wanted);
  return { backlog, add, keysTaken };
}

describe('Backlog', () => {
  it('gives out everything first, then only what has come since', () => {
    const { backlog, add } = setUp(service('a'));
    expect(backlog.take()).to.deep.equal({ revision: 1, scope: 'full', isInSync: true, changes: [service('a')] });
    add(service('b'), remove(keyOf('a')));
    expect(backlog.take()).to.deep.equal({
      revision: 2,
      scope: 'delta',
      isInSync: true,
      changes: [service('b'), remove(keyOf('a'))],
    });
    expect(backlog.size).to.equal(0);
  });

  it('gives out everything again when it is told to start over', () => {
    const { backlog, keysTaken } = setUp(service('a'), service('b'));
    keysTaken();
    backlog.startOver();
    expect(backlog.isFullDue).to.equal(true);
    expect(keysTaken()).to.deep.equal([keyOf('a'), keyOf('b')]);
    expect(backlog.isFullDue).to.equal(false);
  });

  it('gives out again what was restored, and holds back what was refused', () => {
    const { backlog, add, keysTaken } = setUp();
    keysTaken();
    add(service('a'), service('b'));
    const { changes } = backlog.take();
    expect([...backlog.hold(changes.slice(0, 1), REFUSAL)]).to.deep.equal([keyOf('a')]);
    backlog.restore(changes.slice(1));
    expect(keysTaken()).to.deep.equal([keyOf('b')]);
    expect(backlog.quarantined.map(({ key, message }) => [key, message])).to.deep.equal([[keyOf('a'), 'no']]);
  });

  it('gives out again what was held back when it is asked to, when it changed, or when what it names is in force', () => {
    const policy = buildPolicy('p', { ingress: [buildRule('allow')] });
    const pod = buildWorkload('pod', '10.0.0.1', { tiers: [buildTier([policy])] });
    const { backlog, add, keysTaken } = setUp();
    keysTaken();
    add(put(policy), put(pod), service('a'), service('b'));
    const { changes } = backlog.take();
    backlog.hold(changes.slice(1), REFUSAL);
    backlog.settle(changes.slice(0, 1));
    expect(keysTaken()).to.deep.equal([pod.key]);
    add(service('a', 'changed'));
    expect(keysTaken()).to.deep.equal([keyOf('a')]);
    backlog.retryHeld();
    expect(keysTaken()).to.deep.equal([keyOf('b')]);
  });

  it('frees what is in force, and after a full transition also the removal that was held back', () => {
    const { backlog, add } = setUp(service('a'), service('b'));
    backlog.settleFull(backlog.take().changes);
    add(remove(keyOf('a')), service('b', 'changed'));
    backlog.hold(backlog.take().changes, REFUSAL);
    backlog.startOver();
    backlog.settleFull(backlog.take().changes);
    expect(backlog.quarantined).to.deep.equal([]);
  });
});
