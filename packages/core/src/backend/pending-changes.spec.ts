import { expect } from 'chai';
import fc from 'fast-check';
import { type Change, DesiredStateStore, type IpSetMember } from '../state';
import { buildIpSet, buildService, ipSetKey, nets } from '../testing/desired-objects';
import { PendingChanges } from './pending-changes';

const KEY = ipSetKey('s');
const MEMBERS = nets('10.0.0.1', '10.0.0.2', '10.0.0.3');

const members = (added: readonly IpSetMember[], removed: readonly IpSetMember[]): Change => ({
  op: 'members',
  key: KEY,
  added,
  removed,
});
const putSet = (...texts: readonly string[]): Change => ({ op: 'put', object: buildIpSet('s', 'net', texts) });

/** Pending changes and the wanted state that they lead to. */
function setUp(...changes: readonly Change[]) {
  const wanted = new DesiredStateStore();
  const pending = new PendingChanges();
  const submit = (change: Change): void => {
    wanted.apply({ scope: 'delta', changes: [change] });
    pending.add(change);
  };
  for (const change of changes) submit(change);
  return { wanted, pending, submit };
}

describe('PendingChanges', () => {
  it('keeps one entry an object, the newest version of it', () => {
    const put = (portName: string): Change => ({ op: 'put', object: buildService('web', [], [], { portName }) });
    const { pending, wanted } = setUp(put('old'), put('new'));
    expect(pending.take(wanted)).to.deep.equal([put('new')]);
    expect(pending.size).to.equal(0);
  });

  it('makes a removal of what was put and removed', () => {
    const { pending, wanted } = setUp(putSet('10.0.0.1'), { op: 'remove', key: KEY });
    expect(pending.take(wanted)).to.deep.equal([{ op: 'remove', key: KEY }]);
  });

  it('puts member changes into a set that waits whole', () => {
    const { pending, wanted } = setUp(putSet('10.0.0.1'), members(nets('10.0.0.2'), []));
    expect(pending.take(wanted)).to.deep.equal([putSet('10.0.0.1', '10.0.0.2')]);
  });

  it('hands out sets that do not change any more', () => {
    const { pending, wanted, submit } = setUp(putSet('10.0.0.1'), members(nets('10.0.0.2'), []));
    const [change] = pending.take(wanted);
    submit(members(nets('10.0.0.3'), []));
    expect(change).to.deep.equal(putSet('10.0.0.1', '10.0.0.2'));
  });

  it('lets what came later win over what is put back', () => {
    const { pending, wanted, submit } = setUp(putSet('10.0.0.1'));
    pending.take(wanted);
    submit(members(nets('10.0.0.2'), nets('10.0.0.1')));
    const taken = pending.take(wanted);
    submit(members(nets('10.0.0.1'), nets('10.0.0.2')));
    pending.restore(taken);
    expect(pending.take(wanted)).to.deep.equal([members(nets('10.0.0.1'), nets('10.0.0.2'))]);
  });

  it('leads to the wanted state, whatever part of a failed batch was written', () => {
    const subset = fc.subarray([...MEMBERS]);
    const change: fc.Arbitrary<Change> = fc.oneof(
      { weight: 1, arbitrary: subset.map((all) => putSet(...all)) },
      { weight: 1, arbitrary: fc.constant<Change>({ op: 'remove', key: KEY }) },
      {
        weight: 4,
        arbitrary: fc.tuple(subset, subset).map(([added, removed]) =>
          members(
            added,
            removed.filter((member) => !added.includes(member)),
          ),
        ),
      },
    );
    const action = fc.oneof(
      change,
      fc.constantFrom<'fail' | 'failWritten' | 'succeed'>('fail', 'failWritten', 'succeed'),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
        const { wanted, pending, submit } = setUp();
        const target = new DesiredStateStore();
        let inFlight: readonly Change[] = [];
        for (const each of actions) {
          if (typeof each !== 'string') {
            submit(each);
            continue;
          }
          // The batch taken before ends now, after what came in meanwhile; then the next one is taken.
          if (each !== 'fail') target.apply({ scope: 'delta', changes: inFlight });
          if (each !== 'succeed') pending.restore(inFlight);
          inFlight = pending.take(wanted);
        }
        target.apply({ scope: 'delta', changes: inFlight });
        target.apply({ scope: 'delta', changes: pending.take(wanted) });
        expect([...(target.ipSets.get(KEY)?.members ?? [])].sort()).to.deep.equal(
          [...(wanted.ipSets.get(KEY)?.members ?? [])].sort(),
        );
        expect(target.ipSets.has(KEY)).to.equal(wanted.ipSets.has(KEY));
      }),
      { numRuns: 500 },
    );
  });
});
