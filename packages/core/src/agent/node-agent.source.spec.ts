import { expect } from 'chai';
import { firstValueFrom, type Observable, of, Subject, throwError } from 'rxjs';
import { CoreError } from '../core-error';
import { resourceKey } from '../resources/resource';
import type { SourceBatch } from '../sources/source';
import { FakeBackend, nodeResource, settle } from '../testing';
import { CLUSTER, setUp } from '../testing/agent-bed';

describe('a NodeAgent where no Node object has this node’s name', () => {
  const OTHER = nodeResource('node-2', '192.168.0.2');
  const ours = CLUSTER.filter(({ kind }) => kind !== 'Node');

  it('writes nothing, is not in sync, and tells which nodes there are, until it comes', async () => {
    const backend = new FakeBackend();
    const { agent, source, clock } = await setUp([backend]);
    source.put(...ours, OTHER);
    source.markInSync();
    await agent.start();
    await clock.advance(600_000);
    expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe', 'open']);
    expect(agent.status).to.include({ isInSync: false, problems: 1 });
    const [problem] = (await firstValueFrom(agent.problems$)).current;
    expect(problem).to.include({
      code: 'PP_NODE_MISSING',
      message: 'no Node object is named "node-1"; there is node-2',
    });
    expect(problem?.object).to.deep.equal({ apiVersion: 'v1', kind: 'Node', name: 'node-1' });
    source.put(...CLUSTER);
    await agent.applied();
    expect((await firstValueFrom(agent.problems$)).current).to.deep.equal([]);
    expect(backend.target.state().workloads.size).to.equal(1);
    await agent.stop('leave');
  });

  it('goes on when that is allowed', async () => {
    const backend = new FakeBackend();
    const { agent, source } = await setUp([backend], { allowMissingNode: true });
    source.put(...ours);
    source.markInSync();
    await agent.start();
    await agent.applied();
    expect(backend.target.state().workloads.size).to.equal(1);
    expect(agent.status).to.include({ isInSync: true, problems: 0 });
    await agent.stop('leave');
  });

  it('stays in sync and tells of it when it is deleted while the agent runs', async () => {
    const { agent, source } = await setUp([new FakeBackend()]);
    source.put(...CLUSTER, OTHER);
    source.markInSync();
    await agent.start();
    source.remove(resourceKey('Node', undefined, 'node-1'));
    await agent.applied();
    expect(agent.status).to.include({ isInSync: true, problems: 1 });
    await agent.stop('leave');
  });
});

describe('a NodeAgent whose source ends', () => {
  const ending: readonly (readonly [string, Observable<SourceBatch>, string])[] = [
    [
      'without being complete',
      of({ changes: [], problems: [], isInSync: false }),
      'the source ended before it was complete',
    ],
    ['without its node', of({ changes: [], problems: [], isInSync: true }), 'no Node object is named "node-1"'],
    ['by an error', throwError(() => new Error('cut')), 'the source broke off: cut'],
  ];
  for (const [how, batches$, reason] of ending) {
    it(`rejects to start where that is ${how}, and leaves what is in force`, async () => {
      const backend = new FakeBackend();
      const { agent } = await setUp([backend], { source: { batches$ } });
      const error: unknown = await agent.start().catch((failure) => failure);
      expect(error).to.be.instanceOf(CoreError).and.include({ code: 'PP_SOURCE_ENDED' });
      expect(error).to.have.property('message').that.contains(reason);
      await settle();
      expect(agent.status.phase).to.equal('failed');
      expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe', 'open', 'release']);
    });
  }

  it('fails when it breaks off later, and leaves what is in force', async () => {
    const batches$ = new Subject<SourceBatch>();
    const backend = new FakeBackend();
    const { agent } = await setUp([backend], { source: { batches$ } });
    await agent.start();
    batches$.next({
      changes: CLUSTER.map((resource) => ({ op: 'put', resource })),
      problems: [],
      isInSync: true,
    });
    await agent.applied();
    batches$.error('cut');
    await settle();
    expect(agent.status).to.deep.include({ phase: 'failed' });
    expect(agent.status.failure).to.include({ code: 'PP_SOURCE_ENDED', message: 'the source broke off: cut' });
    expect(backend.target.state().workloads.size).to.equal(1);
  });

  it('goes on with what it has where it was complete', async () => {
    const changes = CLUSTER.map((resource) => ({ op: 'put', resource }) as const);
    const { agent } = await setUp([new FakeBackend()], {
      source: { batches$: of({ changes, problems: [], isInSync: true }) },
    });
    await agent.start();
    await agent.applied();
    expect(agent.status.phase).to.equal('running');
    await agent.stop('leave');
  });
});
