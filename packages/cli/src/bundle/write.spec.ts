import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parseTar } from 'nanotar';
import { CliError } from '../cli-error';
import { writeBundle } from './write';

const FILES = [
  { name: 'contents.json', text: '{}\n' },
  { name: 'facts/iptables.json', text: 'fácts\n' },
];
const TARGET = { root: 'bundle-1', date: '2026-11-30T16:00:00Z' };

describe('writing a bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-write-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  async function codeOf(path: string): Promise<string> {
    const error: unknown = await writeBundle(FILES, { ...TARGET, path }).catch((reason: unknown) => reason);
    if (error instanceof CliError) return error.code;
    throw new Error(`no refusal: ${String(error)}`);
  }

  for (const name of ['b.tgz', 'b.tar.gz']) {
    it(`makes an archive that only its owner may read: ${name}`, async () => {
      const path = join(folder, name);
      await writeBundle(FILES, { ...TARGET, path });
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      const items = parseTar(gunzipSync(readFileSync(path)));
      expect(items.filter(({ type }) => type === 'file').map((item) => [item.name, item.text])).to.deep.equal([
        ['bundle-1/contents.json', '{}\n'],
        ['bundle-1/facts/iptables.json', 'fácts\n'],
      ]);
      const again = `${path}.tgz`;
      await writeBundle(FILES, { ...TARGET, path: again });
      expect(readFileSync(again).equals(readFileSync(path)), 'the same input, another archive').to.equal(true);
    });
  }

  it('makes a folder that only its owner may read', async () => {
    const path = join(folder, 'b');
    await writeBundle(FILES, { ...TARGET, path });
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    expect(readFileSync(join(path, 'facts/iptables.json'), 'utf8')).to.equal('fácts\n');
    expect(statSync(join(path, 'contents.json')).mode & 0o777).to.equal(0o600);
  });

  it('does not touch what is there already', async () => {
    writeFileSync(join(folder, 'there.tgz'), 'mine');
    mkdirSync(join(folder, 'there'));
    expect(await codeOf(join(folder, 'there.tgz'))).to.equal('PP_CLI_USAGE');
    expect(await codeOf(join(folder, 'there'))).to.equal('PP_CLI_USAGE');
    expect(readFileSync(join(folder, 'there.tgz'), 'utf8')).to.equal('mine');
    expect(readdirSync(join(folder, 'there'))).to.deep.equal([]);
  });

  it('leaves nothing half written', async () => {
    expect(await codeOf(join(folder, 'none/b.tgz'))).to.equal('PP_CLI_OUTPUT_UNWRITABLE');
    expect(await codeOf(join(folder, 'none/b'))).to.equal('PP_CLI_OUTPUT_UNWRITABLE');
    const path = join(folder, 'b');
    const clashing = [...FILES, { name: 'contents.json/x', text: '' }];
    const error: unknown = await writeBundle(clashing, { ...TARGET, path }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(CliError);
    expect(existsSync(path)).to.equal(false);
  });
});
