import { expect } from 'chai';
import { Container } from 'inversify';
import { coreModule, DataplaneBackend, MemorySource, NodeAgent, parseResource } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';
import { type AgentMetrics, agentMetrics } from './agent-metrics';

const node = parseResource({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
});

describe('the metrics of an agent', () => {
  let agent: NodeAgent;
  let metrics: AgentMetrics;
  let backend: FakeBackend;
  let source: MemorySource;
  beforeEach(async () => {
    source = new MemorySource();
    backend = new FakeBackend();
    const container = new Container();
    container.load(coreModule({ nodeName: 'node-1', source, backoff: { initialDelayMs: 1, maxDelayMs: 2 } }));
    container.bind(DataplaneBackend).toConstantValue(backend);
    agent = container.get(NodeAgent);
    metrics = agentMetrics(agent);
    source.put(node);
    source.markInSync();
  });
  afterEach(() => agent.stop('leave'));

  async function read(): Promise<readonly string[]> {
    return (await metrics.registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
  }
  async function sample(name: string): Promise<number | undefined> {
    const line = (await read()).find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }

  it('say what is in force, since when, and how long that took', async () => {
    expect(await sample('kubeproxy_sync_proxy_rules_last_timestamp_seconds')).to.equal(0);
    const before = Date.now() / 1000;
    await agent.start();
    await agent.applied();
    expect(await sample('polyplane_ready')).to.equal(1);
    expect(await sample('kubeproxy_sync_proxy_rules_duration_seconds_count')).to.equal(1);
    expect(await sample('felix_int_dataplane_apply_time_seconds_count')).to.equal(1);
    expect(await sample('polyplane_sync_duration_seconds_count')).to.equal(1);
    expect(await sample('kubeproxy_sync_proxy_rules_last_timestamp_seconds')).to.be.within(before, before + 60);
    source.put(parseResource({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-2' }, status: {} }));
    await agent.applied();
    expect(await sample('kubeproxy_sync_proxy_rules_duration_seconds_count')).to.equal(2);
  });

  it('count objects by type, and under the names that Felix has for them', async () => {
    await agent.start();
    await agent.applied();
    expect(await sample('polyplane_objects{type="node"}')).to.equal(1);
    expect(await sample('polyplane_objects{type="service"}')).to.equal(0);
    expect(await sample('felix_cluster_num_hosts')).to.equal(1);
    expect(await sample('felix_active_local_endpoints')).to.equal(0);
  });

  it('count every failure, and only those', async () => {
    for (let times = 0; times < 3; times++) {
      backend.faults.add('apply', { type: 'reject', written: 'nothing', isRetriable: true });
    }
    await agent.start();
    await agent.applied();
    expect(await sample('felix_int_dataplane_failures')).to.equal(3);
    expect(await sample('kubeproxy_sync_proxy_rules_duration_seconds_count')).to.equal(1);
  });

  it('say which build it is', async () => {
    expect((await read()).find((line) => line.startsWith('polyplane_build_info'))).to.match(
      /^polyplane_build_info\{version="\d+\.\d+\.\d+.*",node_version="\d+\..*",profile="calico-3\.19"\} 1$/,
    );
  });

  it('measure from a change of endpoints to its being in force', async () => {
    metrics.observeProgramming(0.3);
    expect(await sample('kubeproxy_network_programming_duration_seconds_bucket{le="0.25"}')).to.equal(0);
    expect(await sample('kubeproxy_network_programming_duration_seconds_bucket{le="0.5"}')).to.equal(1);
  });
});
