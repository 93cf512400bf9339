/** Every example runs as it stands, as a process of its own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { readTestbedObstacle, skipIf } from '@polyplane/conformance';

/** Nobody, who may not touch the network. */
const NOBODY = 65534;
const userObstacle = process.getuid?.() === 0 ? undefined : 'only root can run it as somebody else';

describe('the examples', function () {
  // Each transpiles itself at its start, and the machine may be busy.
  this.timeout(120_000);

  describe('demo.ts', () => {
    it('finds no difference between real packets and the simulator, and leaves nothing behind', async function () {
      skipIf(this, readTestbedObstacle());
      const { exitCode, stdout, stderr } = await run('demo.ts');
      expect(stderr).to.equal('');
      expect(stdout).to.match(/^✓ \d{4} flows of \d{4} pairs did what the simulator says\.$/m);
      expect(stdout).to.match(/^✓ Nothing is left on this machine/m);
      expect(stdout).to.include('● -> ·  from orders-1 to ');
      expect(stdout).to.include('× -> ●  from frontend-1, node-1 to recommendations');
      expect(exitCode).to.equal(0);
    });

    it('shows the simulator alone to those who may not make networks', async function () {
      skipIf(this, userObstacle);
      const { exitCode, stdout, stderr } = await run('demo.ts', { uid: NOBODY });
      expect(stderr).to.equal('');
      expect(stdout.match(/^No real packets, the simulator alone: .*root$/gm)).to.have.length(1);
      expect(stdout)
        .to.match(/^ +simulator$/m)
        .and.not.match(/real packets +simulator/);
      expect(exitCode).to.equal(0);
    });
  });

  it('vpp-api.ts lists the interfaces of a VPP, of a fake one where none is named', async () => {
    const { exitCode, stdout, stderr } = await run('vpp-api.ts');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    if (process.env.VPP_API_SOCKET === undefined) expect(stdout).to.equal('0 local0 down\n1 host-eth0 up\n');
  });

  describe('custom-node-agent.ts', () => {
    const streams = ['services$: 11 service ports', 'endpoints$: 10 endpoints of this node', 'policies$: 16 policies'];

    it('puts the shop in force through iptables, in a network of its own', async function () {
      skipIf(this, readTestbedObstacle());
      const { exitCode, stdout, stderr } = await run('custom-node-agent.ts');
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
      expect(stdout.split('\n')).to.include.members([...streams, 'revision 1 is in force through iptables']);
    });

    it('uses the simulator without root, and says so', async function () {
      skipIf(this, userObstacle);
      const { exitCode, stdout } = await run('custom-node-agent.ts', { uid: NOBODY });
      expect(exitCode).to.equal(0);
      expect(stdout.split('\n')).to.include.members([...streams, 'revision 1 is in force through simulator']);
    });

    it('is under 40 lines', () => {
      const lines = readFileSync(join(__dirname, 'custom-node-agent.ts'), 'utf8').trimEnd().split('\n');
      expect(lines.length).to.be.below(40);
    });
  });

  it('smallest-agent.ts puts the shop in force in a simulated dataplane', async () => {
    const { exitCode, stdout, stderr } = await run('smallest-agent.ts');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^revision 1 is in force through simulator$/m);
  });

  describe('other-backend/', () => {
    it('is the same agent on the simulator', async () => {
      const { stdout } = await run('other-backend/agent.ts', { args: [inOtherBackend('simulator.yaml')] });
      expect(stdout).to.equal('node-1: revision 1 is in force through simulator\n');
    });

    it('is the same agent on iptables', async function () {
      skipIf(this, readTestbedObstacle());
      const options = { args: [inOtherBackend('iptables.yaml')], isAlone: true };
      expect((await run('other-backend/agent.ts', options)).stdout).to.equal(
        'node-1: revision 1 is in force through iptables\n',
      );
    });

    it('says why it cannot run on a backend that this machine lacks', async () => {
      const { exitCode, stdout } = await run('other-backend/agent.ts', { args: [inOtherBackend('vpp.yaml')] });
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/^node-1: PP_BACKEND_UNUSABLE: backend vpp cannot run here: /);
    });
  });
});

interface RunOptions {
  readonly args?: readonly string[];
  readonly uid?: number;
  /** In a network namespace of its own, which is gone with it. */
  readonly isAlone?: boolean;
}

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With the options of this process, so that what is tested (sources or built packages) is what is run. */
async function run(file: string, { args = [], uid, isAlone }: RunOptions = {}): Promise<Run> {
  const register = join(__dirname, '..', 'scripts', 'register.cjs');
  const { FORCE_COLOR: _, ...environment } = process.env;
  const command = [process.execPath, ...process.execArgv, '-r', register, join(__dirname, file), ...args];
  const [program = '', ...rest] = isAlone === true ? ['unshare', '--net', ...command] : command;
  const child = spawn(program, rest, {
    env: { ...environment, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

function inOtherBackend(file: string): string {
  return join(__dirname, 'other-backend', file);
}
