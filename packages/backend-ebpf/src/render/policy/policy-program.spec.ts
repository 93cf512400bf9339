import { expect } from 'chai';
import { ICMP, type Port, parseIpAddress, TCP, UDP } from '@polyplane/core/backend';
import {
  buildHostEndpoint,
  buildPolicy,
  buildProfile,
  buildRule,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '@polyplane/core/testing';
import { EbpfError } from '../../ebpf-error';
import { FAILSAFES } from '../../testing/arbitrary-policy';
import { describeOnKernel } from '../../testing/on-kernel';
import { PolicyBed, type PolicyPacket } from '../../testing/policy-bed';
import { Identifiers } from '../identifiers';
import { KeyNumbers } from './key-numbers';
import { type PolicyProgram, printPolicyProgram, type RuleId, renderPolicyProgram } from './policy-program';
import { hostQuestion, workloadQuestion } from './policy-question';

const ip = parseIpAddress;
const WEB: PolicyPacket = {
  source: ip('203.0.113.9'),
  destination: ip('10.0.0.2'),
  protocol: TCP,
  sourcePort: 40000,
  destinationPort: 80,
  length: 100,
};

/** Numbers of a kernel that nobody has. */
const numbers = () => ({ rules: new KeyNumbers<RuleId>('pp_rule_counters', 131072), sets: new Identifiers() });

/** A workload whose one policy has as many rules as are asked for, each for one sender. */
function manyRules(count: number) {
  const senderOf = (index: number): string => `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const rules = Array.from({ length: count }, (_, index) =>
    buildRule('allow', {
      protocol: TCP,
      source: { nets: nets(`${senderOf(index)}/32`) },
      destination: { ports: ports(1 + (index % 60000)) },
    }),
  );
  const policy = buildPolicy('many', { ingress: rules });
  const workload = buildWorkload('w', '10.0.0.2', { tiers: [buildTier([policy])] });
  const packetOf = (index: number): PolicyPacket => ({
    ...WEB,
    source: ip(senderOf(index)),
    destinationPort: 1 + (index % 60000),
  });
  return { question: workloadQuestion(workload, 'ingress'), state: stateOf(policy, workload), packetOf };
}

describe('renderPolicyProgram', () => {
  it('is printed rule by rule, and says what it asks of the sets', () => {
    const long = nets('10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16', '10.4.0.0/16');
    const policy = buildPolicy('p', { ingress: [buildRule('allow', { protocol: TCP, source: { nets: long } })] });
    const workload = buildWorkload('w', '10.0.0.2', { tiers: [buildTier([policy])] });
    const program = renderPolicyProgram(workloadQuestion(workload, 'ingress'), stateOf(policy), numbers());
    expect([...program.ranges]).to.deep.equal([['ranges/10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,10.4.0.0/16', long]]);
    expect([...program.rules]).to.deep.equal(['policy/p|ingress|0']);
    const text = printPolicyProgram(program);
    expect(text).to.contain('; part 0\n  r7 = r1\n');
    expect(text).to.contain('if w1 != 6 goto other\n').and.to.contain('r1 = map pp_ip_sets\n');
    expect(text).to.contain('*(u32 *)(r6 + 72) = 1\n  goto allow\n');
  });

  it('is a function of the state: equal states give the same text', () => {
    const print = (): string => {
      const { question, state } = manyRules(50);
      return printPolicyProgram(renderPolicyProgram(question, state, numbers()));
    };
    expect(print()).to.equal(print());
  });

  it('refuses a policy that a packet could not pass', () => {
    const oddPorts = ports(...Array.from({ length: 100 }, (_, index) => 2 * index + 1));
    const rule = buildRule('allow', { destination: { ports: oddPorts } });
    const policy = buildPolicy('many', { ingress: Array.from({ length: 800 }, () => rule) });
    const workload = buildWorkload('w', '10.0.0.2', { tiers: [buildTier([policy])] });
    expect(() => renderPolicyProgram(workloadQuestion(workload, 'ingress'), stateOf(policy), numbers()))
      .to.throw(EbpfError, /^800 rules make \d\d BPF programs for one endpoint/)
      .with.property('code', 'PP_EBPF_POLICY_TOO_LARGE');
  });
});

describeOnKernel('A policy program in the kernel', () => {
  let bed: PolicyBed;
  before(() => {
    bed = new PolicyBed();
  });
  after(() => bed.close());

  it('counts packets and bytes of the rule that decides, of those that log, and of staged ones', () => {
    const log = buildPolicy('log', { ingress: [buildRule('log'), buildRule('log', { protocol: UDP })] });
    const staged = buildPolicy('staged', { ingress: [buildRule('deny'), buildRule('deny')] }, { isStaged: true });
    const open = buildPolicy('open', { ingress: [buildRule('deny', { protocol: UDP }), buildRule('allow')] });
    const workload = buildWorkload('w', '10.0.0.2', { tiers: [buildTier([log, staged, open])] });
    const state = stateOf(log, staged, open);
    const program = renderPolicyProgram(workloadQuestion(workload, 'ingress'), state, bed);
    bed.load(program, state);
    expect(bed.ask(WEB)).to.include({ verdict: 'allow', rule: 'policy/open|ingress|1' });
    bed.ask({ ...WEB, length: 1400 });
    const counts = [...program.rules].map((rule) => [rule, bed.countOf(rule)]);
    const both = { packets: 2, bytes: 1500 };
    const none = { packets: 0, bytes: 0 };
    expect(counts).to.deep.equal([
      ['policy/log|ingress|0', both],
      ['policy/log|ingress|1', none],
      ['policy/staged|ingress|0', both],
      ['policy/staged|ingress|1', none],
      ['policy/open|ingress|0', none],
      ['policy/open|ingress|1', both],
    ]);
  });

  describe('of a host endpoint', () => {
    const settings = buildSettings(FAILSAFES);
    const closed = buildPolicy('closed', { ingress: [buildRule('deny')], egress: [buildRule('deny')] });
    const tiers = [buildTier([closed])];
    const host = buildHostEndpoint('h', { tiers, preDnatTiers: tiers, forwardTiers: tiers });
    const state = stateOf(closed, host);
    const verdicts = (
      stage: 'normal' | 'forward' | 'preDnat',
      direction: 'ingress' | 'egress',
      ...packets: readonly PolicyPacket[]
    ): readonly string[] => {
      bed.load(renderPolicyProgram(hostQuestion(host, stage, direction, settings), state, bed), state);
      return packets.map((packet) => bed.ask(packet).verdict);
    };

    it('leaves failsafe ports open, and only these, of the protocol that is named', () => {
      const others = [{ destinationPort: 82 }, { protocol: UDP }, { protocol: ICMP, destinationPort: 0 }];
      const packets = [WEB, { ...WEB, destinationPort: 81 }, ...others.map((other) => ({ ...WEB, ...other }))];
      expect(verdicts('normal', 'ingress', ...packets)).to.deep.equal(['allow', 'allow', 'deny', 'deny', 'deny']);
      expect(verdicts('preDnat', 'ingress', ...packets)).to.deep.equal(['next', 'next', 'deny', 'deny', 'deny']);
      expect(verdicts('forward', 'ingress', ...packets)).to.deep.equal(['deny', 'deny', 'deny', 'deny', 'deny']);
    });

    it('and of the peers that are named, on either side', () => {
      const out = { ...WEB, source: ip('10.0.0.2'), protocol: UDP, destinationPort: 443 };
      const packets = ['203.0.113.9', '198.51.100.7', 'fd00::9'].map((to) => ({ ...out, destination: ip(to) }));
      expect(verdicts('normal', 'egress', ...packets)).to.deep.equal(['allow', 'deny', 'deny']);
    });

    it('means the destination before DNAT where it is asked before', () => {
      const before = { address: ip('10.96.0.1'), port: 81 };
      const translated = { ...WEB, destinationPort: 8080, beforeDnat: before };
      expect(verdicts('preDnat', 'ingress', translated)).to.deep.equal(['next']);
      expect(verdicts('normal', 'ingress', translated)).to.deep.equal(['deny']);
    });

    it('without any policy denies what is the host’s own, and leaves alone what is forwarded or before DNAT', () => {
      const bare = buildHostEndpoint('bare');
      const answers = (['normal', 'forward', 'preDnat'] as const).map((stage) => {
        const question = hostQuestion(bare, stage, 'ingress', buildSettings());
        bed.load(renderPolicyProgram(question, stateOf(), bed), stateOf());
        return bed.ask(WEB).verdict;
      });
      expect(answers).to.deep.equal(['deny', 'allow', 'next']);
    });
  });

  it('denies the family that it was not made for', () => {
    const profile = buildProfile('open', { ingress: [buildRule('allow')] });
    const workload = buildWorkload('w', '10.0.0.2', { profiles: [profile.key] });
    const state = stateOf(profile);
    bed.load(renderPolicyProgram(workloadQuestion(workload, 'ingress'), state, bed, [4]), state);
    const ipv6 = { ...WEB, source: ip('fd00::9'), destination: ip('fd00::2') };
    expect([WEB, ipv6].map((packet) => bed.ask(packet).verdict)).to.deep.equal(['allow', 'deny']);
  });

  describe('of 15,000 rules', () => {
    const { question, state, packetOf } = manyRules(15_000);
    let program: PolicyProgram;
    before(function () {
      this.timeout(60_000);
      program = renderPolicyProgram(question, state, bed);
      bed.load(program, state);
    });

    it('loads, and finds the first, the last and every part’s rules', () => {
      expect(program.parts.length).to.be.within(4, 10);
      for (const index of [0, 1, 2_600, 2_700, 7_500, 14_998, 14_999]) {
        const { verdict, rule } = bed.ask(packetOf(index));
        expect({ verdict, rule }).to.deep.equal({ verdict: 'allow', rule: `policy/many|ingress|${index}` });
      }
      const { verdict, rule } = bed.ask({ ...packetOf(14_999), destinationPort: 1 as Port });
      expect({ verdict, rule }).to.deep.equal({ verdict: 'deny', rule: undefined });
    });

    it('drops what it cannot judge to the end, when a part of it is not there', () => {
      bed.emptySlot(2);
      expect(bed.ask(packetOf(14_999)).verdict).to.equal('dropped');
      expect(bed.ask(packetOf(0)).verdict).to.equal('allow');
    });
  });
});
