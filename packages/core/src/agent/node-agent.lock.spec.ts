import { expect } from 'chai';
import { Container } from 'inversify';
import { throwError } from 'rxjs';
import { DataplaneBackend } from '../backend/backend';
import { MemorySource } from '../sources/memory';
import { FakeBackend, settle } from '../testing';
import { CLUSTER, codeOf } from '../testing/agent-bed';
import { AgentLock } from './agent-lock';
import { type CoreModuleOptions, coreModule } from './module';
import { NodeAgent } from './node-agent';

describe('a NodeAgent with a backend that no two agents may use at a time', () => {
  class ClaimedBackend extends FakeBackend {
    readonly claim = 'networkNamespace';
  }

  async function setUpLocked(backend: FakeBackend, options: Partial<CoreModuleOptions> = {}) {
    const steps: string[] = [];
    const container = new Container();
    const source = new MemorySource();
    source.put(...CLUSTER);
    source.markInSync();
    await container.load(coreModule({ nodeName: 'node-1', source, ...options }));
    container.bind(DataplaneBackend).toConstantValue(backend);
    const note = (step: string): void => {
      steps.push(`${step} after ${backend.calls.map(({ method }) => method).join()}`);
    };
    (await container.rebind(AgentLock)).toConstantValue({
      take: async ({ nodeName, backend: name, networkNamespace }) => {
        note(`lock ${nodeName} ${name} ${networkNamespace}`);
        return { release: async () => note('unlock') };
      },
    });
    return { agent: container.get(NodeAgent), steps };
  }

  it('takes the lock before it opens the backend, and gives it back when the session is released', async () => {
    const { agent, steps } = await setUpLocked(new ClaimedBackend(), { networkNamespace: '/run/netns/a' });
    await agent.start();
    await agent.applied();
    await agent.stop('leave');
    expect(steps).to.deep.equal(['lock node-1 fake /run/netns/a after probe', 'unlock after probe,open,apply,release']);
  });

  it('takes it once while the backend does not open yet', async () => {
    const backend = new ClaimedBackend();
    backend.faults.add('open', { type: 'reject', written: 'nothing', isRetriable: true });
    const { agent, steps } = await setUpLocked(backend, { backoff: { initialDelayMs: 1, maxDelayMs: 1 } });
    await agent.start();
    await agent.stop('leave');
    expect(steps.map((step) => step.split(' ')[0])).to.deep.equal(['lock', 'unlock']);
  });

  it('gives it back when it fails, at the start or later', async () => {
    const backend = new ClaimedBackend();
    backend.faults.add('open', { type: 'reject', written: 'nothing', isRetriable: false });
    const first = await setUpLocked(backend);
    expect(await codeOf(first.agent.start())).to.equal('PP_BACKEND_UNUSABLE');
    const second = await setUpLocked(new ClaimedBackend(), { source: { batches$: throwError(() => 'cut') } });
    expect(await codeOf(second.agent.start())).to.equal('PP_SOURCE_ENDED');
    await settle();
    for (const { steps } of [first, second]) {
      expect(steps.map((step) => step.split(' ')[0])).to.deep.equal(['lock', 'unlock']);
    }
  });

  it('rejects to start where another agent has the lock, and opens nothing', async () => {
    const backend = new ClaimedBackend();
    const networkNamespace = '/proc/self/ns/pid';
    const source = new MemorySource();
    const container = new Container();
    await container.load(coreModule({ nodeName: 'node-1', source, networkNamespace }));
    container.bind(DataplaneBackend).toConstantValue(backend);
    const held = await container.get(AgentLock).take({ nodeName: 'node-2', backend: 'other', networkNamespace });
    const agent = container.get(NodeAgent);
    const error: unknown = await agent.start().catch((reason) => reason);
    await held.release();
    expect(error).to.include({ code: 'PP_AGENT_ALREADY_RUNNING' });
    expect(error).to.have.property('message').that.contains(`of process ${process.pid} (node node-2, backend other)`);
    expect(agent.status).to.deep.include({ phase: 'failed', failure: error });
    expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe']);
  });

  it('takes none for a backend that meets nobody', async () => {
    const { agent, steps } = await setUpLocked(new FakeBackend());
    await agent.start();
    await agent.stop('leave');
    expect(steps).to.deep.equal([]);
  });
});
