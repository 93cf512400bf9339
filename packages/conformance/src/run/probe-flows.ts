/** A suite's probe as flows of the prober, and what their results say. */
import { hasPorts, ICMP, type IpAddress } from '@polyplane/core';
import type { HostName, ProbeRequest, ProbeResult } from '../prober/probe';
import type { SocketAddress } from '../prober/socket-address';
import type { SuiteProbe, SuiteSender } from '../suites/suite';
import { nodeHost, outsiderHost, podHost } from '../testbed/topology';
import type { Finding } from './finding';
import { unmanagedPod } from './topology-of';

/** A service that may send to n endpoints is asked so often for each that missing one is as good as impossible. */
const FLOWS_PER_ENDPOINT = 20;

/** The flows that a probe takes; none if it cannot be sent. */
export function requestsOf(probe: SuiteProbe): readonly ProbeRequest[] {
  const { sender, source, sourcePort, destination, destinationPort, protocol, expected } = probe;
  if (obstacleOf(probe) !== undefined) return [];
  const count = expected.translatedTo === undefined ? 1 : expected.translatedTo.length * FLOWS_PER_ENDPOINT;
  const request: ProbeRequest = {
    from: hostOf(sender, source),
    sourceAddress: source,
    ...(sourcePort !== undefined && { sourcePort }),
    destination,
    ...(destinationPort !== undefined && { destinationPort }),
    protocol,
    isAnswerExpected:
      expected.verdict === 'allow' || expected.verdict === 'reject' || expected.translatedTo !== undefined,
  };
  return Array.from({ length: count }, () => request);
}

function obstacleOf(probe: SuiteProbe): string | undefined {
  const { sender, source, destination, isSpoofed, protocol, icmp, destinationPort, expected } = probe;
  if (sender.kind === 'external' && source === destination) {
    return 'PP_SUITE_NOT_SENDABLE: no machine outside has the address that it dials';
  }
  if (isSpoofed) return 'PP_SUITE_NOT_SENDABLE: the prober does not send from another’s address';
  if (hasPorts(protocol) && destinationPort === undefined) return 'PP_SUITE_NOT_SENDABLE: there is no port to send to';
  if (icmp !== undefined && !isEcho(probe)) return 'PP_SUITE_NOT_SENDABLE: the prober sends ICMP echo requests only';
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

/** What the results of the probe's flows say. `isBound`: the service that it dials keeps a client with one endpoint. */
export function findingOf(probe: SuiteProbe, results: readonly ProbeResult[], isBound: boolean): Finding {
  const obstacle = obstacleOf(probe);
  if (obstacle !== undefined) return { kind: 'skipped', reason: obstacle };
  const notSent = results.find((result) => result.outcome === 'notSendable');
  if (notSent !== undefined) return { kind: 'skipped', reason: `PP_SUITE_NOT_SENDABLE: ${notSent.reason}` };
  const answers = results.filter((result) => result.outcome === 'connected');
  const unanswered = results.find((result) => result.outcome !== 'connected');
  if (unanswered !== undefined)
    return { kind: 'judged', verdict: unanswered.outcome === 'refused' ? 'reject' : 'deny' };
  const destinations = [...new Set(answers.map(({ at }) => formatSocketAddress(at)))].sort();
  return {
    kind: 'judged',
    verdict: 'allow',
    destinations,
    ...(isBound && { isClientBound: destinations.length === 1 }),
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

function isEcho({ protocol, icmp }: SuiteProbe): boolean {
  return icmp?.type === (protocol === ICMP ? 8 : 128) && (icmp.code ?? 0) === 0;
}

function formatSocketAddress({ address, port }: SocketAddress): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
