import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { createInMemoryHarness, describeBackend, SCENARIO_NODE } from '@polyplane/conformance';
import { coreModule, DesiredStateStore, ManifestSource, NodeAgent } from '@polyplane/core';
import { FolderBackend, parseObject, readFolder } from './folder-backend';
import { folderModule } from './module';

// #region kit
describeBackend('folder', async () => {
  const path = await makeFolder();
  const folder = join(path, SCENARIO_NODE);
  const backend = new FolderBackend({ path });
  return {
    ...createInMemoryHarness({ backend, readState: () => readState(folder), disturb: () => disturb(folder) }),
    close: () => rm(path, { recursive: true }),
  };
});
// #endregion

describe('the folder backend', () => {
  it('is chosen by name, as any other is, and takes its options from the configuration', async () => {
    const path = await makeFolder();
    const container = new Container();
    const source = new ManifestSource({ paths: [join(__dirname, '..', 'shop')] });
    const options = { nodeName: 'node-1', source, backend: 'folder', backends: { folder: { path } } };
    container.load(coreModule(options), folderModule);
    const agent = container.get(NodeAgent);
    try {
      await agent.start();
      await agent.applied();
      const { workloads } = await readState(join(path, 'node-1'));
      expect([...workloads.values()].map(({ namespace, name }) => `${namespace}/${name}`)).to.include(
        'shop-web/frontend-1',
      );
    } finally {
      await agent.stop('remove');
      expect(await readdir(path)).to.deep.equal([]);
      await rm(path, { recursive: true });
    }
  });

  it('refuses a path that is not absolute', () => {
    expect(() => new FolderBackend({ path: 'here' })).to.throw('path must be an absolute path');
  });

  it('is under 200 lines', async () => {
    const lines = (await readFile(join(__dirname, 'folder-backend.ts'), 'utf8')).trimEnd().split('\n');
    expect(lines.length).to.be.below(200);
  });
});

function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'polyplane-folder-'));
}

/** The state that the folder's files tell. */
async function readState(folder: string): Promise<DesiredStateStore> {
  const state = new DesiredStateStore();
  for (const text of (await readFolder(folder)).values()) {
    const object = parseObject(text);
    if (object !== undefined) state.apply({ scope: 'delta', changes: [{ op: 'put', object }] });
  }
  return state;
}

/** Removes one file and damages another. */
async function disturb(folder: string): Promise<void> {
  const [first, second] = await readdir(folder);
  if (first !== undefined) await rm(join(folder, first));
  if (second !== undefined) await writeFile(join(folder, second), 'no object');
}
