/** Judges a suite's packets by sending them through real dataplanes in a testbed. */
import {
  CodedError,
  type DataplaneBackend,
  familyOf,
  type IpAddress,
  type LimitTable,
  type Logger,
  TCP,
  UDP,
} from '@polyplane/core';
import { ConformanceError } from '../conformance-error';
import type { HostName, ProbeRequest, ProbeResult } from '../prober/probe';
import type { SuiteProbe, SuiteSender, SuiteState } from '../suites/suite';
import { createTestbed, type Testbed } from '../testbed/testbed';
import { nodeHost, outsiderHost, podHost, type Topology } from '../testbed/topology';
import { reportUnseenFacts } from './fact-judge';
import type { Finding } from './finding';
import type { Judge } from './judge';
import { limitObstacle } from './limit-obstacle';
import { NodeDataplane } from './node-dataplane';
import type { ProbeReport } from './report';
import { topologyOf, unmanagedPod } from './topology-of';

/** A service that may send to n endpoints is asked so often for each that missing one is as good as impossible. */
const FLOWS_PER_ENDPOINT = 20;

/** The network and its dataplanes are kept from one state to the next as long as the machines are the same. */
export class TestbedJudge implements Judge {
  private network: Network | undefined;

  constructor(
    private readonly backend: DataplaneBackend,
    private readonly logger: Logger,
  ) {}

  async judgeProbes(state: SuiteState): Promise<readonly Finding[]> {
    if (hasHostRules(state)) return state.probes.map(() => ({ kind: 'skipped', reason: NO_HOST_RULES }));
    try {
      const network = await this.networkFor(topologyOf(state));
      const limit = limitObstacle(state, this.backend, network.hostLimits);
      if (limit !== undefined) return state.probes.map(() => ({ kind: 'skipped', reason: limit }));
      await network.apply(state);
      return await network.judge(state.probes);
    } catch (error) {
      // What is in force is not known: the next state begins anew.
      await this.close();
      if (!(error instanceof CodedError) || isOfHost(error)) throw error;
      return state.probes.map(() => ({ kind: 'failed', reason: `${error.code}: ${error.message}` }));
    }
  }

