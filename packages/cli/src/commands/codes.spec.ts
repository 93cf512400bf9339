import { expect } from 'chai';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane } from '../testing/polyplane-process';

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
    const { exitCode, stdout } = await polyplane(['codes', 'pp_plan_stale']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^PP_PLAN_STALE \(error\)\n {2}\S.*\n {2}What to do: \S.*\n$/);
  });

  it('explains one as JSON', async () => {
    const { stdout } = await polyplane(['codes', 'PP_CLI_USAGE', '-o', 'json']);
    expect(JSON.parse(stdout)).to.have.all.keys('code', 'kind', 'meaning', 'remedy');
  });

  it('knows those of a third party’s backend', async () => {
    const { exitCode, stdout } = await polyplane(['codes', '--backend-module', THIRD_PARTY, '-o', 'json']);
    expect(exitCode).to.equal(0);
    const codes = (JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code);
    expect(codes.filter((code) => code.startsWith('PP_FAKE_'))).not.to.deep.equal([]);
  });

  it('ends with 2 for a code that nobody has, naming near ones', async () => {
    const { exitCode, stdout, stderr } = await polyplane(['codes', 'PP_PLAN_STAL']);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
    expect(stderr).to.match(/^error: no code is named PP_PLAN_STAL; near: PP_PLAN_STALE$/m);
  });

  it('ends with 2 for a module that is not there, or exports no backend', async () => {
    const absent = await polyplane(['codes', '--backend-module', './none.js']);
    expect(absent.exitCode).to.equal(2);
    expect(absent.stderr).to.match(/^error: module \.\/none\.js cannot be loaded: /m);
    const other = await polyplane(['codes', '--backend-module', 'yaml']);
    expect(other.exitCode).to.equal(2);
    expect(other.stderr).to.match(/^error: module yaml exports no ContainerModule$/m);
  });
});
