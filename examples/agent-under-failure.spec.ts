/** What a node agent does while its dataplane fails: shown with the fake backend and a clock that the test moves. */
import { expect } from 'chai';
import { Container } from 'inversify';
import { coreModule, MemorySource, NodeAgent, Scheduler } from '@polyplane/core';
import { FakeBackend, fakeModule, nodeResource, podResource, SimulatedClock } from '@polyplane/core/testing';

describe('a node agent whose dataplane fails', () => {
  it('tries again until all is in force, and removes every trace when told to', async () => {
    const [clock, source, backend] = [new SimulatedClock(), new MemorySource(), new FakeBackend()];
    const container = new Container();
    container.load(coreModule({ nodeName: 'node-1', source, backend: 'fake' }), fakeModule(backend));
    (await container.rebind(Scheduler)).toConstantValue(clock);
    const agent = container.get(NodeAgent);

    source.put(
      nodeResource('node-1', '192.0.2.1'),
      podResource('shop/web', { node: 'node-1', addresses: ['10.0.0.2'] }),
    );
    source.markInSync();
    backend.faults.add('apply', { type: 'reject', written: 'half', isRetriable: true });
    await agent.start();
    await clock.advance(60_000);
    expect(backend.calls.filter(({ method, error }) => method === 'apply' && error !== undefined)).to.have.lengthOf(1);
    expect(backend.target.state().workloads.size).to.equal(1);

    await agent.stop('remove');
    expect([...backend.target.state().objects()]).to.deep.equal([]);
  });
});
