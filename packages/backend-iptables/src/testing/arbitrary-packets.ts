/** Packets from every kind of sender to what the random states are about. */
import fc from 'fast-check';
import {
  hasPorts,
  ICMP,
  ICMPV6,
  type IpFamily,
  type Protocol,
  parseIpAddress,
  parsePort,
  SCTP,
  TCP,
  UDP,
} from '@polyplane/core/backend';
import type { Packet, PacketEntry } from '@polyplane/core/simulator';
import { buildWorkload } from '@polyplane/core/testing';
import { arbitraryIcmp, EXPERIMENTAL } from './arbitrary-rules';
import {
  CLIENT,
  FAMILIES,
  FAR,
  FLOATING,
  LOOPBACK,
  NODE,
  OTHER_CLIENT,
  OTHER_SOURCE,
  type Place,
  VIPS,
  WORKLOADS,
} from './places';

const fromWorkload = (name: keyof typeof WORKLOADS): PacketEntry => ({
  kind: 'workload',
  workload: buildWorkload(name, WORKLOADS[name][4]).key,
});

/** Pods, also with an address that may not be theirs; processes of the host; the network. */
const arbitrarySender = fc.constantFrom<readonly [PacketEntry, Place]>(
  [fromWorkload('web'), WORKLOADS.web],
  [fromWorkload('web'), OTHER_SOURCE],
  [fromWorkload('api'), WORKLOADS.api],
  [{ kind: 'host' }, NODE],
  [{ kind: 'host' }, NODE],
  [{ kind: 'network' }, CLIENT],
  [{ kind: 'network' }, OTHER_CLIENT],
  [{ kind: 'network' }, FAR],
);

const DESTINATIONS: readonly Place[] = [
  ...Object.values(WORKLOADS),
  FAR,
  NODE,
  NODE,
  CLIENT,
  ...VIPS,
  ...VIPS,
  ...FLOATING,
];

/** A packet that comes from anywhere to anything. */
export const arbitraryPacket: fc.Arbitrary<Packet> = fc
  .record({
    family: fc.constantFrom(...FAMILIES),
    sender: arbitrarySender,
    destination: fc.constantFrom(...DESTINATIONS),
    sourcePort: fc.constantFrom(40000, 50000, 50000, 50000),
    destinationPort: fc.constantFrom(80, 80, 81, 90, 443, 8080, 30080, 30080),
    protocol: fc.constantFrom<Protocol | 'ICMP'>(TCP, TCP, TCP, UDP, SCTP, 'ICMP', EXPERIMENTAL),
    icmp: arbitraryIcmp,
    isOverLoopback: fc.constantFrom(false, false, false, false, true),
  })
  .map(({ family, sender: [entry, source], destination, protocol: kind, isOverLoopback, ...rest }) => {
    const protocol = kind === 'ICMP' ? OWN_ICMP[family] : kind;
    const isLoopback = entry.kind === 'host' && isOverLoopback;
    return {
      entry,
      source: parseIpAddress((isLoopback ? LOOPBACK : source)[family]),
      destination: parseIpAddress((isLoopback ? LOOPBACK : destination)[family]),
      protocol,
      ...(kind === 'ICMP' ? { icmp: { code: 0, ...rest.icmp } } : {}),
      ...(hasPorts(protocol)
        ? { sourcePort: parsePort(rest.sourcePort), destinationPort: parsePort(rest.destinationPort) }
        : {}),
    };
  });

const OWN_ICMP: Readonly<Record<IpFamily, Protocol>> = { 4: ICMP, 6: ICMPV6 };
