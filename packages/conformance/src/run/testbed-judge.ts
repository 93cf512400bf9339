/** Judges a suite's packets by sending them through real dataplanes in a testbed. */
import { CodedError, type DataplaneBackend, type LimitTable, type Logger, type NodeContext } from '@polyplane/core';
import type { ProbeRequest, ProbeResult } from '../prober/probe';
import type { SuiteFact, SuiteState } from '../suites/suite';
import { createTestbed, type Testbed } from '../testbed/testbed';
import type { Topology } from '../testbed/topology';
import { bindsClient } from './affinity';
import { reportUnseenFact } from './fact-judge';
import type { Finding } from './finding';
import { sendInRounds } from './flow-rounds';
import type { Judge } from './judge';
import { limitObstacle } from './limit-obstacle';
import { NodeDataplane } from './node-dataplane';
import { ObservableProbes } from './observable-probes';
import { findingOf, requestsOf } from './probe-flows';
import { provePaths } from './prove-paths';
import type { ProbeReport } from './report';
import { topologyOf } from './topology-of';
import { type FlowNetwork, observeUdpCleanup, stateChangeOf, topologyOfChange } from './udp-flow-cleanup';

/** The network and its dataplanes are kept from one state to the next as long as the machines are the same. */
export class TestbedJudge implements Judge {
  private network: Network | undefined;
  /** Of the state that was judged last. */
  private readonly seenFacts = new Map<SuiteFact, ProbeReport>();

  constructor(
    private readonly backend: DataplaneBackend,
    private readonly logger: Logger,
  ) {}

  async judgeProbes(state: SuiteState): Promise<readonly Finding[]> {
    this.seenFacts.clear();
    if (hasHostRules(state)) return state.probes.map(() => ({ kind: 'skipped', reason: NO_HOST_RULES }));
    const change = stateChangeOf(state);
    try {
      const topology = change === undefined ? topologyOf(state) : topologyOfChange(change);
      const network = await this.networkFor(topology);
      const limit = limitObstacle(state, this.backend, network.hostLimits);
      if (limit !== undefined) return state.probes.map(() => ({ kind: 'skipped', reason: limit }));
      if (change !== undefined) this.seenFacts.set(change.fact, await observeUdpCleanup(change, topology, network));
      await network.apply(state, 'forgotten');
      const findings = await network.judge(state);
      const observable = new ObservableProbes(state, topology);
      return findings.map((finding, index) => observable.withoutUnseen(state.probes[index], finding));
    } catch (error) {
      // What is in force is not known: the next state begins anew.
      await this.close();
      if (!(error instanceof CodedError) || isOfHost(error)) throw error;
      return state.probes.map(() => ({ kind: 'failed', reason: `${error.code}: ${error.message}` }));
    }
  }

  reportFacts(state: SuiteState): readonly ProbeReport[] {
    return state.facts.map((fact) => this.seenFacts.get(fact) ?? reportUnseenFact(fact));
  }

  async close(): Promise<void> {
    const { network } = this;
    this.network = undefined;
    await network?.close();
  }

  private async networkFor(topology: Topology): Promise<Network> {
    if (this.network?.hasMachinesOf(topology) !== true) {
      await this.close();
      this.network = await Network.create(topology, this.backend, this.logger);
    }
    this.network.testbed.setPorts(topology.ports);
    return this.network;
  }
}

const NO_HOST_RULES = 'PP_SUITE_NOT_OBSERVABLE: the testbed’s hosts have no rules but those of the dataplane';

function hasHostRules({ settings: { hostTranslations, hostInputPolicy } }: SuiteState): boolean {
  return hostTranslations !== undefined || hostInputPolicy === 'drop';
}

/** It fails for every suite alike: there is no use in going on. */
function isOfHost({ code }: CodedError): boolean {
  return code === 'PP_TESTBED_UNSUPPORTED' || code === 'PP_BACKEND_UNUSABLE';
}

/** A testbed with a dataplane opened on each of its nodes. */
class Network implements FlowNetwork {
  private constructor(
    readonly testbed: Testbed,
    private readonly machines: string,
    private readonly dataplanes: readonly NodeDataplane[],
  ) {}

  static async create(topology: Topology, backend: DataplaneBackend, logger: Logger): Promise<Network> {
    const testbed = createTestbed(topology);
    try {
      await provePaths(testbed, topology);
      const nodes = topology.nodes.map(
        ({ name }): NodeContext => ({ nodeName: name, networkNamespace: testbed.networkNamespaceOf(name), logger }),
      );
      const dataplanes = await Promise.all(nodes.map((node) => NodeDataplane.open(backend, node)));
      for (const node of nodes) testbed.addConnectionTracking(() => backend.forgetConnections?.(node));
      return new Network(testbed, machinesOf(topology), dataplanes);
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  /** The nodes are one host. */
  get hostLimits(): LimitTable {
    return this.dataplanes[0]?.hostLimits ?? [];
  }

  hasMachinesOf(topology: Topology): boolean {
    return this.machines === machinesOf(topology);
  }

  probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    return this.testbed.probe(requests);
  }

  async apply(state: SuiteState, connections: 'kept' | 'forgotten'): Promise<void> {
    for (const dataplane of this.dataplanes) {
      const settings = await dataplane.apply(state);
      // No dataplane turns it off: who asks for a host that does not forward has one.
      this.testbed.setForwarding(dataplane.nodeName, settings?.isForwarding !== false);
    }
    if (connections === 'forgotten') this.testbed.forgetConnections();
  }

  async judge({ probes, resources }: SuiteState): Promise<readonly Finding[]> {
    const requests = probes.map(requestsOf);
    const results = await sendInRounds(this.testbed, requests.flat());
    let next = 0;
    return probes.map((probe, index) => {
      const count = requests[index]?.length ?? 0;
      const own = results.slice(next, next + count);
      next += count;
      return findingOf(probe, own, bindsClient(probe, resources));
    });
  }

  async close(): Promise<void> {
    try {
      for (const dataplane of this.dataplanes) await dataplane.release();
    } finally {
      this.testbed.close();
    }
  }
}

function machinesOf({ nodes, pods, outsiders }: Topology): string {
  return JSON.stringify({ nodes, pods, outsiders });
}
