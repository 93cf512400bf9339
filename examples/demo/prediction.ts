/** What the simulator says of a flow, in the terms in which a flow can be watched. */
import type { HostName } from '@polyplane/conformance';
import type { IpAddress } from '@polyplane/core';
import type { Destination, NodeSimulator, Verdict } from '@polyplane/core/simulator';
import type { Cell } from './matrix';
import type { Sender, Target } from './scene';

/** One way that a flow may go, or went. */
export interface Outcome {
  readonly cell: Exclude<Cell, 'depends' | 'elsewhere' | 'notAsked'>;
  /** Who answers, if anybody does. */
  readonly by?: HostName;
}

/** Every way that a flow may go: more than one when a service balances. */
export function predict(
  simulator: NodeSimulator,
  hosts: ReadonlyMap<IpAddress, HostName>,
  sender: Sender,
  target: Target,
): readonly Outcome[] {
  const { verdict, destinations } = simulator.judge({
    entry: sender.entry,
    source: sender.address,
    destination: target.address,
    destinationPort: target.port,
    protocol: target.protocol,
  });
  if (destinations.length === 0) return [refusal(verdict)];
  return destinations.map((destination) => outcomeOf(destination, hosts, sender));
}

function outcomeOf(destination: Destination, hosts: ReadonlyMap<IpAddress, HostName>, sender: Sender): Outcome {
  if (destination.verdict !== 'allow') return refusal(destination.verdict);
  const by = hosts.get(destination.address);
  const cell = destination.source === sender.address ? 'reached' : 'reachedAsNode';
  return by === undefined ? { cell } : { cell, by };
}

function refusal(verdict: Verdict): Outcome {
  return { cell: verdict === 'reject' ? 'refused' : 'dropped' };
}
