import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeUnless, readTestbedObstacle, skipIf } from '@polyplane/conformance';
import { SILENT_LOGGER } from '@polyplane/core';
import type { CleanUp } from '../clean-up';
import { computeNode, readCluster } from '../cluster';
import { EXAMPLES } from '../examples';
import { KEPT_BACKEND } from '../testing/kept-backend';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import {
  PROCESS_TIMEOUT_MILLISECONDS,
  polyplane,
  ROOT,
  type Run,
  start,
  userObstacle,
} from '../testing/polyplane-process';
import { ScratchNamespace } from '../testing/scratch-namespace';
import { readNamespaceNetwork } from '../testing/traces';

const KEPT = ['--backend', 'kept', '--backend-module', './packages/cli/src/testing/kept-backend.ts'];
const NOBODY = 65534;

function outcomesOf({ stdout }: Run): readonly CleanUp[] {
  return (JSON.parse(stdout) as { readonly backends: readonly CleanUp[] }).backends;
}

describe('polyplane cleanup', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  async function putShopInForce(): Promise<number> {
    const desired = computeNode(await readCluster({ filename: [join(ROOT, 'examples/shop')] }), 'node-1');
    const session = await KEPT_BACKEND.open({ nodeName: 'node-1', logger: SILENT_LOGGER });
    await session.apply(session.plan(desired.toTransition(1, true)));
    await session.release('leave');
    return KEPT_BACKEND.target.read().size;
  }

  const cleanup = (...args: readonly string[]): Promise<Run> => polyplaneInProcess(['cleanup', ...args]);

  beforeEach(() => KEPT_BACKEND.target.clear());
  afterEach(() => KEPT_BACKEND.faults.clear());

  it('removes what is there, and says what it was', async () => {
    const lines = await putShopInForce();
    const { exitCode, stdout, stderr } = await cleanup(...KEPT);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(new RegExp(`^BACKEND +WAS HERE +OUTCOME\\nkept +${lines} lines of objects +removed\\n$`));
    expect(KEPT_BACKEND.target.read().size).to.equal(0);
    const again = await cleanup(...KEPT, '-o', 'json');
    expect(again.exitCode).to.equal(0);
    expect(outcomesOf(again)).to.deep.equal([{ backend: 'kept', outcome: 'nothing' }]);
  });

  it('removes nothing where it is only asked', async () => {
    const lines = await putShopInForce();
    const run = await cleanup(...KEPT, '--dry-run', '-o', 'json');
    expect(run.exitCode).to.equal(0);
    expect(outcomesOf(run)).to.deep.equal([
      { backend: 'kept', outcome: 'wouldBeRemoved', parts: [{ name: 'objects', lines }] },
    ]);
    expect(KEPT_BACKEND.target.read().size).to.equal(lines);
  });

  it('ends with 3 where something stays, and says what', async () => {
    const lines = await putShopInForce();
    const { removeTraces } = KEPT_BACKEND;
    KEPT_BACKEND.removeTraces = async () => undefined;
    try {
      const run = await cleanup(...KEPT, '-o', 'json');
      expect(run.exitCode).to.equal(3);
      expect(outcomesOf(run)).to.deep.equal([
        {
          backend: 'kept',
          outcome: 'failed',
          code: 'PP_CLI_TRACES_LEFT',
          message: `something stays: ${lines} lines of objects`,
        },
      ]);
      expect(run.stderr).to.match(/^error: kept: something stays: .*\n.*\(PP_CLI_TRACES_LEFT\)\n$/);
    } finally {
      KEPT_BACKEND.removeTraces = removeTraces;
    }
  });

  it('ends with 2 for a backend that nobody has', async () => {
    const run = await cleanup('--backend', 'iptable');
    expect(run).to.include({ exitCode: 2, stdout: '' });
    expect(run.stderr).to.match(/no backend is named "iptable"; there is .*iptables/);
  });

  it('ends with 3 in one line where it needs root', async function () {
    skipIf(this, userObstacle);
    const { exitCode, stdout, stderr } = await polyplane(['cleanup'], { uid: NOBODY });
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr.split('\n')[0]).to.equal(
      'error: polyplane cleanup needs root: run it with sudo, or in a container that may program the network',
    );
  });

  describeUnless(readTestbedObstacle(), 'in the kernel', () => {
    let namespace: ScratchNamespace;
    let folder: string;
    beforeEach(() => {
      namespace = new ScratchNamespace();
      folder = mkdtempSync(join(tmpdir(), 'polyplane-cleanup-'));
    });
    afterEach(() => {
      namespace.remove();
      rmSync(folder, { recursive: true });
    });

    const inNamespace = (...args: readonly string[]): Promise<Run> =>
      polyplane(['cleanup', ...args, '-o', 'json'], { networkNamespace: namespace.path });

    it('leaves nothing of an agent that has ended, and everything of one that runs, unless it is forced', async () => {
      const config = join(folder, 'agent.yaml');
      writeFileSync(
        config,
        `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [${join(ROOT, 'examples/shop')}]}
stateDirectory: state
backend: iptables
healthAddress: 127.0.0.1:10266
`,
      );
      namespace.run('iptables-nft', '-A', 'FORWARD', '-s', '192.0.2.1', '-j', 'DROP');
      const before = readNamespaceNetwork(namespace.path);
      const agent = start(['run', '--config', config], { networkNamespace: namespace.path });
      const ended = new Promise((resolve) => agent.once('close', resolve));
      try {
        agent.stderr?.resume();
        const ready = await polyplane(['status', '--wait', '60'], { networkNamespace: namespace.path });
        expect(ready.exitCode, ready.stderr).to.equal(0);
        const refused = await inNamespace();
        expect(refused).to.include({ exitCode: 3, stdout: '' });
        expect(refused.stderr).to.match(
          /^error: a node agent of process \d+ .* is at work .*; --force cleans up even so$/m,
        );
        expect(namespace.run('iptables-nft-save')).to.contain('POLYPLANE-FORWARD');
        // The examples of the help.
        const [dryRun = [], onlyIptables = []] = EXAMPLES.cleanup.map((example) => example.split(' ').slice(2));
        const dry = await inNamespace(...dryRun);
        expect(outcomesOf(dry)[0]).to.include({ backend: 'iptables', outcome: 'wouldBeRemoved' });
        const forced = await inNamespace('--force', ...onlyIptables);
        expect(forced.exitCode).to.equal(0);
        expect(forced.stderr).to.match(/^warning: a node agent .*; its next audit puts back what it wants in force$/m);
        expect(outcomesOf(forced)[0]).to.include({ backend: 'iptables', outcome: 'removed' });
      } finally {
        agent.kill('SIGTERM');
        await ended;
      }
      const done = await inNamespace();
      expect(done.exitCode).to.equal(0);
      expect(outcomesOf(done).map(({ backend }) => backend)).to.deep.equal(['iptables', 'ebpf', 'vpp']);
      expect(withoutEmptyTables(readNamespaceNetwork(namespace.path))).to.deep.equal(withoutEmptyTables(before));
    });
  });
});

/** The kernel keeps a table, with the chains of its own, once it was used. */
function withoutEmptyTables(network: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(network).map(([command, text]) => [
      command,
      text
        .split('\n')
        .filter((line) => line.startsWith('-A') || line.includes('POLYPLANE') || command.startsWith('ip'))
        .filter((line) => !/^(\*|:|COMMIT)/.test(line))
        .join('\n'),
    ]),
  );
}
