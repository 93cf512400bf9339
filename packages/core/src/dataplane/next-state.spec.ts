import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Change,
  type DesiredObject,
  type DesiredState,
  DesiredStateStore,
  type IpSetMember,
  parseCidr,
} from '../state';
import {
  buildFrontend,
  buildIpSet,
  buildService,
  buildSettings,
  buildWorkload,
  ipSetKey,
} from '../testing/desired-objects';
import { nextState } from './next-state';
import { keysThatMayDiffer } from './overlay-map';

const MEMBERS: readonly IpSetMember[] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map(parseCidr);
const SET = ipSetKey('set');

const service = (number: number, port: number): DesiredObject =>
  buildService(`s${number}`, [buildFrontend('clusterIp', port, '10.96.0.1')], []);

/** The state as plain data, whatever maps it is made of and in whatever order. */
function contentOf(state: DesiredState): unknown {
  const maps = [state.settings, state.workloads, state.services, state.ipSets];
  return maps.map((map) => {
    const entries = [...map].map(
      ([key, value]) => [key, value.type === 'ipSet' ? [...value.members].sort() : value] as const,
    );
    for (const [key, value] of map) expect(map.get(key as never)).to.equal(value);
    expect([...map.keys()].every((key) => map.has(key as never))).to.equal(true);
    expect([map.size, [...map.values()].length]).to.deep.equal([entries.length, entries.length]);
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  });
}

const arbitraryChange: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(fc.nat(200), fc.constantFrom(80, 81))
    .map(([number, port]): Change => ({ op: 'put', object: service(number, port) })),
  fc.nat(200).map((number): Change => ({ op: 'remove', key: service(number, 80).key })),
  fc.constantFrom<Change>(
    { op: 'put', object: buildSettings() },
    { op: 'put', object: buildWorkload('web', '10.0.0.2') },
    { op: 'remove', key: buildWorkload('web', '10.0.0.2').key },
    { op: 'put', object: buildIpSet('set', 'net', ['10.0.0.1']) },
    { op: 'remove', key: SET },
  ),
  fc
    .tuple(fc.subarray([...MEMBERS]), fc.subarray([...MEMBERS]))
    .map(([added, removed]): Change => ({ op: 'members', key: SET, added, removed })),
);

describe('the state after a transition', () => {
  it('is what a store that takes every transition holds, and leaves the states before it as they were', () => {
    const transition = fc.record({
      scope: fc.constantFrom('delta', 'delta', 'delta', 'full'),
      changes: fc.array(arbitraryChange, { maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(transition, { maxLength: 20 }), (transitions) => {
        const store = new DesiredStateStore();
        const seen: { readonly state: DesiredState; readonly content: unknown }[] = [];
        let state: DesiredState = new DesiredStateStore();
        for (const { scope, changes } of transitions) {
          store.apply({ scope, changes });
          state = nextState(state, { scope, changes });
          seen.push({ state, content: contentOf(store) });
        }
        for (const { state: then, content } of seen) {
          expect(contentOf(then)).to.deep.equal(content);
          const known = new Set(keysThatMayDiffer(then.services, state.services));
          const all = new Set([...then.services.keys(), ...state.services.keys()]);
          const differing = [...all].filter((key) => then.services.get(key) !== state.services.get(key));
          expect(differing.filter((key) => !known.has(key))).to.deep.equal([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('costs what the transition changes: the others are the very maps that were there', () => {
    const before = new DesiredStateStore();
    before.apply({ scope: 'full', changes: [{ op: 'put', object: buildSettings() }] });
    const after = nextState(before, { scope: 'delta', changes: [{ op: 'put', object: service(1, 80) }] });
    expect(after.settings).to.equal(before.settings);
    expect([...keysThatMayDiffer(before.services, after.services)]).to.deep.equal([service(1, 80).key]);
    expect([...keysThatMayDiffer(before.settings, after.settings)]).to.deep.equal([]);
    expect(after.services.size).to.equal(1);
    expect(before.services.size).to.equal(0);
  });
});
