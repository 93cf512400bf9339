import { expect } from 'chai';
import { type DataplaneBackend, SILENT_LOGGER } from '@polyplane/core';
import { FakeBackend, FakeBackendError } from '@polyplane/core/testing';
import { cleanUp } from './clean-up';

const NODE = { nodeName: 'node-1', logger: SILENT_LOGGER };

/** A backend as a third party may have it: without what is optional. */
function plain(fake: FakeBackend): DataplaneBackend {
  const { name, limits, behaviours, codes } = fake;
  return { name, limits, behaviours, codes, probe: (node) => fake.probe(node), open: (node) => fake.open(node) };
}

const UNREADABLE = new FakeBackendError('PP_FAKE_UNREACHABLE', 'it cannot be read', { isRetriable: true });

describe('cleaning up after a backend', () => {
  it('opens a session where it has no other way, and does not say what it cannot know', async () => {
    const fake = new FakeBackend();
    expect(await cleanUp(plain(fake), NODE, false)).to.deep.equal({ backend: 'fake', outcome: 'removed' });
    expect(fake.calls.map(({ method }) => method)).to.deep.equal(['open', 'release']);
  });

  it('removes nothing of it where it is only asked', async () => {
    const fake = new FakeBackend();
    expect(await cleanUp(plain(fake), NODE, true)).to.deep.equal({ backend: 'fake', outcome: 'wouldBeRemoved' });
    expect(fake.calls.map(({ method }) => method)).to.deep.equal(['open', 'release']);
  });

  it('finds nothing of one that cannot run here', async () => {
    const fake = new FakeBackend({ missing: [{ what: 'kernel feature', remedy: 'get one' }] });
    for (const isDryRun of [false, true]) {
      expect(await cleanUp(plain(fake), NODE, isDryRun)).to.deep.equal({
        backend: 'fake',
        outcome: 'notHere',
        code: 'PP_FAKE_UNUSABLE',
        message: 'there is no kernel feature',
      });
    }
  });

  it('fails where the target does not answer', async () => {
    const fake = new FakeBackend();
    fake.faults.add('open', { type: 'reject', written: 'nothing', isRetriable: true });
    expect(await cleanUp(plain(fake), NODE, false)).to.include({ outcome: 'failed', code: 'PP_FAKE_FAULT' });
  });

  it('removes also what it cannot show', async () => {
    const fake = new FakeBackend();
    let shown = 0;
    const shy: DataplaneBackend = {
      ...plain(fake),
      inspect: async (node) => {
        shown += 1;
        return shown === 1 ? fake.inspect(node) : Promise.reject(UNREADABLE);
      },
    };
    expect(await cleanUp(shy, NODE, true)).to.deep.equal({ backend: 'fake', outcome: 'nothing' });
    expect(await cleanUp(shy, NODE, false)).to.include({ outcome: 'failed' });
    expect(fake.calls.map(({ method }) => method)).to.deep.equal(['open', 'release']);
  });

  it('does not take a defect for a failure', async () => {
    const broken: DataplaneBackend = {
      ...plain(new FakeBackend()),
      open: async () => Promise.reject(new TypeError('x')),
    };
    const error: unknown = await cleanUp(broken, NODE, false).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });
});
