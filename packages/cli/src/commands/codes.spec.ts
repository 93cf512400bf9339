import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, ROOT } from '../testing/polyplane-process';

const THIRD_PARTY = './packages/cli/src/testing/third-party-backend.ts';

describe('polyplane codes', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  it('lists the codes of every package and backend, sorted, one a line', async () => {
    const { exitCode, stdout, stderr } = await polyplane(['codes']);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    const [heading, ...lines] = stdout.trimEnd().split('\n');
    expect(heading).to.match(/^CODE +KIND +MEANING$/);
    const codes = lines.map((line) => line.split(' ')[0] ?? '');
    expect(codes).to.include.members([
      'PP_OBJECT_INVALID',
      'PP_TESTBED_UNSUPPORTED',
      'PP_CLI_USAGE',
      'PP_IPTABLES_UNUSABLE',
    ]);
    expect(codes).to.deep.equal([...codes].sort());
  });

  it('explains one, whatever its case', async () => {
    const { exitCode, stdout } = await polyplaneInProcess(['codes', 'pp_plan_stale']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^PP_PLAN_STALE \(error\)\n {2}\S.*\n {2}What to do: \S.*\n$/);
  });

  it('explains one as JSON', async () => {
    const { stdout } = await polyplaneInProcess(['codes', 'PP_CLI_USAGE', '-o', 'json']);
    expect(JSON.parse(stdout)).to.have.all.keys('code', 'kind', 'meaning', 'remedy');
  });

  it('knows those of a third party’s backend', async () => {
    const { exitCode, stdout } = await polyplaneInProcess(['codes', '--backend-module', THIRD_PARTY, '-o', 'json']);
    expect(exitCode).to.equal(0);
    const codes = (JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code);
    expect(codes.filter((code) => code.startsWith('PP_FAKE_'))).not.to.deep.equal([]);
  });

  it('ends with 2 for a code that nobody has, naming near ones', async () => {
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['codes', 'PP_PLAN_STAL']);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
    expect(stderr).to.match(/^error: no code is named PP_PLAN_STAL; near: PP_PLAN_STALE$/m);
  });

  it('ends with 2 for a module that is not there, or exports no backend', async () => {
    const absent = await polyplaneInProcess(['codes', '--backend-module', './none.js']);
    expect(absent.exitCode).to.equal(2);
    expect(absent.stderr).to.match(/^error: module \.\/none\.js cannot be loaded: /m);
    const other = await polyplaneInProcess(['codes', '--backend-module', 'yaml']);
    expect(other.exitCode).to.equal(2);
    expect(other.stderr).to.match(/^error: module yaml exports no ContainerModule$/m);
  });

  it('explains every code that stands in the sources of any package', async () => {
    const { stdout } = await polyplaneInProcess(['codes', '-o', 'json']);
    const known = new Set((JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code));
    const named = new Map<string, string>();
    for (const file of globSources()) {
      for (const [, code = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/'(PP_[A-Z0-9_]+)'/g))
        named.set(code, file);
    }
    expect(named.size).to.be.greaterThan(50);
    expect([...named].filter(([code]) => !known.has(code))).to.deep.equal([]);
  });
});

/** What ships: no specs, and nothing for tests. */
function globSources(): readonly string[] {
  return readdirSync(join(ROOT, 'packages'), { withFileTypes: true })
    .map(({ name }) => join('packages', name, 'src'))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => /\.ts$/.test(file) && !/\.spec\.ts$|\/testing\//.test(file));
}
