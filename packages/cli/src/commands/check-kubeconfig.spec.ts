import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApiServer } from '@polyplane/core/testing';
import type { CheckData } from '../check/report-data';
import { kubeconfigOf } from '../testing/kubeconfig';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import type { Run } from '../testing/polyplane-process';

const SERVICES = '/api/v1/services';

describe('polyplane check --kubeconfig', function () {
  this.timeout(30_000);
  let folder: string;
  let server: ApiServer;
  let kubeconfig: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-kubeconfig-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    server = new ApiServer({ v1: { Service: 'services', Namespace: 'namespaces' } });
    await server.start();
    kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, kubeconfigOf(server.url));
    server.put(SERVICES, 'orders', {
      metadata: { namespace: 'shop' },
      spec: { clusterIP: '10.96.0.1', sessionAffinity: 'ClientIP', ports: [{ port: 80 }] },
    });
  });
  afterEach(() => server.stop());

  function check(...args: readonly string[]): Promise<Run> {
    return polyplaneInProcess(['check', '--kubeconfig', kubeconfig, ...args]);
  }

  it('says yes where the backend can run the cluster, and changes nothing there', async () => {
    const { exitCode, stdout, stderr } = await check('--backend', 'iptables');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/iptables +supported/);
    expect(readFileSync(kubeconfig, 'utf8')).to.equal(kubeconfigOf(server.url));
  });

  it('says no where it cannot, and names the object, which stands in no file', async () => {
    const { exitCode, stdout } = await check('--backend', 'vpp', '-o', 'json');
    expect(exitCode).to.equal(1);
    const { backends } = JSON.parse(stdout) as CheckData;
    expect(backends[0]?.findings).to.have.length(1);
    expect(backends[0]?.findings[0]).to.include({
      code: 'PP_LIMIT_VPP_SESSION_AFFINITY',
      field: 'spec.sessionAffinity',
    });
    expect(backends[0]?.findings[0]?.object).to.deep.equal({ kind: 'Service', namespace: 'shop', name: 'orders' });
    expect(backends[0]?.findings[0]).not.to.have.any.keys('file', 'line');
  });

  it('keeps to itself what the address of the server says of the user', async () => {
    const free = new ApiServer({});
    await free.start();
    const { port } = new URL(free.url);
    await free.stop();
    for (const address of [`http://ann:hush%21@127.0.0.1:${port}/api`, `http://ann:hush@127.0.0.1:${port}:x`]) {
      writeFileSync(kubeconfig, kubeconfigOf(address));
      const { exitCode, stderr } = await check('--backend', 'vpp');
      expect(exitCode).to.equal(3);
      expect(stderr).to.contain(`127.0.0.1:${port}`);
      expect(stderr).not.to.match(/ann|hush/);
    }
  });

  it('shows nothing of a kubeconfig that is no YAML', async () => {
    writeFileSync(kubeconfig, kubeconfigOf(server.url).replace('token: secret', 'token: hush: [hush'));
    const { exitCode, stderr } = await check('--backend', 'vpp');
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain(kubeconfig);
    expect(stderr).not.to.contain('hush');
  });

  it('answers for the rest where an object of the cluster breaks its API’s rules, and says so', async () => {
    server.put(SERVICES, 'bad', { metadata: { namespace: 'shop' }, spec: { ports: [{ port: 99999 }] } });
    const { exitCode, stdout, stderr } = await check('--backend', 'vpp');
    expect(exitCode).to.equal(2);
    expect(stdout).to.contain('Service shop/orders');
    expect(stderr).to.contain('Service shop/bad: spec.ports[0].port');
  });
});
