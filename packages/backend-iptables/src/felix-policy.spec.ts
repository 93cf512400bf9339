/**
 * The policy programs of Calico's Felix in force on the node, and the packets they were tried with sent for real. A
 * program stands for what one interface does: on a workload's it judges first what each workload receives, then what
 * each sends; on the host's it judges what comes from outside.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLED_SUITES_FOLDER, type HostName, type Topology } from '@polyplane/conformance';
import {
  type DesiredObject,
  type EndpointTier,
  type IpAddress,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  FelixConversion,
  type FelixProbe,
  type FelixProgram,
  formatFelixProbe,
  readFelixPrograms,
} from '@polyplane/core/testing';
import type { IptablesVariant } from './kernel/variant';
import { FelixBed, type FelixPacket } from './testing/felix-bed';
import { describeOnKernel } from './testing/on-kernel';
import { OPEN } from './testing/session-bed';

const PROGRAMS = readFelixPrograms(join(BUNDLED_SUITES_FOLDER, 'felix-policy'));

/** Between them they have every kind of tier, match and host policy. */
const ON_LEGACY: ReadonlySet<string> = new Set([
  '08-pass-to-allow',
  '75-allow-to-ip-set',
  'flowlog-tiers-and-rules',
  'host-06-pre-dnat-policy-normal-profiles',
]);

/** What no real packet can show, and how many probes each reason leaves out. */
const EXPECTED_OBSTACLES: Readonly<Record<string, number>> = {
  'IPv6 multicast': 77,
  'a loopback address on the network': 1,
  'an ICMP message other than an echo request': 11,
  'an early stage that leaves packets undecided': 2,
  'sent by the host, and yet judged by what judges arriving packets': 5,
};

const ICMP_ECHO = 8;
const UPLINK = parseIpAddress('172.18.0.2');
const UPLINK_6 = parseIpAddress('fd00:18::2');
const SETTINGS = buildSettings({ nodeName: 'n1', nodeAddresses: [UPLINK, UPLINK_6] });

