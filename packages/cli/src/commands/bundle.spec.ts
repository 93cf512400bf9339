import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parseTar } from 'nanotar';
import { readTestbedObstacle, skipIf } from '@polyplane/conformance';
import { EXAMPLES } from '../examples';
import { jsonAnswer, openHttpEndpoint } from '../http-endpoint';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, ROOT, userObstacle } from '../testing/polyplane-process';
import { ScratchNamespace } from '../testing/scratch-namespace';

const KEPT = ['--backend-module', './packages/cli/src/testing/kept-backend.ts'];
const NOBODY = 65534;
const ALWAYS = ['contents.json', 'facts/ebpf.json', 'facts/vpp.json', 'versions.json'];

describe('polyplane bundle', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-bundle-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function namesIn(path: string): readonly string[] {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries
      .flatMap((entry) => (entry.isFile() ? [relative(path, join(entry.parentPath, entry.name))] : []))
      .sort();
  }

  function everythingIn(path: string): string {
    return namesIn(path)
      .map((name) => readFileSync(join(path, name), 'utf8'))
      .join('\n');
  }

  it('has what is asked for, without any secret of the configuration, the status or the environment', async () => {
    const config = join(folder, 'agent.yaml');
    const text = (health: number, metrics: number): string => `# a comment with hunter2
apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [${join(ROOT, 'examples/shop')}]}
backend: kept
backends:
  kept:
    onUnsupported: ignore
    token: hunter2
    tls: {clientKey: hunter2, caCertificate: hunter2}
    url: https://admin:hunter2@10.0.0.1/
    env: [hunter2]
healthAddress: 127.0.0.1:${health}
metricsAddress: 127.0.0.1:${metrics}
`;
    const status = {
      ...{ node: 'node-1', backend: 'kept', profile: 'calico-3.19', featureGates: {}, phase: 'retrying' },
      ...{ isReady: false, wantedRevision: 1, appliedRevision: 0, pendingObjects: 1, lastAudit: null },
      failure: { operation: 'apply', code: 'PP_X', message: 'sent Bearer hunter2hunter2', since: null, failures: 1 },
      ...{ quarantined: [{ key: 'workload/a/b', code: 'PP_Y', message: 'no' }], problems: [], diagnostics: [] },
    };
    const health = await openHttpEndpoint({ host: '127.0.0.1', port: 0 }, { '/status': () => jsonAnswer(status) });
    const metrics = await openHttpEndpoint(
      { host: '127.0.0.1', port: 0 },
      { '/metrics': () => ({ status: 200, contentType: 'text/plain', body: 'up 1\n' }) },
    );
    process.env.POLYPLANE_TEST_SECRET = 'hunter2';
    try {
      writeFileSync(config, text(Number(new URL(health.url).port), Number(new URL(metrics.url).port)));
      const path = join(folder, 'b');
      const { exitCode, stdout } = await polyplaneInProcess(['bundle', '--config', config, ...KEPT, '--out', path]);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: `${path}\n` });
      expect(namesIn(path)).to.include.members([
        ...ALWAYS,
        ...['check.json', 'configuration.yaml', 'diagnostics.json', 'difference.diff', 'facts/kept.json'],
        ...['in-force/kept.txt', 'metrics.txt', 'problems.json', 'status.json'],
      ]);
      expect(everythingIn(path)).not.to.contain('hunter2');
      const configuration = readFileSync(join(path, 'configuration.yaml'), 'utf8');
      expect(configuration).to.contain('token: (left out)').and.to.contain('nodeName: node-1');
      const kept = JSON.parse(readFileSync(join(path, 'status.json'), 'utf8')) as typeof status;
      expect(kept.quarantined).to.deep.equal(status.quarantined);
      expect(readFileSync(join(path, 'metrics.txt'), 'utf8')).to.equal('up 1\n');
      expect(readFileSync(join(path, 'difference.diff'), 'utf8')).to.match(/^\+\+\+ objects \(would be\)$/m);
    } finally {
      delete process.env.POLYPLANE_TEST_SECRET;
      await Promise.all([health.close(), metrics.close()]);
    }
  });

  it('has without an agent, a configuration and root what can be had, and says what is missing and why', async function () {
    skipIf(this, userObstacle);
    const run = await polyplane(['bundle', '--address', '127.0.0.1:9', '--out', '-'], { uid: NOBODY });
    expect(run.exitCode).to.equal(0);
    expect(run.stderr).to.match(/^warning: status\.json is not in it: no node agent answers at 127\.0\.0\.1:9: /m);
    expect(run.stderr).to.match(/^warning: in-force\/iptables\.txt is not in it: what is in force needs root/m);
    expect(run.stderr).not.to.match(/^\s+at /m);
  });

  it('goes on where the configuration cannot be read', async () => {
    const config = join(folder, 'agent.yaml');
    writeFileSync(config, 'apiVersion: polyplane.io/v1alpha1\nkind: Nonsense\npassword: hunter2\n');
    const path = join(folder, 'b');
    const run = await polyplaneInProcess(['bundle', '--config', config, '--address', '127.0.0.1:9', '--out', path]);
    expect(run.exitCode).to.equal(0);
    expect(run.stderr).to.match(/^warning: check\.json is not in it: .*PP_CLI_CONFIG_INVALID\)$/ms);
    expect(readFileSync(join(path, 'configuration.yaml'), 'utf8')).to.contain('kind: Nonsense');
    expect(everythingIn(path)).not.to.contain('hunter2');
  });

  it('runs as the examples of its help do', async function () {
    skipIf(this, readTestbedObstacle());
    const namespace = new ScratchNamespace();
    try {
      for (const [index, example] of EXAMPLES.bundle.entries()) {
        const path = join(folder, `${index}.tgz`);
        const args = example
          .replace(/ --out \S+/, '')
          .split(' ')
          .slice(1);
        const run = await polyplane([...args, '--out', path], { networkNamespace: namespace.path });
        expect(run, example).to.include({ exitCode: 0, stdout: `${path}\n` });
        const names = parseTar(gunzipSync(readFileSync(path))).map(({ name }) => name.replace(/^[^/]+\//, ''));
        expect(names).to.include.members([...ALWAYS, 'plan.txt', 'difference.diff', 'in-force/iptables.txt']);
      }
    } finally {
      namespace.remove();
    }
  });

  it('ends with 70 in one line where it cannot be written, and with 2 where something is there', async () => {
    const away = await polyplaneInProcess(['bundle', '--address', '127.0.0.1:9', '--out', join(folder, 'none/b.tgz')]);
    expect(away).to.include({ exitCode: 70, stdout: '' });
    expect(away.stderr).to.match(/^error: \S+none\/b\.tgz: ENOENT.* \(PP_CLI_OUTPUT_UNWRITABLE\)\n$/);
    expect(await polyplaneInProcess(['bundle', '--address', '127.0.0.1:9', '--out', folder])).to.include({
      exitCode: 2,
    });
  });

  it('ends with 70 in one line where the folder is not to be written to', async function () {
    skipIf(this, userObstacle);
    const args = ['bundle', '--address', '127.0.0.1:9', '--out', join(folder, 'b.tgz')];
    const run = await polyplane(args, { uid: NOBODY });
    expect(run).to.include({ exitCode: 70, stdout: '' });
    expect(run.stderr).to.match(/^error: \S+b\.tgz: EACCES: permission denied.* \(PP_CLI_OUTPUT_UNWRITABLE\)\n$/);
  });
});
