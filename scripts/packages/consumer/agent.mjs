// A user's ECMAScript module: a node agent on the simulator, from memory.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Container } from 'inversify';
import { iptablesModule } from '@polyplane/backend-iptables';
import { coreModule, loadManifests, MemorySource, NodeAgent } from '@polyplane/core';
import { simulatorModule } from '@polyplane/core/simulator';

const { resources, problems } = loadManifests(readFileSync('cluster.yaml', 'utf8'), 'cluster.yaml');
const source = new MemorySource();
source.put(...resources.map(({ resource }) => resource));
source.markInSync();

const container = new Container();
const options = coreModule({ nodeName: 'node-1', source, backend: 'simulator' });
container.load(options, simulatorModule, iptablesModule);
const agent = container.get(NodeAgent);
const seen = {};
for (const name of ['services', 'endpoints', 'policies']) {
  agent[`${name}$`].subscribe(({ changed }) => {
    seen[name] = (seen[name] ?? 0) + changed.length;
  });
}
await agent.start();
await agent.applied();
console.log(JSON.stringify({ ...seen, problems: problems.length, backend: agent.status.backend }));
await agent.stop('remove');
