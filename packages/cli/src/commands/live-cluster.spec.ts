import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { ApiServer } from '@polyplane/core/testing';
import { kubeconfigOf } from '../testing/kubeconfig';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import type { Run } from '../testing/polyplane-process';
import type { TraceReport } from '../trace-report';

describe('a command that reads a running cluster', function () {
  this.timeout(30_000);
  let folder: string;
  let server: ApiServer;
  let kubeconfig: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-live-'));
    server = new ApiServer({ v1: { Service: 'services', Namespace: 'namespaces', Node: 'nodes', Pod: 'pods' } });
    await server.start();
    kubeconfig = join(folder, 'config');
    // The current context leads nowhere; the other one to the server.
    const config = parse(kubeconfigOf(server.url)) as { contexts: object[] };
    config.contexts.push({ name: 'nowhere', context: { cluster: 'none', user: 'test' } });
    writeFileSync(kubeconfig, stringify({ ...config, 'current-context': 'nowhere' }));
    server.put('/api/v1/nodes', 'n1', { status: { addresses: [{ type: 'InternalIP', address: '172.30.0.1' }] } });
    server.put('/api/v1/services', 'web', {
      metadata: { namespace: 'd' },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80 }] },
    });
    server.put('/api/v1/pods', 'p', {
      metadata: { namespace: 'd' },
      spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
      status: { phase: 'Running', podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }] },
    });
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  function run(command: string, ...args: readonly string[]): Promise<Run> {
    return polyplaneInProcess([command, '--kubeconfig', kubeconfig, ...args]);
  }

  it('traces a packet through it, by the context that is named', async () => {
    const packet = ['--from', 'pod:d/p', '--to', 'svc:d/web:http', '-o', 'json'];
    const { exitCode, stdout, stderr } = await run('trace', '--context', 'test', ...packet);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    const { verdict, steps } = JSON.parse(stdout) as TraceReport;
    expect(verdict).to.equal('reject');
    expect(steps[0]).to.deep.include({ node: 'n1' });
    expect(steps[0]).not.to.have.any.keys('file', 'line');
  });

  it('renders one of its nodes', async () => {
    const { exitCode, stdout, stderr } = await run(
      'render',
      '--context',
      'test',
      '--node',
      'n1',
      '--backend',
      'iptables',
    );
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/10\.96\.0\.1/);
  });

  it('ends with 2 where the context is not there, or leads nowhere, naming the others', async () => {
    const rest = ['--node', 'n1', '--backend', 'iptables'];
    const wrong = await run('render', '--context', 'prod', ...rest);
    expect(wrong).to.include({ exitCode: 2, stdout: '' });
    expect(wrong.stderr).to.match(/no context is named "prod"; there is test, nowhere/);
    expect((await run('render', ...rest)).stderr).to.match(/its current context names no cluster/);
  });

  it('ends with 2 where an object of it cannot be read: the answer would be about another cluster', async () => {
    server.put('/api/v1/services', 'bad', { metadata: { namespace: 'd' }, spec: { ports: [{ port: 99999 }] } });
    const { exitCode, stdout, stderr } = await run(
      'render',
      '--context',
      'test',
      '--node',
      'n1',
      '--backend',
      'iptables',
    );
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
    expect(stderr)
      .to.match(/Service d\/bad: spec\.ports\[0\]\.port/)
      .and.match(/one thing is wrong in the cluster/);
  });
});
