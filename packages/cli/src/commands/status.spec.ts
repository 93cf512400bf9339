import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { AgentStatus } from '../agent-status';
import { type HttpEndpoint, jsonAnswer, openHttpEndpoint } from '../http-endpoint';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, type Run } from '../testing/polyplane-process';

const READY: AgentStatus = {
  node: 'node-1',
  backend: 'iptables',
  profile: 'calico-3.19',
  featureGates: {},
  phase: 'idle',
  isReady: true,
  wantedRevision: 7,
  appliedRevision: 7,
  pendingObjects: 0,
  failure: null,
  lastAudit: { at: '2026-11-21T05:00:00.000Z', repaired: [] },
  quarantined: [],
  problems: [],
  diagnostics: [],
};

const FAILING: AgentStatus = {
  ...READY,
  phase: 'retrying',
  isReady: false,
  wantedRevision: 9,
  failure: {
    operation: 'apply',
    code: 'PP_X',
    message: 'the lock is held',
    since: '2026-11-21T05:00:00.000Z',
    failures: 3,
  },
  quarantined: [{ key: 'workload/a/b', code: 'PP_Y', message: 'no such name' }],
  problems: [{ code: 'PP_MANIFEST_SYNTAX', message: 'not YAML', file: '/etc/shop.yaml', line: 3 }],
};

describe('polyplane status', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let endpoint: HttpEndpoint;
  let served: unknown;
  before(async () => {
    endpoint = await openHttpEndpoint({ host: '127.0.0.1', port: 0 }, { '/status': () => jsonAnswer(served) });
  });
  after(() => endpoint.close());

  function status(...options: readonly string[]): Promise<Run> {
    return polyplaneInProcess(['status', '--address', new URL(endpoint.url).host, ...options]);
  }

  it('waits until the agent is ready, and no longer than it is told to', async () => {
    served = FAILING;
    const answers = [FAILING, FAILING, READY];
    const slow = await openHttpEndpoint(
      { host: '127.0.0.1', port: 0 },
      { '/status': () => jsonAnswer(answers.length > 1 ? answers.shift() : answers[0]) },
    );
    try {
      const ready = await polyplaneInProcess(['status', '--address', new URL(slow.url).host, '--wait', '-o', 'json']);
      expect(ready).to.include({ exitCode: 0, stderr: '' });
      expect(JSON.parse(ready.stdout)).to.include({ isReady: true });
      expect(answers).to.have.length(1);
    } finally {
      await slow.close();
    }
    const late = await status('--wait', '0');
    expect(late.exitCode).to.equal(1);
    expect(late.stdout).to.match(/^Ready +not yet/m);
    const nobody = await polyplaneInProcess(['status', '--address', '127.0.0.1:9', '--wait', '0']);
    expect(nobody).to.include({ exitCode: 3, stdout: '' });
    for (const wait of ['soon', '-1', '1.5']) {
      expect(await status('--wait', wait)).to.include({ exitCode: 2, stdout: '' });
    }
  });

  it('shows what a ready agent does', async () => {
    served = READY;
    const { exitCode, stdout, stderr } = await status();
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).to.include.members([
      'Node        node-1',
      'Phase       idle',
      'Ready       yes',
      'In force    revision 7',
      'Last audit  2026-11-21T05:00:00.000Z, nothing had to be repaired',
    ]);
  });

  it('ends with 1 when the agent is not ready, and shows what holds it up', async () => {
    served = FAILING;
    const { exitCode, stdout } = await status();
    expect(exitCode).to.equal(1);
    expect(stdout).to.include('In force    revision 7 of 9');
    expect(stdout).to.match(/^Failing .*3 times: the lock is held \(PP_X\)$/m);
    expect(stdout).to.match(/^workload\/a\/b +PP_Y +no such name$/m);
    expect(stdout).to.match(/^\/etc\/shop\.yaml:3 +PP_MANIFEST_SYNTAX +not YAML$/m);
  });

  it('shows feature gates, and what the backend does not do of whose', async () => {
    const object = { kind: 'Service', namespace: 'shop', name: 'orders' };
    const diagnostic = { code: 'PP_Z', severity: 'error', feature: 'sessionAffinity', object, effect: 'objectIgnored' };
    const told = { ...diagnostic, field: 'spec.sessionAffinity', message: 'no', remedy: 'do', source: 'a test' };
    served = { ...READY, featureGates: { VppAffinity: false, VppSlices: true }, diagnostics: [told] };
    const { exitCode, stdout } = await status();
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^Gates +VppAffinity off, VppSlices on$/m);
    expect(stdout).to.match(/^Service shop\/orders spec\.sessionAffinity +PP_Z +no$/m);
  });

  it('prints JSON', async () => {
    served = READY;
    expect(JSON.parse((await status('-o', 'json')).stdout)).to.deep.equal(READY);
  });

  it('ends with 3 when something else answers there', async () => {
    served = { hello: 'world' };
    const { exitCode, stdout, stderr } = await status();
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr).to.match(/is no node agent of this version$/m);
  });

  it('ends with 3 when nothing answers, and says what to do', async () => {
    const free = await openHttpEndpoint({ host: '127.0.0.1', port: 0 }, {});
    const { host } = new URL(free.url);
    await free.close();
    const { exitCode, stderr } = await polyplaneInProcess(['status', '--address', host]);
    expect(exitCode).to.equal(3);
    expect(stderr).to.match(/^error: no node agent answers at 127\.0\.0\.1:\d+: connect ECONNREFUSED/m);
    expect(stderr).to.match(/\(PP_CLI_AGENT_UNREACHABLE\)$/m);
  });

  it('asks an agent on a port that browsers refuse', async () => {
    const refused = await openFirst([10080, 6000, 6665, 6666, 6667, 6668, 6669, 6697]);
    served = READY;
    try {
      const { exitCode, stderr } = await polyplaneInProcess(['status', '--address', new URL(refused.url).host]);
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    } finally {
      await refused.close();
    }
  });

  /** On the first of these ports that is free. */
  async function openFirst([port, ...others]: readonly number[]): Promise<HttpEndpoint> {
    if (port === undefined) throw new Error('all of these ports are taken');
    const routes = { '/status': () => jsonAnswer(served) };
    return openHttpEndpoint({ host: '127.0.0.1', port }, routes).catch(() => openFirst(others));
  }

  it('ends with 3 when the answer breaks off', async () => {
    const mute = createServer((_, response) => response.write('{', () => response.destroy()));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = mute.address() as AddressInfo; // it listens on TCP
      const { exitCode, stdout, stderr } = await polyplaneInProcess(['status', '--address', `127.0.0.1:${port}`]);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
      expect(stderr).to.match(/^error: no node agent answers at 127\.0\.0\.1:\d+: .+/m);
    } finally {
      mute.closeAllConnections();
      await new Promise((resolve) => mute.close(resolve));
    }
  });

  it('ends with 2 for what is no address', async () => {
    const { exitCode, stderr } = await polyplaneInProcess(['status', '--address', 'a b']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(/--address a b is not HOST:PORT/);
  });
});
