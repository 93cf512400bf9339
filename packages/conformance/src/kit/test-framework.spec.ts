import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { testFramework } from './test-framework';

const ROOT = join(__dirname, '..', '..', '..', '..');
const FILE = join(__dirname, 'testing', 'kit-under-node-test.ts');

/** The counts that `node:test` closes with. */
function runUnderNodeTest(...args: readonly string[]): Record<string, number> {
  const options = ['--conditions=@polyplane/source', '-r', './scripts/register.cjs', '--test-reporter=tap'];
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, [...options, FILE, ...args], { cwd: ROOT, env, encoding: 'utf8' });
  const counts = stdout.matchAll(/^# (pass|fail|skipped) (\d+)$/gm);
  return Object.fromEntries(Array.from(counts, ([, what, count]) => [what ?? '', Number(count)]));
}

describe('the framework of the kit', () => {
  it('is the one that is handed in, else the one whose functions are global', () => {
    const given = { describe, it: () => undefined };
    expect(testFramework(given)).to.equal(given);
    expect(testFramework().it).to.equal(it);
  });

  it('may be node:test, whose functions are nowhere global', () => {
    const { pass, fail } = runUnderNodeTest();
    expect(fail).to.equal(0);
    expect(pass).to.be.above(20);
  }).timeout(60_000);

  it('fails under node:test what fails', () => {
    expect(runUnderNodeTest('idle').fail).to.be.above(5);
  }).timeout(60_000);
});
