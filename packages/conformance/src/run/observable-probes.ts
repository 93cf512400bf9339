/** Which answers a testbed cannot show, so that silence says nothing about the dataplane. */
import type { IpAddress } from '@polyplane/core';
import type { SuiteProbe, SuiteState } from '../suites/suite';
import type { Topology } from '../testbed/topology';
import type { Finding } from './finding';
import { SimulatedCluster } from './simulator-judge';
import { unownedAddresses } from './topology-of';

export class ObservableProbes {
  private readonly unowned: ReadonlySet<IpAddress>;
  private simulated: SimulatedCluster | undefined;

  constructor(
    private readonly state: SuiteState,
    private readonly topology: Topology,
  ) {
    this.unowned = unownedAddresses(state);
  }

  /** The finding, unless nobody could have seen what the probe expects. */
  withoutUnseen(probe: SuiteProbe | undefined, finding: Finding): Finding {
    if (probe === undefined) return finding;
    if (probe.expected.verdict === 'allow' && this.unowned.has(probe.destination)) {
      return { kind: 'skipped', reason: NOBODY_ANSWERS };
    }
    const isSilent = finding.kind === 'judged' && finding.verdict !== 'allow';
    return isSilent && this.losesAnswer(probe) ? { kind: 'skipped', reason: ANSWER_LOST } : finding;
  }

  /** The client is outside, the node keeps the client's address, and the endpoint's answer does not pass the node. */
  private losesAnswer(probe: SuiteProbe): boolean {
    const { sender, expected } = probe;
    return (
      sender.kind === 'external' &&
      expected.verdict !== 'deny' &&
      expected.verdict !== 'reject' &&
      hasFarEndpoint(probe, this.topology) &&
      !(expected.isMasqueraded ?? this.isMasqueraded(probe))
    );
  }

  /** Where the suite does not say it, the oracle does. */
  private isMasqueraded(probe: SuiteProbe): boolean {
    this.simulated ??= new SimulatedCluster(this.state);
    return this.simulated.judge(probe).isMasqueraded === true;
  }
}

const NOBODY_ANSWERS =
  'PP_SUITE_NOT_OBSERVABLE: no service has the address: whether packets to it are routed on, nobody sees';

const ANSWER_LOST =
  'PP_SUITE_NOT_OBSERVABLE: the endpoint answers the client outside directly, past the node that translated';

/** Some endpoint that it may be sent to is no machine behind the node that it comes in by. */
function hasFarEndpoint({ destination, expected }: SuiteProbe, { nodes, pods }: Topology): boolean {
  // The network outside sends service addresses to the first node.
  const entry = nodes.find(({ addresses }) => addresses.includes(destination)) ?? nodes[0];
  const behind = pods.filter(({ node }) => node === entry?.name).flatMap(({ addresses }) => addresses);
  const near = new Set<string>([...(entry?.addresses ?? []), ...behind]);
  return (expected.translatedTo ?? []).some((target) => !near.has(addressOf(target)));
}

/** Of `ADDRESS:PORT`, or `[ADDRESS]:PORT`. */
function addressOf(target: string): string {
  return target.slice(0, target.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
