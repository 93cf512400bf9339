import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTestbedObstacle, type SuitesReport, skipIf } from '@polyplane/conformance';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, ROOT } from '../testing/polyplane-process';

const SUITES = ['e2e-netpol', 'kube-proxy', 'cluster-network-policy'];
const MORTAL = ['--backend-module', './packages/cli/src/testing/mortal-backend.ts', '--backend', 'mortal'];
const NOBODY = 65534;

describe('runInWorkers', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-workers-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A folder of suites, one a node, in the order of their names. */
  function writeSuites(name: string, nodes: readonly string[]): string {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [index, node] of nodes.entries()) {
      writeFileSync(
        join(path, `${index}.yaml`),
        `id: suite-${index}
node: ${node}
manifests:
- {apiVersion: v1, kind: Node, metadata: {name: ${node}}, status: {addresses: [{type: InternalIP, address: 172.30.0.1}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: d}, spec: {nodeName: ${node}}, status: {podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: q, namespace: d}, spec: {nodeName: ${node}}, status: {podIP: 10.0.0.2}}
probes:
- {name: p to q, from: {pod: d/p}, to: {pod: d/q, port: 80}, expect: {verdict: allow}}
`,
      );
    }
    return path;
  }

  it('gives the same report in the same order, whatever the number of workers', async () => {
    const args = ['test', ...SUITES, '-o', 'json', '--jobs'];
    const alone = await polyplaneInProcess([...args, '1']);
    expect(alone).to.deep.include({ exitCode: 0, stderr: '1463 passed, 0 failed, 0 skipped\n' });
    for (const jobs of ['2', '5']) expect(await polyplane([...args, jobs])).to.deep.equal(alone);
  });

  it('fails a suite whose worker is ended, and runs all others', async function () {
    skipIf(this, readTestbedObstacle());
    const nodes = ['deadly', 'n1', 'n2', 'n3', 'n4', 'n5', 'deadly', 'n7'];
    const suites = writeSuites('mortal', nodes);
    const { exitCode, stdout, stderr } = await polyplane(['test', suites, ...MORTAL, '-j', '2', '-o', 'json']);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 1, stderr: '6 passed, 2 failed, 0 skipped\n' });
    const { suites: reports } = JSON.parse(stdout) as SuitesReport;
    expect(reports.map(({ id }) => id)).to.deep.equal(nodes.map((_, index) => `suite-${index}`));
    expect(reports.map(({ probes }) => probes.map(({ result }) => result))).to.deep.equal(
      nodes.map((node) => [node === 'deadly' ? 'fail' : 'pass']),
    );
    expect(reports[0]).to.deep.equal({
      id: 'suite-0',
      backend: 'mortal',
      probes: [
        {
          name: 'the suite as a whole',
          result: 'fail',
          expected: 'to be run',
          got: '',
          reason: 'PP_CLI_WORKER_ENDED: the worker was ended by SIGKILL while it ran this suite',
        },
      ],
    });
  });

  it('reports once, and as without workers, that this host cannot run the dataplane', async function () {
    skipIf(this, process.getuid?.() === 0 ? undefined : 'only root can become another user');
    const args = ['test', 'e2e-netpol', '--backend', 'iptables', '--jobs'];
    const [one, two] = await Promise.all(['1', '2'].map((jobs) => polyplane([...args, jobs], { uid: NOBODY })));
    expect(one).to.deep.include({ exitCode: 3, stdout: '' });
    expect(one?.stderr).to.match(/\(PP_TESTBED_UNSUPPORTED\)$/m);
    expect(two).to.deep.equal(one);
  });

  it('ends with 3 when no worker can begin, and says how it ended', async () => {
    const module = join(folder, 'unwilling.cjs');
    const loads = `require(${JSON.stringify(join(ROOT, 'packages/cli/src/testing/third-party-backend.ts'))})`;
    writeFileSync(module, `if (process.send !== undefined) process.exit(7);\nmodule.exports = ${loads};\n`);
    const { exitCode, stdout, stderr } = await polyplane(['test', ...SUITES, '--backend-module', module, '-j', '2']);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr).to.match(/^error: a worker was ended by exit code 7 before it took a suite$/m);
    expect(stderr).to.match(/\(PP_CLI_WORKER_ENDED\)$/m);
  });

  for (const variant of ['nft', 'legacy'] as const) {
    it(`runs iptables (${variant}) in several namespaces at once without one disturbing the other`, async function () {
      skipIf(this, readTestbedObstacle());
      const args = ['test', 'e2e-netpol', '--backend', 'iptables', '-j', '3', '-o', 'json'];
      const { exitCode, stderr } = await polyplane(args, { environment: { PATH: onlyVariant(variant) } });
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '1368 passed, 0 failed, 0 skipped\n' });
    });
  }

  /** A search path on which the other variant of iptables does not work. */
  function onlyVariant(variant: 'nft' | 'legacy'): string {
    const path = join(folder, variant);
    mkdirSync(path);
    const other = variant === 'nft' ? 'legacy' : 'nft';
    writeFileSync(join(path, `iptables-${other}-save`), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    return `${path}:${process.env.PATH}`;
  }
});
