import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skipIf } from '@polyplane/conformance';
import { polyplaneInProcess } from '../testing/polyplane-in-process';

describe('polyplane completion', function () {
  this.timeout(20_000);

  async function script(shell: string): Promise<string> {
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['completion', shell]);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    return stdout;
  }

  /** What bash offers for the last word of a line. */
  async function complete(...line: readonly string[]): Promise<readonly string[]> {
    const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _polyplane; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = `${await script('bash')}\n${ask}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', text, 'bash', 'polyplane', ...line], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return stdout.trim().split('\n');
  }

  it('completes commands, options, backends, formats, suites and codes in bash', async () => {
    expect(await complete('tr')).to.deep.equal(['trace']);
    expect(await complete('')).to.include.members(['run', 'check', 'trace', 'render', 'test', 'status', 'codes']);
    expect(await complete('trace', '--fr')).to.deep.equal(['--from']);
    expect(await complete('render', '--backend', 'ipt')).to.deep.equal(['iptables']);
    expect(await complete('test', '-o', 'jun')).to.deep.equal(['junit']);
    expect(await complete('test', 'e2e-netp')).to.deep.equal(['e2e-netpol']);
    expect(await complete('codes', 'PP_CLI_USA')).to.deep.equal(['PP_CLI_USAGE']);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`is a script that ${shell} takes`, async function () {
      const text = await script(shell);
      skipIf(this, spawnSync(shell, ['--version']).error === undefined ? undefined : `no ${shell} on this machine`);
      const folder = mkdtempSync(join(tmpdir(), 'polyplane-completion-'));
      try {
        const file = join(folder, shell);
        writeFileSync(file, text);
        expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).to.include({ status: 0, stderr: '' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('ends with 2 for another shell, naming those that there are', async () => {
    const { exitCode, stderr } = await polyplaneInProcess(['completion', 'csh']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(/bash, zsh, fish/);
  });
});
