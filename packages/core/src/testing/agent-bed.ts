/** A node agent on fake backends, a source from memory and a simulated clock: for tests. */
import { Container } from 'inversify';
import { type CoreModuleOptions, coreModule } from '../agent/module';
import { NodeAgent } from '../agent/node-agent';
import { RandomNumbers, Scheduler } from '../agent/node-agent-options';
import { DataplaneBackend } from '../backend/backend';
import { CoreError } from '../core-error';
import { MemorySource } from '../sources/memory';
import type { FakeBackend } from './fake-backend';
import { endpointSliceResource, namespaceResource, nodeResource, podResource, serviceResource } from './resources';
import { SimulatedClock } from './simulated-clock';

/** A node, a pod and a service. */
export const CLUSTER = [
  nodeResource('node-1', '192.168.0.1'),
  namespaceResource('shop'),
  podResource('shop/web', { node: 'node-1', addresses: ['10.0.0.1'], labels: { app: 'web' } }),
  serviceResource('shop/web', { clusterIp: '10.96.0.1', port: 80 }),
  endpointSliceResource('shop/web', { addresses: ['10.0.0.1'], port: 8080, node: 'node-1' }),
];

/** An agent of node-1 that may choose among these backends. */
export async function setUp(
  backends: readonly FakeBackend[],
  options: Partial<CoreModuleOptions> = {},
): Promise<{ agent: NodeAgent; source: MemorySource; clock: SimulatedClock }> {
  const source = new MemorySource();
  const clock = new SimulatedClock();
  const container = new Container();
  await container.load(coreModule({ nodeName: 'node-1', source, ...options }));
  for (const backend of backends) container.bind(DataplaneBackend).toConstantValue(backend);
  (await container.rebind(Scheduler)).toConstantValue(clock);
  (await container.rebind(RandomNumbers)).toConstantValue(() => 0);
  return { agent: container.get(NodeAgent), source, clock };
}

/** The code of the CoreError that a promise rejects with, or what came instead. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  return error instanceof CoreError ? error.code : `no CoreError: ${String(error)}`;
}