describe('Of Felix’s policy programs', () => {
  it('what cannot be sent or seen is just this', () => {
    const counts: Record<string, number> = {};
    for (const program of PROGRAMS) {
      for (const probe of program.probes) {
        const reason = obstacleOf(program, probe);
        if (reason !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
      }
    }
    expect(counts).to.deep.equal(EXPECTED_OBSTACLES);
  });
});

describeOnKernel('Felix’s policy programs', (variant) => {
  const programs = PROGRAMS.filter(({ id }) => variant === 'nft' || ON_LEGACY.has(id));
  describeWorkloadPrograms(
    variant,
    programs.filter((program) => program.interface === 'workload'),
  );
  for (const isToHost of [false, true]) {
    describeHostPrograms(
      variant,
      programs.filter((program) => program.interface === 'host'),
      isToHost,
    );
  }
});

function describeWorkloadPrograms(variant: IptablesVariant, programs: readonly FelixProgram[]): void {
  describe('on the interfaces of workloads', () => {
    const workloads = workloadsAt(
      programs.flatMap((program) => sendableOf(program)).flatMap(({ from, to }) => [from, to]),
    );
    let bed: FelixBed;
    before(async () => {
      bed = await FelixBed.open(variant, topologyOf([], workloads, []));
    });
    after(() => bed?.close());

    for (const program of programs) {
      const probes = sendableOf(program);
      if (probes.length === 0) continue;
      it(`${program.id}: ${program.title}`, async () => {
        const packets = probes.map((probe) =>
          packetOf(probe, hostOf(workloads, probe.from), hostOf(workloads, probe.to)),
        );
        await expectAllThrough(bed, [...opened(workloads), SETTINGS], packets);
        for (const direction of ['ingress', 'egress'] as const) {
          const conversion = new FelixConversion(program, direction);
          const tiers = [openTier(direction), ...conversion.tiers(program.tiers.workload)];
          await bed.enforce([
            ...conversion.objects,
            OPEN,
            ...workloads.map((workload) => ({ ...workload, tiers })),
            SETTINGS,
          ]);
          expect(await bed.send(packets), direction).to.deep.equal(packets.map(({ verdict }) => verdict));
        }
      });
    }
  });
}

/** What is sent to the host arrives at the node's own addresses, all else at workloads behind it. */
function describeHostPrograms(variant: IptablesVariant, programs: readonly FelixProgram[], isToHost: boolean): void {
  describe(isToHost ? 'on the host’s interface, to the host' : 'on the host’s interface, to workloads', () => {
    const ofPlace = (program: FelixProgram): readonly FelixProbe[] =>
      sendableOf(program).filter(({ toHost = false }) => toHost === isToHost);
    const probes = programs.flatMap(ofPlace);
    const arrivals = probes.flatMap(({ to, preDNAT = to }) => [to, preDNAT]);
    const workloads = isToHost ? [] : workloadsAt(arrivals);
    const own = isToHost ? distinctAddresses(arrivals) : [];
    const senders = distinctAddresses(probes.map(({ from }) => from));
    const settings = { ...SETTINGS, nodeAddresses: [...SETTINGS.nodeAddresses, ...own] };
    let bed: FelixBed;
    before(async () => {
      bed = await FelixBed.open(variant, topologyOf(own, workloads, senders));
    });
    after(() => bed?.close());

    for (const program of programs) {
      for (const probe of ofPlace(program)) {
        it(`${program.id}: ${formatFelixProbe(probe)}: ${probe.expect.verdict}`, async () => {
          const sender: HostName = `outside:${probe.from.ip}`;
          const packets = [packetOf(probe, sender, isToHost ? 'node:n1' : hostOf(workloads, probe.to))];
          const around = [...opened(workloads), ...translationOf(probe), settings];
          await expectAllThrough(bed, around, packets);
          const conversion = new FelixConversion(program, 'ingress');
          const hostEndpoint = buildHostEndpoint('hep', conversion.hostTiers());
          await bed.enforce([...conversion.objects, hostEndpoint, ...around]);
          expect(await bed.send(packets)).to.deep.equal([probe.expect.verdict]);
        });
      }
    }
  });
}

/** Without the program nothing is in the way: what is denied under it is denied by it. */
async function expectAllThrough(
  bed: FelixBed,
  objects: readonly DesiredObject[],
  packets: readonly FelixPacket[],
): Promise<void> {
  await bed.enforce(objects);
  const outcomes = await bed.send(packets.map((packet) => ({ ...packet, verdict: 'allow' })));
  expect(outcomes, 'without the program').to.deep.equal(packets.map(() => 'allow'));
}

function sendableOf(program: FelixProgram): readonly FelixProbe[] {
  return program.probes.filter((probe) => obstacleOf(program, probe) === undefined);
}

/** Why no real packet can show what the probe expects; undefined when one can. */
function obstacleOf(program: FelixProgram, { from, to, fromHost, icmp }: FelixProbe): string | undefined {
  const ends = [parseIpAddress(from.ip), parseIpAddress(to.ip)];
  if (program.stage === 'xdp') return 'an early stage that leaves packets undecided';
  if (fromHost === true) return 'sent by the host, and yet judged by what judges arriving packets';
  if (ends.some((address) => /^ff/i.test(address))) return 'IPv6 multicast';
  if (ends.some((address) => address === '::1')) return 'a loopback address on the network';
  if (icmp !== undefined && icmp.type !== ICMP_ECHO) return 'an ICMP message other than an echo request';
  return undefined;
}

function packetOf(
  { from, to, preDNAT, expect: { verdict } }: FelixProbe,
  sender: HostName,
  host: HostName,
): FelixPacket {
  if (verdict === 'unmatched') throw new Error('a real packet is allowed or denied');
  const dialled = preDNAT ?? to;
  const protocol = parseProtocol(to.protocol);
  return {
    request: {
      from: sender,
      sourceAddress: parseIpAddress(from.ip),
      ...(from.port !== undefined && { sourcePort: parsePort(from.port) }),
      destination: parseIpAddress(dialled.ip),
      ...(dialled.port !== undefined && { destinationPort: parsePort(dialled.port) }),
      protocol,
    },
    arrival: {
      host,
      address: parseIpAddress(to.ip),
      listening: { protocol, ...(to.port !== undefined && { port: parsePort(to.port) }) },
    },
    verdict,
  };
}

/** The service that makes the translation which the packet has behind it. */
function translationOf({ to, preDNAT }: FelixProbe): readonly DesiredObject[] {
  if (preDNAT?.port === undefined || to.port === undefined) return [];
  const frontend = buildFrontend('clusterIp', preDNAT.port, preDNAT.ip);
  const endpoint = buildServiceEndpoint(to.ip, to.port, true);
  return [buildService('translation', [frontend], [endpoint], { protocol: parseProtocol(to.protocol) })];
}

function topologyOf(
  own: readonly IpAddress[],
  workloads: readonly WorkloadEndpoint[],
  outsiders: readonly IpAddress[],
): Omit<Topology, 'ports'> {
  return {
    nodes: [{ name: 'n1', addresses: [UPLINK, UPLINK_6, ...own], routedAddresses: [] }],
    pods: workloads.map((workload) => ({ ...workload, node: 'n1' })),
    outsiders: outsiders.map((address) => ({ name: address, addresses: [address] })),
  };
}

function workloadsAt(ends: readonly { readonly ip: string }[]): readonly WorkloadEndpoint[] {
  return distinctAddresses(ends).map((address, index) => buildWorkload(`w${index}`, address));
}

function opened(workloads: readonly WorkloadEndpoint[]): readonly DesiredObject[] {
  return [OPEN, ...workloads.map((workload) => ({ ...workload, tiers: [buildTier([OPEN])] }))];
}

/** Lets everything through in the direction in which the program does not judge. */
function openTier(judged: 'ingress' | 'egress'): EndpointTier {
  return { ...buildTier([OPEN], { name: 'open' }), [judged]: [] };
}

function hostOf(workloads: readonly WorkloadEndpoint[], { ip }: { readonly ip: string }): HostName {
  const address = parseIpAddress(ip);
  const workload = workloads.find(({ addresses }) => addresses.includes(address));
  return `pod:default/${workload?.name}`;
}

function distinctAddresses(ends: readonly { readonly ip: string }[]): readonly IpAddress[] {
  return [...new Set(ends.map(({ ip }) => parseIpAddress(ip)))];
}
