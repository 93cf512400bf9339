import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { SILENT_LOGGER } from '@polyplane/core/backend';
import { buildPolicy, buildRule, buildSettings, buildTier, buildWorkload } from '@polyplane/core/testing';
import { applyIpBatch, NetworkNamespace, readLinks } from '@polyplane/linux';
import { EbpfBackend } from './backend';
import type { EbpfSession } from './session';
import { readNodeTraces } from './testing/node-traces';
import { describeOnKernel, mountBpf, unmountBpf } from './testing/on-kernel';

/** Turns of the event loop in which a change must have been followed. */
const TURNS = 2000;

describeOnKernel('A session, between two applies', () => {
  let fileSystem = '';
  let namespace: NetworkNamespace;
  let session: EbpfSession;

  const open = buildPolicy('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
  const web = buildWorkload('web', '10.65.0.2', { tiers: [buildTier([open])] });
  const changes = [buildSettings(), open, web].map((object) => ({ op: 'put', object }) as const);

  before(() => {
    fileSystem = mountBpf();
  });
  after(() => unmountBpf(fileSystem));
  beforeEach(async () => {
    namespace = NetworkNamespace.create();
    const backend = new EbpfBackend({ bpfFileSystem: fileSystem, isUnfinished: true });
    const { path: networkNamespace } = namespace;
    session = await backend.open({ nodeName: 'node-1', networkNamespace, logger: SILENT_LOGGER });
  });
  afterEach(async () => {
    await session.release('remove');
    namespace.close();
  });

  const pod = (name: string) => `link add name ${web.interfaceName} type veth peer name ${name}`;
  const indexOf = (name: string): number => readLinks(namespace).find((link) => link.name === name)?.index ?? 0;
  const endpoints = (): readonly string[] =>
    readNodeTraces(fileSystem, namespace.path).filter((line) => line.startsWith('pp_endpoints'));

  async function until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; !isSo(); turn += 1) {
      if (turn === TURNS) throw new Error(`not so after ${TURNS} turns: ${endpoints().join('; ')}`);
      await setImmediate();
    }
  }

  it('puts a pod’s interface under policy as it appears, and forgets it when it goes', async () => {
    await session.apply(session.plan({ revision: 1, scope: 'full', isInSync: true, changes }));
    expect(endpoints()).to.deep.equal([]);
    applyIpBatch(namespace, [pod('one')]);
    const first = indexOf(web.interfaceName);
    await until(() => endpoints().join() === `pp_endpoints ${first} 1 egress,ingress`);
    applyIpBatch(namespace, [`link del ${web.interfaceName}`, pod('two')]);
    const second = indexOf(web.interfaceName);
    expect(second).not.to.equal(first);
    await until(() => endpoints().join() === `pp_endpoints ${second} 1 egress,ingress`);
    applyIpBatch(namespace, [`link del ${web.interfaceName}`]);
    await until(() => endpoints().length === 0);
    expect(await session.audit()).to.deep.equal({ repaired: [] });
  });

  it('follows nothing any more once it was released', async () => {
    await session.apply(session.plan({ revision: 1, scope: 'full', isInSync: true, changes }));
    await session.release('leave');
    applyIpBatch(namespace, [pod('one')]);
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    expect(endpoints()).to.deep.equal([]);
    const backend = new EbpfBackend({ bpfFileSystem: fileSystem, isUnfinished: true });
    session = await backend.open({ nodeName: 'node-1', networkNamespace: namespace.path, logger: SILENT_LOGGER });
  });
});
