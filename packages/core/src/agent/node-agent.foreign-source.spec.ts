import { expect } from 'chai';
import fc from 'fast-check';
import { firstValueFrom, Subject } from 'rxjs';
import { ComputeGraph } from '../compute';
import { type Resource, resourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { SourceBatch } from '../sources/source';
import { DesiredStateStore } from '../state';
import { FakeBackend, networkPolicyResource, podResource } from '../testing';
import { CLUSTER, setUp } from '../testing/agent-bed';

describe('a NodeAgent with a source of somebody else, who knows no types', () => {
  const broken = (change: object): ResourceChange => change as ResourceChange; // as JavaScript hands it in
  const put = (resource: Resource): ResourceChange => ({ op: 'put', resource });
  const good = CLUSTER.map(put);
  const [, , web] = CLUSTER;
  const policy = networkPolicyResource('shop/deny', { podSelector: {}, policyTypes: ['Ingress'] });

  const other = networkPolicyResource('shop/other', { podSelector: {}, policyTypes: ['Ingress'] });

  async function setUpForeign() {
    const batches$ = new Subject<SourceBatch>();
    const backend = new FakeBackend();
    const { agent } = await setUp([backend], { source: { batches$ } });
    await agent.start();
    const desired = new DesiredStateStore();
    agent.desired$.subscribe((transition) => desired.apply(transition));
    const hand = (changes: readonly ResourceChange[]): void => batches$.next({ changes, problems: [], isInSync: true });
    const take = async (changes: readonly ResourceChange[]): Promise<readonly string[]> => {
      hand(changes);
      await agent.applied();
      return (await firstValueFrom(agent.problems$)).current.map(({ message }) => message);
    };
    return { agent, backend, desired, hand, take };
  }

  const bad: readonly (readonly [string, ResourceChange, string])[] = [
    ['no object', broken({ op: 'put', resource: 'pod' }), 'a resource that is no object'],
    [
      'an API object as it stands',
      broken({ op: 'put', resource: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } } }),
      'a resource without ref: Pod//x',
    ],
    ['of a kind that is not read', broken(put({ ...policy, kind: 'Ingress' } as object as Resource)), 'kind "Ingress"'],
    ['without labels', broken(put({ ...policy, metadata: { name: 'x' } } as object as Resource)), 'no labels'],
    ['without what its kind has', broken({ op: 'put', resource: { ...other, spec: undefined } }), 'it is no resource'],
    ['with something else in it', broken({ op: 'put', resource: { ...other, spec: { ingress: 7 } } }), 'it is no'],
    ['a change of another kind', broken({ op: 'patch' }), 'neither puts nor removes'],
    ['the removal of nothing', broken({ op: 'remove' }), 'the removal of what is no key'],
  ];
  for (const [what, change, message] of bad) {
    it(`tells of what is ${what}, and goes on with all else`, async () => {
      const { agent, backend, desired, take } = await setUpForeign();
      const problems = await take([...good, change, put(policy)]);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.contain(message);
      expect(agent.status.phase).to.equal('running');
      for (const state of [backend.target.state(), desired]) {
        expect([state.workloads.size, state.services.size, state.policies.size]).to.deep.equal([1, 1, 1]);
      }
      await agent.stop('leave');
    });
  }

  it('keeps the former version of what becomes unusable, and tells until it is mended or removed', async () => {
    const { agent, backend, desired, take } = await setUpForeign();
    await take([...good, put(policy)]);
    const unusable = broken({ op: 'put', resource: { ...web, spec: undefined } });
    const other = podResource('shop/api', { node: 'node-1', addresses: ['10.0.0.2'] });
    expect(await take([unusable, put(other)])).to.have.length(1);
    for (const state of [backend.target.state(), desired]) {
      expect([state.workloads.size, state.services.size, state.policies.size]).to.deep.equal([2, 1, 1]);
    }
    expect(await take([put(podResource('shop/web', { node: 'node-1', addresses: ['10.0.0.7'] }))])).to.deep.equal([]);
    expect(await take([unusable])).to.have.length(1);
    expect(await take([{ op: 'remove', key: resourceKey('Pod', 'shop', 'web') }])).to.deep.equal([]);
    expect(backend.target.state().workloads.size).to.equal(1);
    await agent.stop('leave');
  });

  it('leads to the same desired state as without what is unusable, whatever that is and whenever it comes', async function () {
    this.timeout(30_000);
    const all = [...CLUSTER, policy, podResource('shop/api', { node: 'node-1', addresses: ['10.0.0.2'] })];
    const damage = fc.record({
      at: fc.nat(all.length - 1),
      field: fc.constantFrom('spec', 'status', 'metadata', 'ports', 'endpoints', 'ref'),
      value: fc.constantFrom(undefined, null, 7, 'x', {}, []),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.boolean(), async (damages, isOneBatch) => {
        const { agent, desired, hand } = await setUpForeign();
        const damaged = damages.map(({ at, field, value }) =>
          broken({ op: 'put', resource: { ...all[at], [field]: value } }),
        );
        const puts = all.map(put);
        for (const changes of isOneBatch ? [[...damaged, ...puts]] : [damaged, puts]) hand(changes);
        const expected = new ComputeGraph({ nodeName: 'node-1' });
        const wanted = new DesiredStateStore();
        wanted.apply({ scope: 'delta', changes: expected.apply(puts) });
        expect([...desired.objects()]).to.have.deep.members([...wanted.objects()]);
        await agent.stop('leave');
      }),
      { numRuns: 60 },
    );
  });

  it('ends the agent, and nothing else, where it hands out what is no batch', async () => {
    const batches$ = new Subject<SourceBatch>();
    const { agent } = await setUp([new FakeBackend()], { source: { batches$ } });
    await agent.start();
    batches$.next({ changes: [] } as object as SourceBatch);
    expect(agent.status.failure).to.include({ code: 'PP_SOURCE_ENDED' });
    await agent.stop('leave');
  });
});
