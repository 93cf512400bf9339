// What scripts and CI rely on: the closing line, and that no test is skipped in CI without a reason.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const ROOT = join(__dirname, '..');

describe('the test reporter', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polyplane-reporter-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('closes with the counts and leaves the exit code to mocha', async () => {
    const run = await runMocha("it('a'); it('b', () => {}); it('c', () => {}); it('d', () => { throw new Error(); });");
    expect(run).to.deep.equal({ lastLine: '2 passed, 1 failed, 1 skipped', exitCode: 1 });
  });

  it('lets a skip pass outside of CI', async () => {
    const run = await runMocha("it('a', () => {}); it('b', function () { this.skip(); });");
    expect(run).to.deep.equal({ lastLine: '1 passed, 0 failed, 1 skipped', exitCode: 0 });
  });

  it('fails in CI for a skip that nobody allowed', async () => {
    const run = await runMocha("it('a', () => {}); it('b', function () { this.skip(); });", { CI: 'true' });
    expect(run).to.deep.equal({ lastLine: '1 passed, 1 failed, 0 skipped', exitCode: 1 });
  });

  it('fails in CI for tests whose hook skips them', async () => {
    const suite =
      "describe('s', () => { before(function () { this.skip(); }); it('a', () => {}); it('b', () => {}); });";
    expect(await runMocha(suite, { CI: 'true' })).to.deep.equal({
      lastLine: '0 passed, 2 failed, 0 skipped',
      exitCode: 2,
    });
  });

  it('lets a skip with a reason pass in CI', async () => {
    const allowed = [{ title: '^s b$', reason: 'this kernel has no such thing' }];
    const run = await runMocha("describe('s', () => { it('b'); });", { CI: 'true' }, allowed);
    expect(run).to.deep.equal({ lastLine: '0 passed, 0 failed, 1 skipped', exitCode: 0 });
  });

  async function runMocha(
    tests: string,
    environment: Readonly<Record<string, string>> = {},
    allowedSkips: readonly { readonly title: string; readonly reason: string }[] = [],
  ): Promise<{ readonly lastLine: string; readonly exitCode: number }> {
    const spec = join(folder, 'some.spec.cjs');
    const allowed = join(folder, 'allowed-skips.json');
    await writeFile(spec, tests);
    await writeFile(allowed, JSON.stringify(allowedSkips));
    const { CI: _, ...inherited } = process.env;
    const mocha = spawn(join(ROOT, 'node_modules/.bin/mocha'), [spec, '--reporter-option', `allowedSkips=${allowed}`], {
      cwd: ROOT,
      env: { ...inherited, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<number>((resolve) => mocha.once('close', (code) => resolve(code ?? -1)));
    const output = await text(mocha.stdout);
    return { lastLine: output.trimEnd().split('\n').at(-1) ?? '', exitCode: await exited };
  }
});
