import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FakeAnswer, FakeApiServer } from '../fake/fake-api-server';
import { VppError } from '../vpp-error';
import { builtInDefinition } from './built-in/built-in-definition';
import { DEFINITION_DATA } from './built-in/definition-data';
import { definitionFromFiles, definitionFromVpp } from './find-definition';

describe('the definition of VPP’s API', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-vpp-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  async function failure(promise: Promise<unknown>): Promise<string> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason) => reason,
    );
    return error instanceof VppError ? `${error.code} ${error.message}` : String(error);
  }

  it('is read from the files of the host, in whatever folders they lie', async () => {
    mkdirSync(join(folder, 'plugins'));
    writeFileSync(join(folder, 'plugins', 'all.api.json'), JSON.stringify(DEFINITION_DATA));
    const definition = await definitionFromFiles(folder);
    expect([...definition.messages.keys()]).to.deep.equal([...builtInDefinition().messages.keys()]);
  });

  it('is not to be had of a folder without such files, of one that is not there, of text that is no JSON', async () => {
    expect(await failure(definitionFromFiles(folder))).to.contain('there is no *.api.json');
    expect(await failure(definitionFromFiles(join(folder, 'nothing')))).to.contain('cannot be read');
    writeFileSync(join(folder, 'x.api.json'), '{');
    expect(await failure(definitionFromFiles(folder))).to.match(/^PP_VPP_API_DEFINITION .*x\.api\.json gives no JSON/);
  });

  it('is told by VPP itself, and what it keeps back is added', async () => {
    const socketPath = join(folder, 'api.sock');
    const own = { types: [], messages: [['of_this_vpp', ['u16', '_vl_msg_id'], ['u32', 'context'], { crc: '0x1' }]] };
    const answer = (): FakeAnswer => ({ reply: { json: JSON.stringify([own]) } });
    const server = new FakeApiServer(builtInDefinition(), new Map([['get_api_json', answer]]));
    await server.listen(socketPath);
    try {
      const { messages } = await definitionFromVpp({ socketPath });
      expect(messages.has('of_this_vpp')).to.equal(true);
      expect(messages.has('sockclnt_create')).to.equal(true);
    } finally {
      await server.stop();
    }
  });
});
