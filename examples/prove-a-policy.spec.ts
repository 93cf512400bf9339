/**
 * A mocha harness that proves a network policy before it reaches a cluster. It asks the simulator about every pod of the shop,
 * and then, where the machine lets it, sends the same packets through a real dataplane.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { firstValueFrom } from 'rxjs';
import { IptablesBackend } from '@polyplane/backend-iptables';
import { loadSuite, readTestbedObstacle, runSuites, skipIf } from '@polyplane/conformance';
import { ComputeGraph, DesiredStateStore, ManifestSource, parseIpAddress, parsePort, TCP } from '@polyplane/core';
import { NodeSimulator } from '@polyplane/core/simulator';

const SHOP = join(__dirname, 'shop');

describe('the policy on payments', () => {
  const desired = new DesiredStateStore();
  before(async () => {
    const { changes, problems } = await firstValueFrom(new ManifestSource({ paths: [SHOP] }).batches$);
    expect(problems).to.deep.equal([]);
    desired.apply({ scope: 'full', changes: new ComputeGraph({ nodeName: 'node-1' }).apply(changes) });
  });

  it('lets in orders and nobody else', () => {
    const simulator = new NodeSimulator(desired);
    const allowed = [...desired.workloads.values()].filter(({ key, addresses }) => {
      const [source = parseIpAddress('0.0.0.0')] = addresses;
      const destination = parseIpAddress('10.96.2.12');
      const packet = { source, destination, destinationPort: parsePort(443), protocol: TCP };
      return simulator.judge({ entry: { kind: 'workload', workload: key }, ...packet }).verdict === 'allow';
    });
    expect(allowed.map(({ namespace, name }) => `${namespace}/${name}`)).to.deep.equal(['shop-api/orders-1']);
  });

  it('holds for real packets, with all that the shop promises beside it', async function () {
    skipIf(this, readTestbedObstacle());
    const report = await runSuites({
      suites: [loadSuite(join(__dirname, 'shop.suite.yaml'))],
      backend: new IptablesBackend(),
    });
    const failures = report.suites.flatMap(({ probes }) => probes.filter(({ result }) => result === 'fail'));
    expect(failures).to.deep.equal([]);
    expect(report.passed).to.equal(16);
  });
});
