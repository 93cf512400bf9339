/** The real side of the demo: a throw-away network, and a node agent with the iptables backend on the node under test. */
import { Container } from 'inversify';
import { iptablesModule } from '@polyplane/backend-iptables';
import { podHost, Testbed, type Topology } from '@polyplane/conformance';
import { coreModule, MemorySource, NodeAgent, type Resource } from '@polyplane/core';
import { type Pair, watchFlows } from './flows';
import type { Cell } from './matrix';
import { NODE_UNDER_TEST } from './scene';

export class RealStage {
  private readonly source = new MemorySource();
  private readonly agent: NodeAgent;

  private constructor(
    private readonly testbed: Testbed,
    private topology: Topology,
  ) {
    const container = new Container();
    const networkNamespace = testbed.networkNamespaceOf(NODE_UNDER_TEST);
    container.load(coreModule({ nodeName: NODE_UNDER_TEST, source: this.source, networkNamespace }), iptablesModule);
    this.agent = container.get(NodeAgent);
  }

  /** Builds the network and starts the agent, which writes nothing before it knows the whole shop. */
  static async open(topology: Topology): Promise<RealStage> {
    const stage = new RealStage(Testbed.create(topology), topology);
    await stage.agent.start();
    return stage;
  }

  /** The backend as the agent found it: `iptables (nft)`. */
  get dataplane(): string {
    const { backend, facts } = this.agent.status;
    return `${backend} (${facts?.facts.iptablesVariant})`;
  }

  /** Makes these the cluster's objects; ends when everything is in force. */
  async enforce(resources: readonly Resource[]): Promise<void> {
    this.source.replaceAll(resources);
    this.source.markInSync();
    await this.agent.applied(this.agent.status.revision);
  }

  /** Starts the pods that the new topology has and the old one had not. */
  startPods(topology: Topology): void {
    const running = new Set(this.topology.pods.map(podHost));
    this.testbed.addPods(topology.pods.filter((pod) => !running.has(podHost(pod))));
    this.topology = topology;
  }

  /** What really happens to each pair. */
  watch(pairs: readonly Pair[]): Promise<ReadonlyMap<Pair, Cell>> {
    this.testbed.forgetConnections();
    return watchFlows(this.testbed, pairs);
  }

  /** Removes every trace. */
  async close(): Promise<void> {
    await this.agent.stop('remove');
    this.testbed.close();
  }
}
