/**
 * A custom node agent: the shop's manifests in, node-1's dataplane out, what happens on the way as streams. With root it puts
 * iptables in force in a network namespace of its own; without root the simulator stands in.
 */
import { join } from 'node:path';
import { Container } from 'inversify';
import { iptablesModule } from '@polyplane/backend-iptables';
import { readTestbedObstacle, Testbed } from '@polyplane/conformance';
import { coreModule, ManifestSource, NodeAgent, parseIpAddress } from '@polyplane/core';
import { simulatorModule } from '@polyplane/core/simulator';

async function main(): Promise<void> {
  const node = { name: 'node-1', addresses: [parseIpAddress('172.30.0.11')], routedAddresses: [] };
  const isRoot = readTestbedObstacle() === undefined;
  const testbed = isRoot ? Testbed.create({ nodes: [node], pods: [], outsiders: [], ports: [] }) : undefined;

  const container = new Container();
  const options = {
    nodeName: node.name,
    source: new ManifestSource({ paths: [join(__dirname, 'shop')] }),
    backend: isRoot ? 'iptables' : 'simulator',
    ...(testbed === undefined ? {} : { networkNamespace: testbed.networkNamespaceOf(node.name) }),
  };
  container.load(coreModule(options), iptablesModule, simulatorModule);
  const agent = container.get(NodeAgent);

  agent.services$.subscribe(({ changed }) => console.log(`services$: ${changed.length} service ports`));
  agent.endpoints$.subscribe(({ changed }) => console.log(`endpoints$: ${changed.length} endpoints of this node`));
  agent.policies$.subscribe(({ changed }) => console.log(`policies$: ${changed.length} policies`));
  await agent.start();
  await agent.applied();
  console.log(`revision ${agent.status.revision} is in force through ${agent.status.backend}`);
  await agent.stop('remove');
  testbed?.close();
}

void main();
