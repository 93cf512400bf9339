/**
 * The policy programs of Calico's Felix with the packets they were tried with, judged by the simulator. A program stands
 * for what one interface does: here it becomes a node on which exactly its policies decide.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { type DesiredObject, type IpAddress, type Port, parseIpAddress, parseProtocol } from '../state';
import { buildHostEndpoint, buildSettings, buildWorkload, stateOf } from '../testing/desired-objects';
import {
  FelixConversion,
  type FelixProbe,
  type FelixProgram,
  formatFelixProbe,
  readFelixPrograms,
} from '../testing/felix-programs';
import type { Judgement, Packet, PacketEntry, TraceStep } from './packet';
import { NodeSimulator } from './simulator';

const SUITE = join(__dirname, '../../../conformance/suites/felix-policy');

/** How a probe's packet meets the program. */
type Place = (program: FelixProgram, probe: FelixProbe) => Judgement;

/** The program on the host's interface; what is from or to the host is what its normal policy judges. */
const onHostInterface: Place = (program, probe) => {
  const conversion = new FelixConversion(program, 'ingress');
  const hostEndpoint = buildHostEndpoint('hep', conversion.hostTiers());
  const isHostTraffic = probe.fromHost === true || probe.toHost === true;
  const settings = buildSettings({ nodeAddresses: isHostTraffic ? [parseIpAddress(probe.to.ip)] : [] });
  return judge([...conversion.objects, hostEndpoint, settings], { kind: 'network' }, probe);
};

/** The program on the interface of a workload that receives the packet. */
const atReceiver: Place = (program, probe) => {
  const conversion = new FelixConversion(program, 'ingress');
  const workload = buildWorkload('w', probe.to.ip, { tiers: conversion.tiers(program.tiers.workload) });
  const hostEndpoint = buildHostEndpoint('hep', conversion.hostTiers());
  const objects = [...conversion.objects, workload, ...(hasHostPolicy(program) ? [hostEndpoint] : []), buildSettings()];
  return judge(objects, { kind: 'network' }, probe);
};

/** The program on the interface of the workload that sends the packet, to its host if the probe says so. */
const atSender: Place = (program, probe) => {
  const egress = new FelixConversion(program, 'egress');
  const ingress = new FelixConversion(program, 'ingress');
  const hostEndpoint = buildHostEndpoint('hep', { preDnatTiers: ingress.tiers(program.tiers.hostPreDNAT) });
  const workload = buildWorkload('w', probe.from.ip, { tiers: egress.tiers(program.tiers.workload) });
  const isHostTraffic = probe.fromHost === true || probe.toHost === true;
  const settings = buildSettings({
    nodeAddresses: isHostTraffic ? [parseIpAddress(probe.to.ip)] : [],
    endpointToHostAction: 'accept',
  });
  const objects = [...ingress.objects, ...egress.objects, hostEndpoint, workload, settings];
  return judge(objects, { kind: 'workload', workload: workload.key }, probe);
};

function hasHostPolicy({ tiers }: FelixProgram): boolean {
  return tiers.hostPreDNAT !== undefined || tiers.hostForward !== undefined;
}

/** Where the program can be tried. What is from or to the host meets a workload's policy only as the workload's own. */
function placesOf(program: FelixProgram, probe: FelixProbe): readonly Place[] {
  if (program.interface === 'host') return [onHostInterface];
  if (probe.fromHost === true || probe.toHost === true) return [atSender];
  if (hasHostPolicy(program)) return [atReceiver];
  // No loopback address comes from the network, and none leads out of a workload; what one sends to itself does not either.
  const leaves = probe.to.ip !== '::1' && probe.to.ip !== probe.from.ip;
  return [...(probe.from.ip === '::1' ? [] : [atReceiver]), ...(leaves ? [atSender] : [])];
}

function judge(
  objects: readonly DesiredObject[],
  entry: PacketEntry,
  { from, to, preDNAT, icmp }: FelixProbe,
): Judgement {
  const protocol = parseProtocol(to.protocol);
  const dialled = preDNAT ?? to;
  const endOf = ({ ip, port }: FelixProbe['from']): { address: IpAddress; port: Port } => ({
    address: parseIpAddress(ip),
    port: port as Port,
  });
  const options =
    preDNAT === undefined ? {} : { hostTranslations: [{ protocol, from: endOf(preDNAT), to: endOf(to) }] };
  const packet: Packet = {
    entry,
    source: parseIpAddress(from.ip),
    destination: parseIpAddress(dialled.ip),
    protocol,
    ...(from.port === undefined ? {} : { sourcePort: from.port as Port }),
    ...(dialled.port === undefined ? {} : { destinationPort: dialled.port as Port }),
    ...(icmp === undefined ? {} : { icmp }),
  };
  return new NodeSimulator(stateOf(...objects), options).judge(packet);
}

function stepsOf({ steps, destinations }: Judgement): readonly TraceStep[] {
  return [...steps, ...destinations.flatMap((destination) => destination.steps)];
}

/** The verdict in the peer's terms: its early stage says of what it leaves to later ones that it is unmatched. */
function verdictOf(program: FelixProgram, judgement: Judgement): string {
  if (program.stage === 'tc') return judgement.verdict;
  const decision = stepsOf(judgement).find(({ stage }) => stage === 'untracked');
  return decision?.outcome ?? 'unmatched';
}

/** The rules and tier ends that the packet met, by the peer's ids. */
function matchesOf({ tiers }: FelixProgram, judgement: Judgement): readonly string[] {
  const ends = new Map((tiers.workload ?? []).map(({ name, endId }) => [`end of tier ${name}`, endId]));
  const policySteps = stepsOf(judgement).filter(({ stage }) => stage.endsWith('Policy'));
  return policySteps.map(({ rule = '' }) => (rule === 'no profile matched' ? 'no-profile' : (ends.get(rule) ?? rule)));
}

describe('Felix’s policy programs', () => {
  for (const program of readFelixPrograms(SUITE)) {
    describe(`${program.id}: ${program.title}`, () => {
      for (const probe of program.probes) {
        const { verdict, matches } = probe.expect;
        it(`${formatFelixProbe(probe)}: ${verdict}`, () => {
          for (const place of placesOf(program, probe)) {
            const judgement = place(program, probe);
            expect(verdictOf(program, judgement)).to.equal(verdict);
            if (matches !== undefined) expect(matchesOf(program, judgement)).to.deep.equal(matches);
          }
        });
      }
    });
  }
});
