import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { readTestbedObstacle, skipIf } from '@polyplane/conformance';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, type Run, userObstacle } from '../testing/polyplane-process';

const NOBODY = 65534;

describe('polyplane render', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  function shop(backend: string, ...options: readonly string[]): Promise<Run> {
    return polyplane(['render', '-f', 'examples/shop', '--node', 'node-1', '--backend', backend, ...options]);
  }

  it('prints what iptables would be given on an empty host, to anybody', async () => {
    const args = ['render', '-f', 'examples/shop', '--node', 'node-1', '--backend', 'iptables'];
    const { exitCode, stdout, stderr } = await polyplane(args, userObstacle === undefined ? { uid: NOBODY } : {});
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^create \S+ hash:net family inet/m);
    expect(stdout)
      .to.match(/^\*filter$/m)
      .and.match(/^\*nat$/m)
      .and.match(/^COMMIT$/m);
    expect(stdout).to.match(/ 10\.96\.2\.10(\/32)? /);
  });

  it('prints the same for the same manifests', async () => {
    const [first, second] = await Promise.all([shop('iptables'), shop('iptables')]);
    expect(first.stdout).to.equal(second.stdout);
  });

  it('prints what the simulator would hold', async () => {
    const { exitCode, stdout } = await shop('simulator');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^put workload\/\S*frontend-1 \{/m);
  });

  it('prints text that iptables-restore takes', async function () {
    skipIf(this, readTestbedObstacle());
    const { stdout } = await shop('iptables');
    const rules = /^# iptables-restore --noflush\n([\s\S]*?)(?=^# )/m.exec(`${stdout}# end\n`)?.[1] ?? '';
    const sets = /^# ipset restore\n([\s\S]*?)(?=^# )/m.exec(stdout)?.[1] ?? '';
    expect(rules).to.match(/^\*filter$/m);
    // In a network namespace of its own, gone with the process.
    const script = 'ipset restore <<< "$SETS" && iptables-nft-restore --noflush <<< "$RULES" && iptables-nft-save';
    const args = ['--net', 'bash', '-c', script];
    const saved = execFileSync('unshare', args, {
      env: { ...process.env, SETS: sets, RULES: rules },
      encoding: 'utf8',
    });
    expect(saved).to.match(/10\.96\.2\.10/);
  });

  it('ends with 2 for a backend that has no such view, and for one that nobody has', async () => {
    const module = './packages/cli/src/testing/third-party-backend.ts';
    const third = await shop('third-party', '--backend-module', module);
    expect(third).to.include({ exitCode: 2, stdout: '' });
    expect(third.stderr).to.match(/\(PP_CLI_NOT_RENDERABLE\)$/m);
    const unknown = await shop('iptable');
    expect(unknown).to.include({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).to.match(/no backend is named "iptable"; there is .*iptables/);
  });

  it('ends with 2 for a node that is not there', async () => {
    const args = ['render', '-f', 'examples/shop', '--node', 'node-4', '--backend', 'iptables'];
    const { exitCode, stdout, stderr } = await polyplane(args);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
    expect(stderr).to.match(/^error: no node is named node-4; near: node-1, node-2, node-3$/m);
  });
});
