/** The real side of the demo: a throw-away network, and the iptables dataplane in force on the node under test. */
import { IptablesBackend } from '@polyplane/backend-iptables';
import { Testbed, type Topology } from '@polyplane/conformance';
import { type DataplaneSession, type Resource, SILENT_LOGGER } from '@polyplane/core';
import { type Pair, watchFlows } from './flows';
import type { Cell } from './matrix';
import { NODE_UNDER_TEST } from './scene';
import { computeNode } from './survey';

export class RealStage {
  private revision = 0;

  private constructor(
    private readonly testbed: Testbed,
    private readonly session: DataplaneSession,
    private topology: Topology,
    /** The variant of iptables that is in use: `nft` or `legacy`. */
    readonly variant: string,
  ) {}

  static async open(topology: Topology): Promise<RealStage> {
    const testbed = Testbed.create(topology);
    const node = {
      nodeName: NODE_UNDER_TEST,
      networkNamespace: testbed.networkNamespaceOf(NODE_UNDER_TEST),
      logger: SILENT_LOGGER,
    };
    const backend = new IptablesBackend();
    const { facts } = await backend.probe(node);
    return new RealStage(testbed, await backend.open(node), topology, String(facts.iptablesVariant));
  }

  /** Ends when everything is in force. */
  async enforce(resources: readonly Resource[]): Promise<void> {
    this.revision += 1;
    await this.session.apply(this.session.plan(computeNode(resources).toTransition(this.revision, true)));
  }

  /** Starts the pods that the new topology has and the old one had not. */
  startPods(topology: Topology): void {
    const names = new Set(this.topology.pods.map((pod) => `${pod.namespace}/${pod.name}`));
    this.testbed.addPods(topology.pods.filter((pod) => !names.has(`${pod.namespace}/${pod.name}`)));
    this.topology = topology;
  }

  /** What really happens to each pair. */
  watch(pairs: readonly Pair[]): Promise<ReadonlyMap<Pair, Cell>> {
    this.testbed.forgetConnections();
    return watchFlows(this.testbed, pairs);
  }

  /** Removes every trace. */
  async close(): Promise<void> {
    await this.session.release('remove');
    this.testbed.close();
  }
}