  reportFacts(state: SuiteState): readonly ProbeReport[] {
    return reportUnseenFacts(state);
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
class Network {
  private constructor(
    readonly testbed: Testbed,
    private readonly machines: string,
    private readonly dataplanes: readonly NodeDataplane[],
  ) {}

  static async create(topology: Topology, backend: DataplaneBackend, logger: Logger): Promise<Network> {
    const testbed = createTestbed(topology);
    try {
      await provePaths(testbed, topology);
      const dataplanes = await Promise.all(
        topology.nodes.map(({ name }) =>
          NodeDataplane.open(backend, { nodeName: name, networkNamespace: testbed.networkNamespaceOf(name), logger }),
        ),
      );
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

  async apply(state: SuiteState): Promise<void> {
    for (const dataplane of this.dataplanes) await dataplane.apply(state);
    this.testbed.forgetConnections();
  }

  async judge(probes: readonly SuiteProbe[]): Promise<readonly Finding[]> {
    const requests = probes.map(requestsOf);
    const results = await this.testbed.probe(requests.flat());
    let next = 0;
    return probes.map((probe, index) => {
      const count = requests[index]?.length ?? 0;
      const own = results.slice(next, next + count);
      next += count;
      return findingOf(probe, own);
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

/** Before any dataplane is there everybody reaches everybody: what is denied later is denied by the dataplane. */
async function provePaths(testbed: Testbed, { pods, outsiders, ports }: Topology): Promise<void> {
  const [port] = ports.filter(({ protocol }) => protocol === TCP || protocol === UDP);
  if (port === undefined) return;
  const hosts = [
    ...pods.map((pod) => ({ host: podHost(pod), addresses: pod.addresses })),
    ...outsiders.map((outsider) => ({ host: outsiderHost(outsider), addresses: outsider.addresses })),
  ];
  const requests = hosts.flatMap(({ host, addresses }) =>
    hosts.flatMap((to) =>
      to.addresses
        .filter((destination) => addresses.some((source) => familyOf(source) === familyOf(destination)))
        .map((destination): ProbeRequest => {
          const { protocol, port: destinationPort } = port;
          return { from: host, destination, destinationPort, protocol, isAnswerExpected: true };
        }),
    ),
  );
  const results = await testbed.probe(requests);
  const broken = results.findIndex(({ outcome }) => outcome !== 'connected');
  if (broken < 0) return;
  const { from, destination } = requests[broken] ?? {};
  throw new ConformanceError('PP_TESTBED_FAILED', `without any dataplane ${from} does not reach ${destination}`);
}

/** The flows that a probe takes; none if it cannot be sent. */
function requestsOf(probe: SuiteProbe): readonly ProbeRequest[] {
  const { sender, source, sourcePort, destination, destinationPort, protocol, expected } = probe;
  if (obstacleOf(probe) !== undefined || destinationPort === undefined) return [];
  const count = expected.translatedTo === undefined ? 1 : expected.translatedTo.length * FLOWS_PER_ENDPOINT;
  const request: ProbeRequest = {
    from: hostOf(sender, source),
    sourceAddress: source,
    ...(sourcePort !== undefined && { sourcePort }),
    destination,
    destinationPort,
    protocol,
    isAnswerExpected:
      expected.verdict === 'allow' || expected.verdict === 'reject' || expected.translatedTo !== undefined,
  };
  return Array.from({ length: count }, () => request);
}

function obstacleOf({ isSpoofed, destinationPort, expected }: SuiteProbe): string | undefined {
  if (isSpoofed) return 'PP_SUITE_NOT_SENDABLE: the prober does not send from another’s address';
  if (destinationPort === undefined) return 'PP_SUITE_NOT_SENDABLE: the prober sends TCP and UDP with ports only';
  const { verdict, translatedTo, isMasqueraded } = expected;
  const isSeen = [verdict, translatedTo, isMasqueraded].some((part) => part !== undefined);
  if (!isSeen || expected.isUntouched === true || expected.isAcceptedExplicitly === true) {
    return 'PP_SUITE_NOT_OBSERVABLE: the packets look the same with and without';
  }
  return undefined;
}

function hostOf(sender: SuiteSender, source: SuiteProbe['source']): HostName {
  if (sender.kind === 'pod') return podHost(sender);
  if (sender.kind === 'unmanaged') return podHost(unmanagedPod(source));
  return sender.kind === 'node' ? nodeHost({ name: sender.node }) : outsiderHost({ name: source });
}

function findingOf(probe: SuiteProbe, results: readonly ProbeResult[]): Finding {
  const obstacle = obstacleOf(probe);
  if (obstacle !== undefined) return { kind: 'skipped', reason: obstacle };
  const notSent = results.find((result) => result.outcome === 'notSendable');
  if (notSent !== undefined) return { kind: 'skipped', reason: `PP_SUITE_NOT_SENDABLE: ${notSent.reason}` };
  const answers = results.filter((result) => result.outcome === 'connected');
  const unanswered = results.find((result) => result.outcome !== 'connected');
  if (unanswered !== undefined)
    return { kind: 'judged', verdict: unanswered.outcome === 'refused' ? 'reject' : 'deny' };
  return {
    kind: 'judged',
    verdict: 'allow',
    destinations: [...new Set(answers.map(({ at }) => formatSocketAddress(at)))].sort(),
    isTranslated: answers.some(({ at }) => at.address !== probe.destination || at.port !== probe.destinationPort),
    ...masqueradeOf(
      probe,
      answers.map(({ seenSource }) => seenSource),
    ),
  };
}

/** A node's own address in place of itself cannot be told from none. */
function masqueradeOf(
  { sender, source }: SuiteProbe,
  seen: readonly IpAddress[],
): { readonly isMasqueraded?: boolean } {
  const isChanged = seen.some((address) => address !== source);
  return isChanged || sender.kind !== 'node' ? { isMasqueraded: isChanged } : {};
}

function formatSocketAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
