/** The smallest node agent: what node-1 of the shop has to do, in force in a simulated dataplane. */
import { join } from 'node:path';
import { Container } from 'inversify';
import { coreModule, ManifestSource, NodeAgent } from '@polyplane/core';
import { simulatorModule } from '@polyplane/core/simulator';

async function main(): Promise<void> {
  const source = new ManifestSource({ paths: [join(__dirname, 'shop')] });
  const container = new Container();
  container.load(coreModule({ nodeName: 'node-1', source, backend: 'simulator' }), simulatorModule);
  const agent = container.get(NodeAgent);
  agent.services$.subscribe(({ changed }) => console.log(`${changed.length} service ports`));
  agent.policies$.subscribe(({ changed }) => console.log(`${changed.length} policies`));
  await agent.start();
  await agent.applied();
  console.log(`revision ${agent.status.revision} is in force through ${agent.status.backend}`);
  await agent.stop('leave');
}

void main();
