import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { filter, firstValueFrom, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { CoreError } from '../core-error';
import { loadManifests } from '../resources/load';
import { keyOfResource, type Resource } from '../resources/resource';
import { MemoryRecord } from '../testing/memory-record';
import { ManifestSource, type ManifestSourceOptions } from './manifests';
import type { SourceBatch } from './source';

const POLL_SECONDS = 1;
const SETTLE_MILLISECONDS = 100;

const namespace = (name: string, value = 'x'): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n  labels:\n    value: ${value}\n`;

describe('ManifestSource', () => {
  let folder: string;
  let scheduler: VirtualTimeScheduler;
  let subscription: Subscription | undefined;
  let batches: SourceBatch[];
  let source: ManifestSource;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-manifests-'));
    scheduler = new VirtualTimeScheduler();
    batches = [];
  });

  afterEach(() => {
    subscription?.unsubscribe();
    subscription = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const start = (options: Partial<ManifestSourceOptions> = {}): void => {
    source = new ManifestSource({
      paths: [folder],
      watch: true,
      pollSeconds: POLL_SECONDS,
      settleMilliseconds: SETTLE_MILLISECONDS,
      scheduler,
      ...options,
    });
    subscription = source.batches$.subscribe((batch) => batches.push(batch));
  };
  /** Lets virtual time pass. */
  const pass = (milliseconds: number): void => {
    scheduler.maxFrames = scheduler.frame + milliseconds;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  };
  const settle = (): void => pass(POLL_SECONDS * 1000 + 3 * SETTLE_MILLISECONDS);
  const state = (): Record<string, Resource> => {
    const resources = new Map<string, Resource>();
    for (const change of batches.flatMap(({ changes }) => changes)) {
      if (change.op === 'put') resources.set(keyOfResource(change.resource), change.resource);
      else resources.delete(change.key);
    }
    return Object.fromEntries(resources);
  };
  const names = (): readonly string[] =>
    Object.values(state())
      .map(({ metadata }) => metadata.name)
      .sort();
  const value = (name: string): string | undefined => state()[`Namespace//${name}`]?.metadata.labels.value;
  const isInSync = (): boolean => batches.at(-1)?.isInSync === true;
  const codes = (): readonly string[] => batches.at(-1)?.problems.map(({ error }) => error.code) ?? [];

  it('reads files and folders, recursively, and completes when it does not watch', () => {
    write('a.yaml', namespace('a'));
    write('deep/er/b.yml', namespace('b'));
    write('c.json', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}');
    write('notes.txt', 'no manifest');
    write('.git/d.yaml', namespace('d'));
    write('file.conf', namespace('e'));
    start({ watch: false, paths: [folder, join(folder, 'file.conf')] });
    expect(names()).to.deep.equal(['a', 'b', 'c', 'e']);
    expect(batches).to.have.length(1);
    expect(batches[0]?.isInSync).to.equal(true);
    expect(subscription?.closed).to.equal(true);
  });

  it('tells of a path that is not there, and goes on with the others', () => {
    write('a.yaml', namespace('a'));
    start({ watch: false, paths: [join(folder, 'absent'), folder] });
    expect(names()).to.deep.equal(['a']);
    expect(codes()).to.deep.equal(['PP_MANIFEST_UNREADABLE']);
  });

  it('tells of a file that is no text or no regular file', () => {
    writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
    write('z.yaml', namespace('z'));
    start({ watch: false });
    expect(names()).to.deep.equal(['z']);
    expect(codes()).to.deep.equal(['PP_MANIFEST_SYNTAX', 'PP_MANIFEST_UNREADABLE']);
  });

  it('sees a file written, changed and deleted', () => {
    start();
    expect(names()).to.deep.equal([]);
    write('a.yaml', namespace('a', 'one'));
    settle();
    expect(value('a')).to.equal('one');
    write('a.yaml', namespace('a', 'two'));
    settle();
    expect(value('a')).to.equal('two');
    rmSync(join(folder, 'a.yaml'));
    settle();
    expect(names()).to.deep.equal([]);
  });

  it('says nothing while nothing changes', () => {
    write('a.yaml', namespace('a'));
    start();
    settle();
    const before = batches.length;
    write('a.yaml', `# a comment\n${namespace('a')}`);
    settle();
    settle();
    expect(batches).to.have.length(before);
  });

  it('keeps what a file said before it became broken, and tells of it until it is mended', () => {
    write('a.yaml', namespace('a'));
    start();
    for (const broken of ['a: [', 'a: b: c', '\t- x', '"', `${namespace('a')}---\na: {`]) {
      write('a.yaml', broken);
      settle();
      expect(names(), broken).to.deep.equal(['a']);
      expect(codes(), broken).to.deep.equal(['PP_MANIFEST_SYNTAX']);
    }
    write('a.yaml', namespace('b'));
    settle();
    expect(names()).to.deep.equal(['b']);
    expect(codes()).to.deep.equal([]);
  });

  it('keeps what a file said when it is cut off within a line, or emptied', () => {
    const text = `${namespace('a')}---\n${namespace('b')}`;
    write('a.yaml', text);
    start();
    for (const length of [0, 10, text.length - 3]) {
      truncateSync(join(folder, 'a.yaml'), length);
      settle();
      expect(names(), String(length)).to.deep.equal(['a', 'b']);
      expect(codes(), String(length)).to.deep.equal(['PP_MANIFEST_SYNTAX']);
      write('a.yaml', text);
      settle();
    }
    expect(codes()).to.deep.equal([]);
  });

  it('takes a file that a writer has left alone only', () => {
    write('a.yaml', namespace('a'));
    start();
    for (let round = 0; round < 50; round++) {
      write('a.yaml', namespace(`a${round}`));
      pass(SETTLE_MILLISECONDS / 2);
    }
    expect(names().length).to.equal(1);
    settle();
    expect(names()).to.deep.equal(['a49']);
  });

  it('survives a file that vanishes for a moment', () => {
    write('a.yaml', namespace('a'));
    start();
    pass(POLL_SECONDS * 1000 - 10);
    rmSync(join(folder, 'a.yaml'));
    pass(20);
    write('a.yaml', namespace('a'));
    settle();
    expect(names()).to.deep.equal(['a']);
    expect(batches.flatMap(({ changes }) => changes)).to.have.length(1);
  });

  it('survives a folder that cannot be read any more', () => {
    write('sub/a.yaml', namespace('a'));
    start({ paths: [join(folder, 'sub')] });
    renameSync(join(folder, 'sub'), join(folder, 'elsewhere'));
    settle();
    expect(names()).to.deep.equal(['a']);
    expect(codes()).to.deep.equal(['PP_MANIFEST_UNREADABLE']);
    renameSync(join(folder, 'elsewhere'), join(folder, 'sub'));
    write('sub/b.yaml', namespace('b'));
    settle();
    expect(names()).to.deep.equal(['a', 'b']);
    expect(codes()).to.deep.equal([]);
  });

  it('leaves out a faulty object and goes on with the rest', () => {
    write('a.yaml', `${namespace('A')}---\n${namespace('b')}`);
    start();
    expect(names()).to.deep.equal(['b']);
    const [problem] = batches.at(-1)?.problems ?? [];
    expect(problem).to.include({ file: join(folder, 'a.yaml'), line: 4, field: 'metadata.name' });
  });

  it('keeps the former version of an object that becomes faulty, while others change', () => {
    write('a.yaml', `${namespace('a', 'one')}---\n${namespace('b', 'one')}`);
    start();
    write('a.yaml', `${namespace('a', '"not a value"')}---\n${namespace('b', 'two')}`);
    settle();
    expect(value('a')).to.equal('one');
    expect(value('b')).to.equal('two');
    expect(codes()).to.deep.equal(['PP_OBJECT_INVALID']);
  });

  describe('of a policy', () => {
    const policy = (rule: string): string =>
      `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}, ingress: [${rule}]}\n`;
    const GOOD = '{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}';
    const peers = (): unknown => {
      const found = Object.values(state()).find(({ kind }) => kind === 'NetworkPolicy');
      return found?.kind === 'NetworkPolicy' ? found.spec.ingress[0]?.peers[0] : undefined;
    };
    const good = { ipBlock: { cidr: '10.0.0.0/8', except: [] } };

    it('closes a rule that cannot be read, whatever counted before', () => {
      write('a.yaml', policy('{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}'));
      start();
      expect(codes()).to.deep.equal(['PP_OBJECT_INVALID']);
      expect(peers()).to.have.nested.property('podSelector.matchExpressions').with.length(2);
      write('a.yaml', policy(GOOD));
      settle();
      expect(peers()).to.deep.equal(good);
      write('a.yaml', policy('{from: [{ipBlock: {cidr: 10.0.0.0/34}}]}'));
      settle();
      expect(peers()).to.have.nested.property('podSelector.matchExpressions').with.length(2);
    });

    it('keeps the former version when it is refused for an unknown field, and closes where there is none', () => {
      write('a.yaml', policy('{form: []}'));
      start();
      expect(codes()).to.deep.equal(['PP_FIELD_UNKNOWN']);
      expect(peers()).to.have.nested.property('podSelector.matchExpressions').with.length(2);
      write('a.yaml', policy(GOOD));
      settle();
      write('a.yaml', policy('{form: []}'));
      settle();
      expect(codes()).to.deep.equal(['PP_FIELD_UNKNOWN']);
      expect(peers()).to.deep.equal(good);
    });

    it('passes over an unknown field, or ignores it, as it is told', () => {
      write('a.yaml', policy('{form: []}'));
      start({ validate: 'warn' });
      expect(codes()).to.deep.equal(['PP_FIELD_PASSED_OVER']);
      expect(peers()).to.have.nested.property('podSelector.matchExpressions').with.length(2);
      subscription?.unsubscribe();
      batches = [];
      start({ validate: 'ignore' });
      expect(codes()).to.deep.equal([]);
      expect(peers()).to.equal(undefined);
    });

    it('keeps the former version when it cannot be read whom it is for', () => {
      write('a.yaml', policy(GOOD));
      start();
      write('a.yaml', policy(GOOD).replace('podSelector: {}', 'podSelector: {matchLabels: {a: 7}}'));
      settle();
      expect(codes()).to.deep.equal(['PP_OBJECT_INVALID']);
      expect(peers()).to.deep.equal(good);
    });
  });

  it('takes an object that two files define from the last in path order, and from the other when that one goes', () => {
    write('a.yaml', namespace('m', 'first'));
    write('b.yaml', namespace('m', 'second'));
    start();
    expect(value('m')).to.equal('second');
    expect(codes()).to.deep.equal(['PP_OBJECT_DUPLICATE']);
    expect(batches[0]?.problems[0]).to.include({ file: join(folder, 'a.yaml'), line: 1 });
    rmSync(join(folder, 'b.yaml'));
    settle();
    expect(value('m')).to.equal('first');
    expect(codes()).to.deep.equal([]);
  });

  it('follows the symbolic links of a mounted ConfigMap when they are swapped', () => {
    write('..v1/a.yaml', namespace('a', 'one'));
    symlinkSync('..v1', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    start();
    expect(value('a')).to.equal('one');
    expect(codes()).to.deep.equal([]);
    write('..v2/a.yaml', namespace('a', 'two'));
    symlinkSync('..v2', join(folder, '..tmp'));
    renameSync(join(folder, '..tmp'), join(folder, '..data'));
    rmSync(join(folder, '..v1'), { recursive: true });
    settle();
    expect(value('a')).to.equal('two');
    expect(batches.flatMap(({ changes }) => changes).every(({ op }) => op === 'put')).to.equal(true);
  });

  it('ends on links that lead in a circle', () => {
    write('sub/a.yaml', namespace('a'));
    symlinkSync('..', join(folder, 'sub/up'));
    symlinkSync('self.yaml', join(folder, 'self.yaml'));
    start();
    expect(names()).to.deep.equal(['a']);
    expect(codes()).to.deep.equal([]);
  });

  it('is not in sync until every file that it found broken at the start was once read whole', () => {
    write('a.yaml', 'a: [');
    write('b.yaml', namespace('b'));
    start();
    settle();
    expect(isInSync()).to.equal(false);
    expect(names()).to.deep.equal(['b']);
    expect(codes()).to.deep.equal(['PP_MANIFEST_SYNTAX']);
    write('a.yaml', namespace('a'));
    settle();
    expect(isInSync()).to.equal(true);
    write('a.yaml', 'a: [');
    settle();
    expect(isInSync()).to.equal(true);
  });

  it('looks at once again at what it found broken at the start', () => {
    write('a.yaml', 'a: [');
    start();
    write('a.yaml', namespace('a'));
    pass(2 * SETTLE_MILLISECONDS + 1);
    expect(isInSync()).to.equal(true);
  });

  it('is in sync once a file that was broken from the start is gone', () => {
    write('a.yaml', 'a: [');
    write('b.yaml', namespace('b'));
    start();
    rmSync(join(folder, 'a.yaml'));
    settle();
    expect(isInSync()).to.equal(true);
  });

  it('is not in sync while a path is missing', () => {
    const paths = [join(folder, 'a'), join(folder, 'b')];
    write('a/a.yaml', namespace('a'));
    start({ paths });
    settle();
    expect(isInSync()).to.equal(false);
    expect(codes()).to.deep.equal(['PP_MANIFEST_UNREADABLE']);
    write('b/b.yaml', namespace('b'));
    settle();
    expect(isInSync()).to.equal(true);
    expect(codes()).to.deep.equal([]);
  });

  it('is not in sync while it has found no object under a path', () => {
    const paths = [join(folder, 'a'), join(folder, 'b')];
    write('a/a.yaml', namespace('a'));
    for (const [file, text] of [
      ['b/readme.txt', 'nothing'],
      ['b/empty.yaml', ''],
      ['b/comment.yaml', '# nothing'],
      ['b/other.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n'],
    ] as const) {
      write(file, text);
      start({ paths });
      settle();
      expect(isInSync(), file).to.equal(false);
      expect(codes(), file).to.deep.equal(['PP_MANIFEST_EMPTY']);
      subscription?.unsubscribe();
      batches = [];
    }
    start({ paths });
    write('b/b.yaml', namespace('b'));
    settle();
    expect(isInSync()).to.equal(true);
    expect(codes()).to.deep.equal([]);
  });

  it('is in sync with an empty folder where that is allowed, and not with one that is missing', () => {
    start({ allowEmpty: true, watch: false });
    expect(isInSync()).to.equal(true);
    start({ allowEmpty: true, watch: false, paths: [join(folder, 'absent')] });
    expect(isInSync()).to.equal(false);
  });

  it('takes a folder that is emptied while it is watched for what its owner wants', () => {
    write('a.yaml', namespace('a'));
    start();
    rmSync(join(folder, 'a.yaml'));
    settle();
    expect(names()).to.deep.equal([]);
    expect(isInSync()).to.equal(true);
    expect(codes()).to.deep.equal([]);
  });

  it('keeps what was read where another folder stands, empty, in the place of the one that was read', () => {
    const paths = [join(folder, 'mount')];
    write('mount/a.yaml', namespace('a'));
    start({ paths });
    renameSync(join(folder, 'mount'), join(folder, 'elsewhere'));
    mkdirSync(join(folder, 'mount'));
    settle();
    settle();
    expect(names()).to.deep.equal(['a']);
    expect(codes()).to.deep.equal(['PP_MANIFEST_EMPTY']);
    write('mount/b.yaml', namespace('b'));
    settle();
    expect(names()).to.deep.equal(['b']);
    expect(codes()).to.deep.equal([]);
  });

  describe('that keeps a record', () => {
    let record: MemoryRecord;
    beforeEach(() => {
      record = new MemoryRecord();
    });
    const run = (options: Partial<ManifestSourceOptions> = {}): void => {
      subscription?.unsubscribe();
      batches = [];
      start({ record, ...options });
      settle();
    };

    it('takes a file that is broken at a new start as it last was', () => {
      write('a.yaml', namespace('a', 'one'));
      write('b.yaml', namespace('b', 'one'));
      run();
      for (const broken of ['a: [', '', namespace('a', 'one').slice(0, -4), '"']) {
        write('a.yaml', broken);
        write('b.yaml', namespace('b', 'two'));
        run();
        expect([value('a'), value('b')], broken).to.deep.equal(['one', 'two']);
        expect([isInSync(), ...codes()], broken).to.deep.equal([true, 'PP_MANIFEST_SYNTAX']);
      }
      write('a.yaml', namespace('a', 'three'));
      settle();
      expect([value('a'), ...codes()]).to.deep.equal(['three']);
    });

    it('takes an object that is faulty at a new start as it last stood, however often it is started', () => {
      write('a.yaml', `${namespace('a', 'one')}---\n${namespace('b', 'one')}`);
      run();
      for (const other of ['two', 'three']) {
        write('a.yaml', `${namespace('a', '"not a value"')}---\n${namespace('b', other)}`);
        run();
        expect([value('a'), value('b')]).to.deep.equal(['one', other]);
        expect([isInSync(), ...codes()]).to.deep.equal([true, 'PP_OBJECT_INVALID']);
      }
      write('a.yaml', 'a: [');
      run();
      expect([value('a'), value('b')]).to.deep.equal(['one', 'three']);
      write('a.yaml', namespace('b', 'four'));
      run();
      expect([value('a'), value('b'), ...codes()]).to.deep.equal([undefined, 'four']);
      write('a.yaml', `${namespace('a', '"not a value"')}---\n${namespace('b', 'five')}`);
      run();
      expect([value('a'), value('b')]).to.deep.equal([undefined, 'five']);
    });

    it('gives up what was deleted while it did not run, but not what may stand in a file that was never read', () => {
      write('a.yaml', namespace('a'));
      write('b.yaml', namespace('b'));
      run();
      renameSync(join(folder, 'a.yaml'), join(folder, 'new.yaml'));
      write('new.yaml', 'a: [');
      run();
      expect(isInSync()).to.equal(false);
      rmSync(join(folder, 'new.yaml'));
      settle();
      expect([isInSync(), ...names()]).to.deep.equal([true, 'b']);
    });

    it('is kept as it is while the source is not complete', () => {
      write('sub/a.yaml', namespace('a', 'one'));
      const paths = [join(folder, 'sub')];
      run({ paths });
      const { entries } = record;
      rmSync(join(folder, 'sub'), { recursive: true });
      run({ paths });
      mkdirSync(join(folder, 'sub'));
      settle();
      expect([isInSync(), ...codes()]).to.deep.equal([false, 'PP_MANIFEST_EMPTY']);
      expect(record.entries).to.equal(entries);
      write('sub/a.yaml', 'a: [');
      settle();
      expect([isInSync(), value('a'), ...codes()]).to.deep.equal([true, 'one', 'PP_MANIFEST_SYNTAX']);
    });

    it('is written when files change, and not otherwise', () => {
      write('a.yaml', namespace('a'));
      run();
      expect(record.saves).to.equal(1);
      settle();
      expect(record.saves).to.equal(1);
      write('a.yaml', namespace('a', 'y'));
      settle();
      expect(record.saves).to.equal(2);
      rmSync(join(folder, 'a.yaml'));
      settle();
      expect([record.saves, record.entries.size]).to.deep.equal([3, 0]);
    });

    it('is told of when it cannot be read or written, and written again until it can', () => {
      write('a.yaml', namespace('a'));
      record.problem$.next(new CoreError('PP_RECORD_UNWRITABLE', 'no room'));
      run();
      expect([isInSync(), ...codes()]).to.deep.equal([true, 'PP_RECORD_UNWRITABLE']);
      const { saves } = record;
      settle();
      expect(record.saves).to.be.greaterThan(saves);
      record.problem$.next(undefined);
      expect(codes()).to.deep.equal([]);
    });

    it('is of no use where another source has written it, which is told until it is written anew', () => {
      record.entries = new Map([['NetworkPolicy/a/b', '{"kind":"NetworkPolicy"}']]);
      write('a.yaml', 'a: [');
      run();
      expect([isInSync(), ...codes()]).to.deep.equal([false, 'PP_MANIFEST_SYNTAX', 'PP_RECORD_UNTRUSTED']);
    });
  });

  it('says where an object and its fields stand', () => {
    write('a.yaml', `# comment\n${namespace('a')}---\n${namespace('b')}`);
    start();
    const object = { apiVersion: 'v1', kind: 'Namespace', name: 'b' };
    const file = join(folder, 'a.yaml');
    expect(source.locate(object, '')).to.deep.equal({ file, line: 9 });
    expect(source.locate(object, 'metadata.labels.value')).to.deep.equal({ file, line: 14 });
    expect(source.locate(object, 'metadata.labels.absent')).to.deep.equal({ file, line: 13 });
    expect(source.locate({ ...object, name: 'c' }, '')).to.equal(undefined);
  });

  it('is told of changes by the kernel, without waiting for the next poll', async () => {
    write('a.yaml', namespace('a'));
    source = new ManifestSource({ paths: [folder], watch: true, pollSeconds: 3600, settleMilliseconds: 5 });
    subscription = source.batches$.subscribe((batch) => batches.push(batch));
    const found = firstValueFrom(
      source.batches$.pipe(
        filter(({ changes }) => changes.some((change) => change.op === 'put' && change.resource.metadata.name === 'b')),
      ),
    );
    write('sub/b.yaml', namespace('b'));
    await found;
  });

  it('always holds what the last good contents define, whatever happens to the files', function () {
    this.timeout(60_000);
    const file = fc.constantFrom('a.yaml', 'b.yaml', 'sub/c.yaml');
    const content = fc
      .uniqueArray(fc.tuple(fc.constantFrom('n1', 'n2', 'n3', 'n4'), fc.constantFrom('x', 'z')), {
        minLength: 1,
        selector: ([name]) => name,
      })
      .map((objects) => objects.map(([name, label]) => namespace(name, label)).join('---\n'));
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), file, content }),
      fc.record({ do: fc.constant('break' as const), file }),
      fc.record({ do: fc.constant('delete' as const), file }),
      fc.record({ do: fc.constant('truncate' as const), file, share: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
      fc.record({ do: fc.constant('rename' as const), file, to: file }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        batches = [];
        scheduler = new VirtualTimeScheduler();
        start();
        /** What is on disk, and what of it counts. */
        const disk = new Map<string, string>();
        const good = new Map<string, string>();
        const put = (name: string, text: string): void => {
          disk.set(name, text);
          write(name, text);
          const isWhole = loadManifests(text, name).problems.length === 0 && /\n$/.test(text);
          if (isWhole) good.set(name, text);
        };
        for (const action of steps) {
          const before = disk.get(action.file);
          if (action.do === 'write') put(action.file, action.content);
          else if (action.do === 'break') put(action.file, 'kind: [\n');
          else if (action.do === 'truncate' && before !== undefined) {
            // Cut within a line: at a line's end a shorter file may be meant.
            const cut = Math.floor(before.length * action.share);
            put(action.file, before[cut - 1] === '\n' ? before.slice(0, cut - 1) : before.slice(0, cut));
          } else if (action.do === 'delete' && before !== undefined) {
            rmSync(join(folder, action.file));
            disk.delete(action.file);
            good.delete(action.file);
          } else if (action.do === 'rename' && before !== undefined && action.to !== action.file) {
            rmSync(join(folder, action.file));
            disk.delete(action.file);
            good.delete(action.file);
            put(action.to, before);
          }
          settle();
          const expected: Record<string, Resource> = {};
          for (const name of [...good.keys()].sort()) {
            for (const { resource } of loadManifests(good.get(name) ?? '', name).resources) {
              expected[keyOfResource(resource)] = resource;
            }
          }
          expect(state()).to.deep.equal(expected);
        }
        subscription?.unsubscribe();
      }),
      { numRuns: 60 },
    );
  });
});
