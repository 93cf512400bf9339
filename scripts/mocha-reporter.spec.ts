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
    expect(run).to.include({ lastLine: '2 passed, 1 failed, 1 skipped', exitCode: 1 });
  });

  it('lets a skip pass outside of CI', async () => {
    const run = await runMocha("it('a', () => {}); it('b', function () { this.skip(); });");
    expect(run).to.include({ lastLine: '1 passed, 0 failed, 1 skipped', exitCode: 0 });
  });

  it('tells for which reasons tests were skipped, and how many for each', async () => {
    const { output } = await runMocha(`
      const { describeUnless, skipIf } = require(${JSON.stringify(join(ROOT, 'packages/conformance/src/kit/skip.ts'))});
      it('a', function () { skipIf(this, 'needs root (or more)'); });
      describeUnless('no network', 's', () => { it('b', () => {}); describe('t', () => { it('c', () => {}); }); });
      it('d');`);
    expect(output).to.match(/^ {2}1 skipped: needs root \(or more\)$/m);
    expect(output).to.match(/^ {2}2 skipped: no network$/m);
    expect(output).to.match(/^ {2}1 skipped: for no reason that is told$/m);
  });

  it('fails in CI for a skip that nobody allowed', async () => {
    const run = await runMocha("it('a', () => {}); it('b', function () { this.skip(); });", { CI: 'true' });
    expect(run).to.include({ lastLine: '1 passed, 1 failed, 0 skipped', exitCode: 1 });
  });

  it('fails in CI for tests whose hook skips them', async () => {
    const suite =
      "describe('s', () => { before(function () { this.skip(); }); it('a', () => {}); it('b', () => {}); });";
    expect(await runMocha(suite, { CI: 'true' })).to.include({
      lastLine: '0 passed, 2 failed, 0 skipped',
      exitCode: 2,
    });
  });

  it('lets a skip pass in CI for the reason that is allowed, and for no other and none', async () => {
    const allowed = [{ title: '^s b ', reason: 'no such thing', because: 'it is checked elsewhere' }];
    const titles = [
      'b (skipped: no such thing)',
      'b (skipped: no such thing here)',
      'b ',
      'c (skipped: no such thing)',
    ];
    const suite = `describe('s', () => { for (const title of ${JSON.stringify(titles)}) it(title); });`;
    const run = await runMocha(suite, { CI: 'true' }, allowed);
    expect(run).to.include({ lastLine: '0 passed, 3 failed, 1 skipped', exitCode: 3 });
    expect(run.output).not.to.include('unexpected skip: s b (skipped: no such thing) ');
  });

  async function runMocha(
    tests: string,
    environment: Readonly<Record<string, string>> = {},
    allowedSkips: readonly { readonly title: string; readonly reason: string; readonly because: string }[] = [],
  ): Promise<{ readonly output: string; readonly lastLine: string; readonly exitCode: number }> {
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
    return { output, lastLine: output.trimEnd().split('\n').at(-1) ?? '', exitCode: await exited };
  }
});
