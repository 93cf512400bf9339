import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { DataplaneBackend, SILENT_LOGGER } from '@polyplane/core/backend';
import { VppBackend, VppError, VppOptions, vppModule } from './index';

const NODE = { nodeName: 'node-1', logger: SILENT_LOGGER };

describe('VppBackend', () => {
  let folder: string;
  let apiSocket: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-vpp-'));
    apiSocket = join(folder, 'api.sock');
  });
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('finds a VPP that listens', async () => {
    const listening = createServer();
    server = listening;
    await new Promise<void>((resolve) => listening.listen(apiSocket, resolve));
    const { facts, missing } = await new VppBackend({ apiSocket }).probe(NODE);
    expect(facts).to.deep.equal({ apiSocket, apiSocketState: 'listening' });
    expect(missing.map(({ what }) => what)).to.deep.equal(['this version of the backend does not program VPP']);
  });

  it('says that there is no socket, and what to do', async () => {
    const { facts, missing } = await new VppBackend({ apiSocket }).probe(NODE);
    expect(facts.apiSocketState).to.equal('absent');
    expect(missing[0]?.what).to.equal(`there is no API socket ${apiSocket}`);
    expect(missing[0]?.remedy).to.contain('Start VPP');
  });

  it('takes a file for no socket', async () => {
    writeFileSync(apiSocket, '');
    const { facts } = await new VppBackend({ apiSocket }).probe(NODE);
    expect(facts.apiSocketState).to.equal('notASocket');
  });

  it('rejects to open, not retriable, and says what is missing', async () => {
    const error: unknown = await new VppBackend({ apiSocket }).open(NODE).catch((reason) => reason);
    expect(error).to.be.instanceOf(VppError);
    expect(error).to.include({ code: 'PP_VPP_UNUSABLE', isRetriable: false });
    expect(error).to.have.property('message').that.contains(apiSocket);
  });

  it('is bound by its module under the name vpp, with the container’s options', async () => {
    const container = new Container();
    container.bind(VppOptions).toConstantValue({ apiSocket });
    await container.load(vppModule);
    const backend = container.get(DataplaneBackend);
    expect(backend.name).to.equal('vpp');
    expect((await backend.probe(NODE)).facts.apiSocket).to.equal(apiSocket);
  });
});
