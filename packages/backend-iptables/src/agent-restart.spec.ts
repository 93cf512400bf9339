import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { firstValueFrom, skipWhile } from 'rxjs';
import type { Testbed } from '@polyplane/conformance';
import { CoreError, type CoreModuleOptions, coreModule, FileRecord, ManifestSource, NodeAgent } from '@polyplane/core';
import { commandRunner } from './kernel/linux';
import type { IptablesVariant } from './kernel/variant';
import { iptablesModule } from './module';
import { NOTHING, type Snapshot, snapshot } from './testing/kernel-snapshot';
import { contextOf, describeOnKernel, emptyTestbed } from './testing/on-kernel';

const SHOP = join(__dirname, '..', '..', '..', 'examples', 'shop');

describeOnKernel('an agent that is started again', (variant) => {
  let folder: string;
  let testbed: Testbed;
  /** What the shop puts into force. */
  let shop: Snapshot;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-restart-'));
    testbed = emptyTestbed();
    cpSync(SHOP, join(folder, 'shop'), { recursive: true });
    mkdirSync(join(folder, 'empty'));
    const agent = agentOn(testbed, variant, { source: manifests(join(folder, 'shop')) });
    await agent.start();
    await agent.applied();
    await agent.stop('leave');
    shop = await inForce();
    expect(shop.rules.length).to.be.greaterThan(50);
  });
  after(() => {
    testbed.close();
    rmSync(folder, { recursive: true });
  });

  const inForce = (): Promise<Snapshot> => snapshot(commandRunner(contextOf(testbed).networkNamespace, 10), variant);
  const broken = (): string => {
    const path = join(folder, 'broken');
    cpSync(SHOP, path, { recursive: true });
    writeFileSync(join(path, 'network-policies.yaml'), 'kind: [\n');
    return path;
  };

  const unread: readonly (readonly [string, () => Partial<CoreModuleOptions>, string])[] = [
    ['are not there', () => ({ source: manifests(join(folder, 'absent')) }), 'PP_MANIFEST_UNREADABLE'],
    ['are an empty folder', () => ({ source: manifests(join(folder, 'empty')) }), 'PP_MANIFEST_EMPTY'],
    ['are broken in part', () => ({ source: manifests(broken()) }), 'PP_MANIFEST_SYNTAX'],
    [
      'know no node of its name',
      () => ({ nodeName: 'node-7', source: manifests(join(folder, 'shop')) }),
      'PP_NODE_MISSING',
    ],
  ];
  for (const [what, options, code] of unread) {
    it(`takes nothing away where its manifests ${what}, and says why`, async () => {
      const agent = agentOn(testbed, variant, options());
      await agent.start();
      const { current } = await firstValueFrom(agent.problems$.pipe(skipWhile((step) => step.current.length === 0)));
      expect(current.map((problem) => problem.code)).to.include(code);
      expect(agent.status.isInSync).to.equal(false);
      expect(agent.status.reconciler?.phase).to.equal('waitingForSync');
      await agent.stop('leave');
      expect(await inForce()).to.deep.equal(shop);
    });
  }

  it('keeps the policies of a file that is broken now, as its record has them, and changes what else changed', async () => {
    const path = join(folder, 'recorded');
    cpSync(SHOP, path, { recursive: true });
    const run = async (): Promise<NodeAgent> => {
      // As a process of its own would: nothing is left of the run before but the file.
      const record = new FileRecord(join(folder, 'state', 'record'));
      const agent = agentOn(testbed, variant, { source: new ManifestSource({ paths: [path], watch: true, record }) });
      await agent.start();
      await agent.applied();
      await agent.stop('leave');
      await record.settled();
      return agent;
    };
    await run();
    expect(await inForce()).to.deep.equal(shop);
    writeFileSync(join(path, 'network-policies.yaml'), 'kind: [\n');
    const agent = await run();
    expect(agent.status).to.include({ isInSync: true, problems: 1 });
    expect(await inForce()).to.deep.equal(shop);
    rmSync(join(path, 'network-policies.yaml'));
    await run();
    expect((await inForce()).rules.length).to.be.lessThan(shop.rules.length);
    cpSync(SHOP, path, { recursive: true });
    await run();
    expect(await inForce()).to.deep.equal(shop);
  });

  it('is refused while another works there, which goes on; one in another namespace is not', async () => {
    const [first, second, elsewhere] = [
      agentOn(testbed, variant, {}),
      agentOn(testbed, variant, { source: manifests(join(folder, 'empty'), true), allowMissingNode: true }),
      emptyTestbed('172.18.0.9'),
    ] as const;
    const third = agentOn(elsewhere, variant, {});
    try {
      await first.start();
      await first.applied();
      const error: unknown = await second.start().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(CoreError).with.property('code', 'PP_AGENT_ALREADY_RUNNING');
      expect(error)
        .to.have.property('message')
        .that.contains(`of process ${process.pid} (node node-1, backend iptables)`);
      await third.start();
      await third.applied();
      expect(first.status.phase).to.equal('running');
      expect(await inForce()).to.deep.equal(shop);
    } finally {
      for (const agent of [first, second, third]) await agent.stop('leave');
      elsewhere.close();
    }
  });

  it('empties the dataplane of its services and policies where that is allowed', async () => {
    const source = manifests(join(folder, 'empty'), true);
    const agent = agentOn(testbed, variant, { source, allowMissingNode: true });
    await agent.start();
    await agent.applied();
    const { rules } = await inForce();
    expect(rules.length).to.be.lessThan(shop.rules.length);
    await agent.stop('remove');
    expect(await inForce()).to.deep.equal({ ...NOTHING, foreign: shop.foreign });
  });
});

function manifests(path: string, allowEmpty = false): ManifestSource {
  return new ManifestSource({ paths: [path], watch: true, allowEmpty });
}

function agentOn(testbed: Testbed, variant: IptablesVariant, options: Partial<CoreModuleOptions>): NodeAgent {
  const { networkNamespace } = contextOf(testbed);
  const container = new Container();
  container.load(
    coreModule({
      nodeName: 'node-1',
      source: manifests(SHOP),
      backend: 'iptables',
      backends: { iptables: { variant } },
      ...(networkNamespace !== undefined && { networkNamespace }),
      ...options,
    }),
    iptablesModule,
  );
  return container.get(NodeAgent);
}
