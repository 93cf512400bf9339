import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skipIf } from '@polyplane/conformance';
import { type AgentStatus, parseAgentStatus } from '../agent-status';
import { openHttpEndpoint } from '../http-endpoint';
import {
  PROCESS_TIMEOUT_MILLISECONDS,
  polyplane,
  ROOT,
  type Run,
  start,
  userObstacle,
} from '../testing/polyplane-process';
import { ScratchNamespace } from '../testing/scratch-namespace';

const NOBODY = 65534;
const THIRD_PARTY = './packages/cli/src/testing/third-party-backend.ts';

describe('polyplane run', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-run-'));
    // For nobody, too.
    chmodSync(folder, 0o755);
    cpSync(join(ROOT, 'examples/shop'), join(folder, 'shop'), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  function configure(backend: string, more = '', manifests = 'shop'): string {
    const file = join(folder, 'agent.yaml');
    writeFileSync(
      file,
      `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [./${manifests}]}
backend: ${backend}
stateDirectory: state
healthAddress: 127.0.0.1:0
metricsAddress: 127.0.0.1:0
${more}`,
    );
    return file;
  }

  function run(backend: string, more?: string, ...options: readonly string[]): Promise<Run> {
    return polyplane(['run', '--config', configure(backend, more), ...options]);
  }

  describe('while it runs', () => {
    let agent: ChildProcess;
    let ended: Promise<number | null>;
    let log: readonly LogLine[];
    let stdout = '';
    before(async () => {
      agent = start(['run', '--config', configure('simulator')]);
      ended = new Promise((resolve) => agent.once('close', resolve));
      agent.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
      });
      log = await followLog(agent, 'running');
    });
    after(async () => {
      agent.kill('SIGKILL');
      await ended;
    });

    function get(path: string): Promise<Response> {
      const starting = log.find(({ msg }) => msg === 'starting');
      return fetch(`${path === '/metrics' ? starting?.metrics : starting?.health}${path}`);
    }

    async function until(isSo: (status: AgentStatus) => boolean): Promise<AgentStatus> {
      for (;;) {
        const status = parseAgentStatus(await (await get('/status')).json());
        if (status !== undefined && isSo(status)) return status;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    it('is alive, and ready once everything is in force', async () => {
      const status = await until(({ isReady }) => isReady);
      expect(status).to.deep.include({
        node: 'node-1',
        backend: 'simulator',
        phase: 'idle',
        failure: null,
        problems: [],
      });
      expect(status.appliedRevision).to.equal(status.wantedRevision);
      expect((await get('/healthz')).status).to.equal(200);
      expect((await get('/readyz')).status).to.equal(200);
    });

    it('is measured', async () => {
      const metrics = await (await get('/metrics')).text();
      expect(metrics).to.match(/^polyplane_ready 1$/m);
      expect(metrics).to.match(/^polyplane_applied_revision 1$/m);
      expect(metrics).to.match(/^polyplane_audits_total 0$/m);
      expect(metrics).to.match(/^process_cpu_seconds_total /m);
      expect(metrics).to.match(/^kubeproxy_sync_proxy_rules_duration_seconds_count 1$/m);
      expect(metrics).to.match(/^polyplane_build_info\{/m);
    });

    it('follows its manifests, and keeps the last good ones while they are broken', async () => {
      const policies = join(folder, 'shop/network-policies.yaml');
      writeFileSync(policies, 'apiVersion: networking.k8s.io/v1\nkind: [NetworkPolicy\n');
      const broken = await until(({ problems }) => problems.length > 0);
      expect(broken.problems[0]).to.include({ code: 'PP_MANIFEST_SYNTAX' });
      expect(broken).to.deep.include({ isReady: true, wantedRevision: 1 });
      cpSync(join(ROOT, 'examples/demo/change.yaml'), join(folder, 'shop/change.yaml'));
      cpSync(join(ROOT, 'examples/shop/network-policies.yaml'), policies);
      await until(({ appliedRevision, phase }) => appliedRevision > 1 && phase === 'idle');
    });

    it('says nothing on stdout, and logs JSON to stderr', () => {
      expect(stdout).to.equal('');
      expect(log.map(({ msg }) => msg)).to.deep.equal(['starting', 'running']);
    });

    it('ends with 0 when it is told to', async () => {
      agent.kill('SIGTERM');
      expect(await ended).to.equal(0);
    });
  });

  it('is not ready while its manifests hold nothing, says why everywhere, and is ready once they do', async () => {
    mkdirSync(join(folder, 'mount'));
    const agent = start(['run', '--config', configure('simulator', '', 'mount')]);
    const ended = new Promise((resolve) => agent.once('close', resolve));
    try {
      const reason = `${join(folder, 'mount')}: holds no object that is read; what is in force stays as it is`;
      const log = await followLog(agent, reason);
      const health = log.find((line) => line.health !== undefined)?.health;
      const readiness = await fetch(`${health}/readyz`);
      expect(readiness.status).to.equal(503);
      expect(await readiness.text()).to.equal(`not yet: the source is not complete: ${reason}\n`);
      const status = parseAgentStatus(await (await fetch(`${health}/status`)).json());
      expect(status).to.deep.include({ isReady: false, phase: 'waitingForSync', appliedRevision: 0 });
      expect(status?.problems.map(({ code }) => code)).to.deep.equal(['PP_MANIFEST_EMPTY']);
      cpSync(join(ROOT, 'examples/shop/nodes.yaml'), join(folder, 'mount/nodes.yaml'));
      await untilReady(health);
    } finally {
      agent.kill('SIGTERM');
      expect(await ended).to.equal(0);
    }
  });

  it('keeps what a file last said over a restart, and tells that it is broken', async () => {
    cpSync(join(ROOT, 'examples/shop'), join(folder, 'kept'), { recursive: true });
    const revisions: string[] = [];
    for (const text of [undefined, 'kind: [\n']) {
      if (text !== undefined) writeFileSync(join(folder, 'kept/network-policies.yaml'), text);
      const agent = start(['run', '--config', configure('simulator', '', 'kept')]);
      const ended = new Promise((resolve) => agent.once('close', resolve));
      try {
        const log = await followLog(agent, 'running');
        const health = log.find((line) => line.health !== undefined)?.health;
        await untilReady(health);
        const status = parseAgentStatus(await (await fetch(`${health}/status`)).json());
        revisions.push(`${status?.appliedRevision} ${status?.problems.map(({ code }) => code).join()}`);
      } finally {
        // The record is whole on the disk once the agent has ended.
        agent.kill('SIGTERM');
        await ended;
      }
    }
    expect(revisions).to.deep.equal(['1 ', '1 PP_MANIFEST_SYNTAX']);
    expect(readdirSync(join(folder, 'state/last-good'))).to.include('manifests-node-1.jsonl');
  });

  it('works, and ends when it is told to, while its log has no room', async () => {
    const full = openSync('/dev/full', 'w');
    const healthPort = await freePort();
    const file = configure('simulator');
    writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:0', `127.0.0.1:${healthPort}`));
    const agent = start(['run', '--config', file], { stderr: full });
    const ended = new Promise((resolve) => agent.once('close', resolve));
    try {
      await untilReady(`http://127.0.0.1:${healthPort}`);
    } finally {
      agent.kill('SIGTERM');
      expect(await ended).to.equal(0);
      closeSync(full);
    }
  });

  it('ends with 3 for a backend that this host cannot run, and falls back to none', async () => {
    const { exitCode, stdout, stderr } = await run('vpp', 'backends: {vpp: {apiSocket: /nowhere/api.sock}}');
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr).to.match(/^error: backend vpp cannot run here: .*\/nowhere\/api\.sock/m);
    expect(stderr).to.match(/\(PP_BACKEND_UNUSABLE\)$/m);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it('ends with 3 without root, and says what to do', async function () {
    skipIf(this, userObstacle);
    const { exitCode, stdout, stderr } = await polyplane(['run', '--config', configure('iptables')], { uid: NOBODY });
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr).to.match(/^error: backend iptables cannot run here: .*run as root/m);
  });

  it('ends with 3 when an address is taken', async () => {
    const taken = await openHttpEndpoint({ host: '127.0.0.1', port: 0 }, {});
    try {
      const file = configure('simulator');
      writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:0', new URL(taken.url).host));
      const { exitCode, stderr } = await polyplane(['run', '--config', file]);
      expect(exitCode).to.equal(3);
      expect(stderr).to.match(/^error: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/m);
    } finally {
      await taken.close();
    }
  });

  it('ends with 3 where an agent of the same configuration runs, and names its process', async function () {
    skipIf(this, userObstacle);
    const namespace = new ScratchNamespace();
    const options = { networkNamespace: namespace.path };
    const file = configure('iptables');
    writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:0', '127.0.0.1:10266'));
    const agent = start(['run', '--config', file], options);
    const ended = new Promise((resolve) => agent.once('close', resolve));
    try {
      await followLog(agent, 'starting');
      const { exitCode, stderr } = await polyplane(['run', '--config', file], options);
      expect(exitCode).to.equal(3);
      // nsenter becomes what it starts.
      expect(stderr).to.match(
        new RegExp(`^error: a node agent of process ${agent.pid} \\(node node-1, backend iptables\\)`),
      );
    } finally {
      agent.kill('SIGTERM');
      expect(await ended).to.equal(0);
      namespace.remove();
    }
  });

  it('ends with 1 when it is to refuse what the backend does not do', async () => {
    const { exitCode, stderr } = await run('third-party', 'onUnsupported: refuse', '--backend-module', THIRD_PARTY);
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(
      /^error: backend third-party refuses: PP_LIMIT_THIRD_PARTY_AFFINITY: \/.*\/web\.yaml:\d+: Service shop-web\/admin /m,
    );
  });

  it('does not refuse what a feature gate lets the backend do', async () => {
    const more = 'onUnsupported: refuse\nfeatureGates: {ThirdPartyAffinity: true}';
    const agent = start(['run', '--config', configure('third-party', more), '--backend-module', THIRD_PARTY]);
    const ended = new Promise((resolve) => agent.once('close', resolve));
    const log = await followLog(agent, 'running');
    const status = await fetch(`${log.find(({ health }) => health !== undefined)?.health}/status`);
    expect(parseAgentStatus(await status.json())?.featureGates).to.deep.equal({ ThirdPartyAffinity: true });
    agent.kill('SIGTERM');
    expect(await ended).to.equal(0);
  });

  describe('ends with 2 and says what to do', () => {
    it('for a configuration that is wrong, with file, line and field', async () => {
      const { exitCode, stderr } = await run('simulator', 'onUnsuported: deny');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^error: .*agent\.yaml:9: onUnsuported: there is no such field$/m);
    });

    it('for a backend that nobody has', async () => {
      const { exitCode, stderr } = await run('iptable');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/\/agent\.yaml:5: backend: no backend is named "iptable"; there is .*iptables/);
    });

    it('for options that a backend does not have', async () => {
      const { exitCode, stderr } = await run('iptables', 'backends: {iptables: {varient: nft}}');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(
        /^error: .*\/agent\.yaml:9: backends\.iptables\.varient: there is no option varient; there is variant, /m,
      );
    });

    it('for everything that is wrong at once', async () => {
      const more = 'onUnsuported: deny\nbackends: {iptables: {variant: nf, markMask: 1}}';
      const { exitCode, stderr } = await run('iptable', more);
      expect(exitCode).to.equal(2);
      const told = stderr.split('\n').map((line) => /agent\.yaml:(\d+: [\w.]+): /.exec(line)?.[1]);
      expect(told.filter((place) => place !== undefined)).to.deep.equal([
        '5: backend',
        '9: onUnsuported',
        '10: backends.iptables.variant',
        '10: backends.iptables.markMask',
      ]);
    });

    it('for a level of the log that there is not', async () => {
      const { exitCode, stderr } = await run('simulator', '', '--log-level', 'loud');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/argument 'loud' is invalid.* debug, info, warn, error, silent/);
    });

    it('for options of a backend that nobody has', async () => {
      const { exitCode, stderr } = await run('simulator', 'backends: {iptable: {}}');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(
        /^error: .*\/agent\.yaml:9: backends\.iptable: no backend is named so; there is simulator, iptables/m,
      );
    });
  });
});

/** One that nothing listens on just now: an agent whose log is not to be read cannot say which it was given. */
async function freePort(): Promise<string> {
  const free = await openHttpEndpoint({ host: '127.0.0.1', port: 0 }, {});
  await free.close();
  return new URL(free.url).port;
}

interface LogLine {
  readonly msg: string;
  readonly health?: string;
  readonly metrics?: string;
}

async function untilReady(health: string | undefined): Promise<void> {
  const deadline = Date.now() + PROCESS_TIMEOUT_MILLISECONDS / 3;
  for (;;) {
    const [status, reason] = await fetch(`${health}/readyz`).then(
      async (answer) => [answer.status, await answer.text()] as const,
      (error: Error) => [0, error.message] as const,
    );
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The log up to a message. */
function followLog(agent: ChildProcess, message: string): Promise<readonly LogLine[]> {
  let log = '';
  return new Promise((resolve, reject) => {
    agent.once('close', () => reject(new Error(`the agent ended: ${log}`)));
    agent.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const lines = log.split('\n').slice(0, -1);
      const parsed = lines.map((line) => JSON.parse(line) as LogLine);
      if (parsed.some(({ msg }) => msg === message)) resolve(parsed);
    });
  });
}
