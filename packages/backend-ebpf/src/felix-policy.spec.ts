/**
 * The policy programs of Calico's Felix, and the packets they were tried with, against our programs in the kernel. A program of the
 * peer's asks everything at once: here each stage is a program of its own, asked in the same order.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLED_SUITES_FOLDER } from '@polyplane/conformance';
import { type HostEndpoint, parseIpAddress, parseProtocol, type WorkloadEndpoint } from '@polyplane/core/backend';
import {
  buildHostEndpoint,
  buildSettings,
  buildWorkload,
  FelixConversion,
  type FelixProbe,
  type FelixProgram,
  formatFelixProbe,
  readFelixPrograms,
  stateOf,
} from '@polyplane/core/testing';
import { type RuleId, renderPolicyProgram } from './render/policy/policy-program';
import { hostQuestion, type PolicyQuestion, workloadQuestion } from './render/policy/policy-question';
import { describeOnKernel } from './testing/on-kernel';
import { PolicyBed, type PolicyPacket } from './testing/policy-bed';

const PROGRAMS = readFelixPrograms(join(BUNDLED_SUITES_FOLDER, 'felix-policy'));

describeOnKernel('Felix’s policy programs, in the kernel', () => {
  let bed: PolicyBed;
  before(() => {
    bed = new PolicyBed();
  });
  after(() => bed.close());

  for (const program of PROGRAMS) {
    it(`${program.id}: ${program.title}`, () => {
      const asked = new AskedProgram(program, bed);
      for (const probe of program.probes) {
        expect(asked.verdictOf(probe), formatFelixProbe(probe)).to.equal(probe.expect.verdict);
        if (probe.expect.matches !== undefined) {
          expect(asked.matchesOf(probe), formatFelixProbe(probe)).to.deep.equal(probe.expect.matches);
        }
      }
    });
  }
});

/** A program of the peer's as the questions that an interface is asked. */
class AskedProgram {
  private readonly workload: WorkloadEndpoint;
  private readonly host: HostEndpoint;
  private readonly state: ReturnType<typeof stateOf>;

  constructor(
    private readonly program: FelixProgram,
    private readonly bed: PolicyBed,
  ) {
    const conversion = new FelixConversion(program, 'ingress');
    this.host = buildHostEndpoint('host', conversion.hostTiers());
    this.workload = buildWorkload('w', '10.0.0.2', { tiers: conversion.tiers(program.tiers.workload) });
    this.state = stateOf(...conversion.objects, this.workload, this.host, buildSettings());
  }

  /** The first stage that allows ends what the host is asked, the first that denies ends all. */
  verdictOf(probe: FelixProbe): string {
    const packet = packetOf(probe);
    if (this.program.stage === 'xdp') {
      const { verdict } = this.ask(this.untrackedQuestion(), packet);
      return verdict === 'next' ? 'unmatched' : verdict;
    }
    const before = this.ask(this.hostQuestion('preDnat'), packet).verdict;
    if (before === 'deny') return 'deny';
    const isOfHost = probe.fromHost === true || probe.toHost === true;
    const own =
      before === 'next' ? this.ask(this.hostQuestion(isOfHost ? 'normal' : 'forward'), packet).verdict : 'allow';
    if (own === 'deny' || this.program.interface === 'host') return own;
    return this.ask(workloadQuestion(this.workload, 'ingress'), packet).verdict;
  }

  /** The rules that the packet met, by the peer's ids, and the end that decided where no rule did. */
  matchesOf(probe: FelixProbe): readonly string[] {
    const question = workloadQuestion(this.workload, 'ingress');
    const rules = [...renderPolicyProgram(question, this.state, this.bed).rules];
    const before = new Map(rules.map((rule) => [rule, this.bed.countOf(rule).packets]));
    const { rule } = this.ask(question, packetOf(probe));
    const counted = rules.filter((each) => this.bed.countOf(each).packets > (before.get(each) ?? 0));
    const names = counted.map((each) => this.nameOf(each));
    return rule === undefined ? [...names, this.endBehind(counted)] : names;
  }

  private ask(question: PolicyQuestion, packet: PolicyPacket): ReturnType<PolicyBed['ask']> {
    this.bed.load(renderPolicyProgram(question, this.state, this.bed), this.state);
    return this.bed.ask(packet);
  }

  private hostQuestion(stage: 'normal' | 'forward' | 'preDnat'): PolicyQuestion {
    return hostQuestion(this.host, stage, 'ingress', buildSettings());
  }

  /** The dataplane has no such stage: the programs could answer it all the same. */
  private untrackedQuestion(): PolicyQuestion {
    return { ...this.hostQuestion('preDnat'), tiers: this.host.untrackedTiers };
  }

  private nameOf(id: RuleId): string {
    const [key, , index] = id.split('|');
    const policy = [...this.state.policies.values()].find((each) => each.key === key);
    return policy?.ingress[Number(index)]?.origin.field ?? '';
  }

  /** The end of the first tier that none of the rules passed the packet on from. */
  private endBehind(counted: readonly RuleId[]): string {
    const passed = new Set(counted.map((id) => id.split('|')[0]));
    const last = this.workload.tiers.find(({ ingress }) => !ingress.some((key) => passed.has(key)));
    return (this.program.tiers.workload ?? []).find(({ name }) => name === last?.name)?.endId ?? 'no-profile';
  }
}

function packetOf({ from, to, preDNAT, icmp }: FelixProbe): PolicyPacket {
  return {
    source: parseIpAddress(from.ip),
    destination: parseIpAddress(to.ip),
    protocol: parseProtocol(to.protocol),
    sourcePort: from.port,
    destinationPort: to.port,
    icmp,
    ...(preDNAT === undefined ? {} : { beforeDnat: { address: parseIpAddress(preDNAT.ip), port: preDNAT.port } }),
  };
}
