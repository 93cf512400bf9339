import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { firstValueFrom } from 'rxjs';
import { FileRecord } from './file-record';
import type { RecordEntries } from './last-good-record';
import { formatRecord, parseRecord } from './record-format';

const REGISTER = join(__dirname, '../../../../scripts/register.cjs');
const ENTRIES = new Map([
  ['/a.yaml', 'kind: Namespace\n'],
  ['/ü.yaml', '\u{1f600}\0"\\'],
]);

describe('FileRecord', function () {
  this.timeout(60_000);

  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-record-'));
    path = join(folder, 'state', 'record');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const save = async (...versions: readonly RecordEntries[]): Promise<FileRecord> => {
    const record = new FileRecord(path);
    for (const entries of versions) record.save(entries);
    await record.settled();
    return record;
  };
  const problemOf = async (record: FileRecord): Promise<string | undefined> => {
    const problem = await firstValueFrom(record.problem$);
    return problem && `${problem.code} ${problem.message.replace(path, 'PATH')}`;
  };
  const load = async (): Promise<readonly [RecordEntries, string | undefined]> => {
    const record = new FileRecord(path);
    return [record.load(), await problemOf(record)];
  };

  it('has nothing at first', async () => {
    expect(await load()).to.deep.equal([new Map(), undefined]);
  });

  it('gives a later process what was kept', async () => {
    await save(ENTRIES);
    expect(await load()).to.deep.equal([ENTRIES, undefined]);
  });

  it('keeps the newest of several versions, and writes no more of them than it must', async () => {
    await save(new Map([['a', '1']]), new Map([['a', '2']]), ENTRIES);
    expect(await load()).to.deep.equal([ENTRIES, undefined]);
    const { mtimeMs } = statSync(path);
    const record = new FileRecord(path);
    record.load();
    record.save(new Map(ENTRIES));
    await record.settled();
    expect(statSync(path).mtimeMs).to.equal(mtimeMs);
  });

  it('is for its owner alone, and leaves nothing else behind', async () => {
    await save(ENTRIES);
    expect((statSync(path).mode & 0o777).toString(8)).to.equal('600');
    expect((statSync(join(folder, 'state')).mode & 0o777).toString(8)).to.equal('700');
    expect(readdirSync(join(folder, 'state'))).to.deep.equal(['record']);
  });

  it('does not trust what is damaged, wherever it is, and tells of it', async () => {
    await save(ENTRIES);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x04;
      writeFileSync(path, damaged);
      const [entries, problem] = await load();
      expect([...entries], String(at)).to.deep.equal([]);
      expect(problem, String(at)).to.match(/^PP_RECORD_UNTRUSTED PATH: it is /);
    }
  });

  it('does not trust what is cut off, wherever it is', async () => {
    await save(ENTRIES);
    for (let length = readFileSync(path).length - 1; length >= 0; length--) {
      truncateSync(path, length);
      const [entries, problem] = await load();
      expect([...entries], String(length)).to.deep.equal([]);
      expect(problem, String(length)).to.match(/^PP_RECORD_UNTRUSTED PATH: it is /);
    }
  });

  it('does not trust another version', async () => {
    await save(ENTRIES);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'));
    expect(await load()).to.deep.equal([new Map(), 'PP_RECORD_UNTRUSTED PATH: it is of version 2, not 1']);
  });

  it('does not trust what others may have written', async () => {
    await save(ENTRIES);
    chmodSync(path, 0o620);
    expect(await load()).to.deep.equal([new Map(), 'PP_RECORD_UNTRUSTED PATH: others may write it']);
    chmodSync(path, 0o600);
    renameSync(path, join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), path);
    expect((await load())[1]).to.match(/^PP_RECORD_UNTRUSTED PATH: ELOOP/);
    rmSync(path);
    mkdirSync(path);
    expect((await load())[1]).to.equal('PP_RECORD_UNTRUSTED PATH: it is no regular file');
  });

  // Only root can give a file away.
  if (process.geteuid?.() === 0) {
    it('does not trust what another user has written', async () => {
      await save(ENTRIES);
      chownSync(path, 65534, 65534);
      expect(await load()).to.deep.equal([new Map(), 'PP_RECORD_UNTRUSTED PATH: it belongs to the user 65534']);
    });
  }

  it('is trusted again once it is written anew', async () => {
    await save(ENTRIES);
    truncateSync(path, 10);
    const record = new FileRecord(path);
    record.load();
    record.save(ENTRIES);
    await record.settled();
    expect(await problemOf(record)).to.equal(undefined);
    expect(await load()).to.deep.equal([ENTRIES, undefined]);
  });

  it('goes on when it cannot be written, tells of it, and keeps what was written before', async () => {
    const record = await save(ENTRIES);
    // Where the new version would be written stands something else: what a read-only file system does, for root too.
    mkdirSync(`${path}.new`);
    record.save(new Map([['b', '2']]));
    await record.settled();
    expect(await problemOf(record)).to.match(/^PP_RECORD_UNWRITABLE PATH: EISDIR/);
    expect(await load()).to.deep.equal([ENTRIES, undefined]);
    rmSync(`${path}.new`, { recursive: true });
    record.save(new Map([['b', '2']]));
    await record.settled();
    expect(await problemOf(record)).to.equal(undefined);
    expect(await load()).to.deep.equal([new Map([['b', '2']]), undefined]);
  });

  it('takes the place of what an interrupted run left half-written', async () => {
    await save(ENTRIES);
    writeFileSync(`${path}.new`, 'half', { mode: 0o666 });
    await save(new Map([['b', '2']]));
    expect((statSync(path).mode & 0o777).toString(8)).to.equal('600');
    expect(existsSync(`${path}.new`)).to.equal(false);
  });

  it('is whole at every moment, whenever the process that writes it is killed', async () => {
    const script = `
      const { FileRecord } = require(${JSON.stringify(join(__dirname, 'file-record.ts'))});
      const record = new FileRecord(${JSON.stringify(path)});
      (async () => {
        for (let version = 0; ; version++) {
          record.save(new Map([['version', String(version).repeat(50_000)]]));
          await record.settled();
          if (version === 2) process.send('begun');
        }
      })();`;
    for (let round = 0; round < 5; round++) {
      const writer = spawn(process.execPath, ['--conditions=@polyplane/source', '-r', REGISTER, '-e', script], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      await new Promise((resolve) => writer.once('message', resolve));
      const ended = new Promise((resolve) => writer.once('close', resolve));
      // Some write later, and anywhere within one.
      for (let turn = 0; turn < round * 7; turn++) await new Promise((resolve) => setImmediate(resolve));
      writer.kill('SIGKILL');
      await ended;
      const [entries, problem] = await load();
      expect(problem).to.equal(undefined);
      expect([...entries.keys()]).to.deep.equal(['version']);
    }
  });
});

describe('the format of records', () => {
  it('gives back what it was given, whatever that is', () => {
    const entries = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(entries, (given) => {
        expect(parseRecord(formatRecord(new Map(given)))).to.deep.equal(new Map(given));
      }),
    );
  });
});
