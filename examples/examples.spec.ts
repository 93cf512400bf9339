/** Every example runs as it stands, as a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { readTestbedObstacle } from '@polyplane/conformance';

/** Nobody, who may not touch the network. */
const NOBODY = 65534;

describe('the examples', function () {
  // Each transpiles itself at its start, and the machine may be busy.
  this.timeout(120_000);

  describe('demo.ts', () => {
    it('finds no difference between real packets and the simulator, and leaves nothing behind', async function () {
      if (readTestbedObstacle() !== undefined) this.skip();
      const { exitCode, stdout, stderr } = await run('demo.ts');
      expect(stderr).to.equal('');
      expect(stdout).to.match(/^✓ \d{4} flows of \d{4} pairs did what the simulator says\.$/m);
      expect(stdout).to.match(/^✓ Nothing is left on this machine/m);
      expect(stdout).to.include('● -> ·  from orders-1 to ');
      expect(stdout).to.include('× -> ●  from frontend-1, node-1 to recommendations');
      expect(exitCode).to.equal(0);
    });

    it('shows the simulator alone to those who may not make networks', async function () {
      if (process.getuid?.() !== 0) this.skip();
      const { exitCode, stdout, stderr } = await run('demo.ts', { uid: NOBODY });
      expect(stderr).to.equal('');
      expect(stdout.match(/^No real packets, the simulator alone: .*root$/gm)).to.have.length(1);
      expect(stdout)
        .to.match(/^ +simulator$/m)
        .and.not.match(/real packets +simulator/);
      expect(exitCode).to.equal(0);
    });
  });
});

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With the options of this process, so that what is tested (sources or built packages) is what is run. */
async function run(file: string, { uid }: { readonly uid?: number } = {}): Promise<Run> {
  const register = join(__dirname, '..', 'scripts', 'register.cjs');
  const { FORCE_COLOR: _, ...environment } = process.env;
  const child = spawn(process.execPath, [...process.execArgv, '-r', register, join(__dirname, file)], {
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
