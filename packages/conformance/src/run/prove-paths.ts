/** Proves a testbed before any dataplane is there: what is denied later is denied by the dataplane. */
import { familyOf, ICMP, ICMPV6, type IpAddress, type Protocol } from '@polyplane/core';
import { ConformanceError } from '../conformance-error';
import type { HostName, ProbeRequest } from '../prober/probe';
import type { ListeningPort } from '../prober/prober';
import type { Testbed } from '../testbed/testbed';
import { nodeHost, outsiderHost, podHost, type Topology } from '../testbed/topology';

/**
 * Everybody reaches everybody, by every protocol that the testbed listens on.
 * @throws ConformanceError PP_TESTBED_FAILED
 */
export async function provePaths(testbed: Testbed, topology: Topology): Promise<void> {
  const machines = machinesOf(topology);
  const requests = onePortOfEach(topology.ports).flatMap((port) =>
    machines.flatMap((from) => machines.flatMap((to) => requestsBetween(from, to, port))),
  );
  const results = await testbed.probe(requests);
  const broken = results.findIndex(({ outcome }) => outcome !== 'connected');
  if (broken < 0) return;
  const { from, destination, protocol } = requests[broken] ?? {};
  const path = `${from} does not reach ${destination} by protocol ${protocol}`;
  throw new ConformanceError('PP_TESTBED_FAILED', `without any dataplane ${path}: ${results[broken]?.outcome}`);
}

interface Machine {
  readonly host: HostName;
  readonly addresses: readonly IpAddress[];
}

function machinesOf({ nodes, pods, outsiders }: Topology): readonly Machine[] {
  return [
    ...nodes.map((node) => ({ host: nodeHost(node), addresses: node.addresses })),
    ...pods.map((pod) => ({ host: podHost(pod), addresses: pod.addresses })),
    ...outsiders.map((outsider) => ({ host: outsiderHost(outsider), addresses: outsider.addresses })),
  ];
}

function onePortOfEach(ports: readonly ListeningPort[]): readonly ListeningPort[] {
  return [...new Map(ports.map((port) => [port.protocol, port])).values()];
}

function requestsBetween(from: Machine, to: Machine, { protocol, port }: ListeningPort): readonly ProbeRequest[] {
  return to.addresses
    .filter((destination) => isSpoken(protocol, destination) && hasFamilyOf(from, destination))
    .map((destination) => ({
      from: from.host,
      destination,
      ...(port !== undefined && { destinationPort: port }),
      protocol,
      isAnswerExpected: true,
    }));
}

/** Each family has an ICMP of its own. */
function isSpoken(protocol: Protocol, address: IpAddress): boolean {
  return protocol !== (familyOf(address) === 4 ? ICMPV6 : ICMP);
}

function hasFamilyOf({ addresses }: Machine, destination: IpAddress): boolean {
  return addresses.some((address) => familyOf(address) === familyOf(destination));
}
