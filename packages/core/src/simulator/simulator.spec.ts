import { expect } from 'chai';
import {
  type DesiredObject,
  type EndpointTier,
  ICMPV6,
  type Policy,
  type ProfileKey,
  parseIpAddress,
  parsePort,
  TCP,
  UDP,
} from '../state';
import {
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '../testing/desired-objects';
import { A, B, FROM_HOST, FROM_NETWORK, fromPod, judge, packetAt, simulateNode } from '../testing/simulated-node';
import type { SimulatorOptions } from './options';
import type { Judgement } from './packet';

/** `b` under these policies in one tier. */
function guarded(policies: readonly Policy[], tier: Partial<EndpointTier> = {}): readonly DesiredObject[] {
  return [...policies, A, { ...B, tiers: [buildTier(policies, tier)] }];
}

function steps(judgement: Judgement): readonly string[] {
  return [...judgement.steps, ...judgement.destinations.flatMap((destination) => destination.steps)].map(
    ({ stage, object, rule, outcome }) => [stage, object?.name, rule, outcome].filter(Boolean).join(' | '),
  );
}

describe('NodeSimulator', () => {
  describe('between workloads of the node', () => {
    const aToB = packetAt(fromPod(A), '10.0.1.1', '10.0.1.2');

    it('lets profiles decide where no tier does', () => {
      expect(judge([A, B], aToB)).to.include({ verdict: 'allow', isTranslated: false });
    });

    it('denies what is closed to workloads, whatever their policy says, and lets others send it', () => {
      const closed = buildSettings({ closedToWorkloads: [{ protocol: UDP, port: parsePort(4789) }] });
      const tunnel = { ...packetAt(fromPod(A), '10.0.1.1', '10.0.1.2', 4789), protocol: UDP };
      expect(judge([closed, A, B], tunnel).verdict).to.equal('deny');
      expect(judge([closed, A, B], { ...tunnel, protocol: TCP }).verdict).to.equal('allow');
      expect(judge([closed, A, B], { ...tunnel, destinationPort: parsePort(80) }).verdict).to.equal('allow');
      const fromOutside = { ...tunnel, entry: FROM_NETWORK, source: parseIpAddress('203.0.113.9') };
      expect(judge([closed, A, B], fromOutside).verdict).to.equal('allow');
    });

    it('closes a workload without any policy or profile', () => {
      const judgement = judge([A, { ...B, profiles: [] }], aToB);
      expect(judgement.verdict).to.equal('deny');
      expect(steps(judgement)).to.include('ingressPolicy | no profile matched | deny');
    });

    it('drops a source that is not the workload’s own, and lets its allowed sources pass', () => {
      const spoofed = packetAt(fromPod(A), '10.0.1.9', '10.0.1.2');
      expect(judge([A, B], spoofed).verdict).to.equal('drop');
      expect(judge([{ ...A, allowedSources: nets('10.0.1.8/30') }, B], spoofed).verdict).to.equal('allow');
    });

    it('asks the sender’s egress policy before the receiver’s ingress policy', () => {
      const noEgress = buildPolicy('no-egress', { egress: [buildRule('deny')] });
      const judgement = judge([noEgress, { ...A, tiers: [buildTier([noEgress])] }, { ...B, profiles: [] }], aToB);
      expect(steps(judgement).at(-1)).to.equal('egressPolicy | no-egress | spec.egress[0] | deny');
    });

    it('names the rule that decided and the workload that it belongs to', () => {
      const policy = buildPolicy('web', {
        ingress: [
          buildRule('deny', { destination: { ports: ports(22) } }),
          buildRule('allow', { protocol: TCP, destination: { ports: ports(80, [8000, 8999]) } }),
        ],
      });
      const step = judge(guarded([policy]), aToB).destinations[0]?.steps.at(-1);
      expect(step).to.deep.equal({
        stage: 'ingressPolicy',
        endpoint: B.key,
        object: policy.origin.object,
        rule: 'spec.ingress[1]',
        outcome: 'allow',
      });
    });

    it('denies at the end of a tier with a policy in the direction, and names the last policy', () => {
      const policy = buildPolicy('dns', { ingress: [buildRule('allow', { protocol: UDP })] });
      expect(steps(judge(guarded([policy]), aToB)).at(-1)).to.equal('ingressPolicy | dns | end of tier default | deny');
    });

    it('goes on to the next tier at the end of one that passes', () => {
      const policy = buildPolicy('dns', { ingress: [buildRule('allow', { protocol: UDP })] });
      expect(judge(guarded([policy], { defaultAction: 'pass' }), aToB).verdict).to.equal('allow');
    });

    it('denies in the place of a policy that a tier names and nobody put', () => {
      const gone = buildPolicy('gone', {});
      const allow = buildPolicy('allow', { ingress: [buildRule('allow')] });
      const without = (policies: readonly Policy[]): readonly DesiredObject[] =>
        guarded(policies, { defaultAction: 'pass' }).filter((object) => object !== gone);
      expect(judge(without([allow, gone]), aToB).verdict).to.equal('allow');
      const judgement = judge(without([gone, allow]), aToB);
      expect(judgement.verdict).to.equal('deny');
      expect(steps(judgement).at(-1)).to.equal(`ingressPolicy | ${gone.key} is not in force | deny`);
    });

    it('leaves the rest of a tier out after a pass', () => {
      const pass = buildPolicy('pass', { ingress: [buildRule('pass')] });
      const deny = buildPolicy('deny', { ingress: [buildRule('deny')] });
      expect(judge(guarded([pass, deny]), aToB).verdict).to.equal('allow');
      expect(judge(guarded([deny, pass]), aToB).verdict).to.equal('deny');
    });

    it('records a log rule and goes on with the next rule', () => {
      const policy = buildPolicy('logged', { ingress: [buildRule('log'), buildRule('deny')] });
      expect(steps(judge(guarded([policy]), aToB)).slice(-2)).to.deep.equal([
        'ingressPolicy | logged | spec.ingress[0] | log',
        'ingressPolicy | logged | spec.ingress[1] | deny',
      ]);
    });

    it('shows what a staged policy would have done, and does it not', () => {
      const staged = buildPolicy('staged', { ingress: [buildRule('deny')] }, { isStaged: true });
      const judgement = judge(guarded([staged]), aToB);
      expect(judgement.verdict).to.equal('allow');
      expect(steps(judgement)).to.include('ingressPolicy | staged | spec.ingress[0] | staged: deny');
    });

    it('does not judge a direction in which no policy acts', () => {
      const egressOnly = buildPolicy('egress-only', { egress: [buildRule('deny')] });
      expect(judge(guarded([egressOnly]), aToB).verdict).to.equal('allow');
    });

    it('matches members of IP sets as they come and go', () => {
      const policy = buildPolicy('friends', {
        ingress: [buildRule('allow', { source: { ipSets: [ipSetKey('friends')] } })],
      });
      const simulator = simulateNode([...guarded([policy]), buildIpSet('friends', 'net', [])]);
      expect(simulator.judge(aToB).verdict).to.equal('deny');
      const change = { op: 'members', key: ipSetKey('friends') } as const;
      simulator.apply({ scope: 'delta', changes: [{ ...change, added: nets('10.0.1.0/31'), removed: [] }] });
      expect(simulator.judge(aToB).verdict).to.equal('allow');
      simulator.apply({ scope: 'delta', changes: [{ ...change, added: [], removed: nets('10.0.1.0/31') }] });
      expect(simulator.judge(aToB).verdict).to.equal('deny');
    });
  });

  it('counts the packets that each rule matched, those of staged policies too', () => {
    const staged = buildPolicy('staged', { ingress: [buildRule('deny')] }, { isStaged: true });
    const policy = buildPolicy('web', {
      ingress: [
        buildRule('log', { protocol: TCP }),
        buildRule('allow', { destination: { ports: ports(80) } }),
        buildRule('deny'),
      ],
    });
    const simulator = simulateNode(guarded([staged, policy]));
    for (const port of [80, 80, 22]) simulator.judge(packetAt(fromPod(A), '10.0.1.1', '10.0.1.2', port));
    const counted = simulator.counters().map(({ origin, packets }) => [origin.object.name, origin.field, packets]);
    expect(counted).to.deep.include.members([
      ['staged', 'spec.ingress[0]', 3],
      ['web', 'spec.ingress[0]', 3],
      ['web', 'spec.ingress[1]', 2],
      ['web', 'spec.ingress[2]', 1],
    ]);
  });

  describe('the host', () => {
    it('reaches its own workloads whatever their policy', () => {
      const judgement = judge([{ ...B, profiles: [] }], packetAt(FROM_HOST, '192.168.0.1', '10.0.1.2'));
      expect(judgement.verdict).to.equal('allow');
      expect(steps(judgement).at(-1)).to.equal('ingressPolicy | host to local workload | allow');
    });

    it('is reached by a workload as its egress policy and endpointToHostAction allow', () => {
      const toHost = packetAt(fromPod(A), '10.0.1.1', '192.168.0.1');
      const withAction = (endpointToHostAction: 'accept' | 'return' | 'drop', options?: SimulatorOptions): string =>
        judge([A, buildSettings({ endpointToHostAction })], toHost, options).verdict;
      expect(withAction('accept')).to.equal('allow');
      expect(withAction('drop')).to.equal('drop');
      expect(withAction('return')).to.equal('allow');
      expect(withAction('return', { hostInputPolicy: 'drop' })).to.equal('drop');
      const closed = buildSettings({ endpointToHostAction: 'accept' });
      expect(judge([{ ...A, profiles: [] }, closed], toHost).verdict).to.equal('deny');
    });

    it('refuses loopback addresses from outside', () => {
      expect(judge([], packetAt(FROM_NETWORK, '203.0.113.9', '127.0.0.1')).verdict).to.equal('drop');
      expect(judge([], packetAt(FROM_NETWORK, '127.0.0.1', '192.168.0.1')).verdict).to.equal('drop');
      const stages = (localhostNodePorts: boolean) =>
        judge(
          [buildSettings({ localhostNodePorts })],
          packetAt(FROM_NETWORK, '203.0.113.9', '127.0.0.1'),
        ).destinations.flatMap(({ steps }) => steps.map(({ stage }) => stage));
      expect(stages(true)).to.include('loopbackGuard');
      expect(stages(false)).not.to.include('loopbackGuard');
    });

    it('is open without a host endpoint and closed by one without policy', () => {
      const fromOutside = packetAt(FROM_NETWORK, '203.0.113.9', '192.168.0.1');
      expect(judge([], fromOutside).verdict).to.equal('allow');
      expect(judge([buildHostEndpoint('all')], fromOutside).verdict).to.equal('deny');
      expect(
        judge([buildHostEndpoint('all', { profiles: ['profile/open' as ProfileKey] })], fromOutside).verdict,
      ).to.equal('allow');
    });

    it('answers on health-check node ports even behind a firewall of its own, but not past a host endpoint', () => {
      const service = buildService('s', [], [], { healthCheckNodePort: parsePort(32000) });
      const toCheck = packetAt(FROM_NETWORK, '203.0.113.9', '192.168.0.1', 32000);
      const closed = { hostInputPolicy: 'drop' } as const;
      expect(judge([service], toCheck, closed)).to.include({ verdict: 'allow', isExplicitlyAccepted: true });
      const fromItself = packetAt(FROM_HOST, '192.168.0.1', '192.168.0.1', 32000);
      expect(judge([service], fromItself)).to.include({ verdict: 'allow', isExplicitlyAccepted: true });
      expect(judge([], toCheck, closed)).to.include({ verdict: 'drop', isExplicitlyAccepted: false });
      expect(judge([service, buildHostEndpoint('all')], toCheck).verdict).to.equal('deny');
    });

    it('lets a closed workload find its IPv6 router, and nothing more', () => {
      const closed = { ...buildWorkload('v6', 'fd00::1'), profiles: [] };
      const solicit = (source: string, destination: string, type: number): string => {
        const ends = { source: parseIpAddress(source), destination: parseIpAddress(destination) };
        return judge([closed], { entry: fromPod(closed), ...ends, protocol: ICMPV6, icmp: { type } }).verdict;
      };
      expect(solicit('fe80::1', 'ff02::2', 133)).to.equal('allow');
      expect(solicit('fd00::1', 'ff02::1:ff00:1', 135)).to.equal('allow');
      expect(solicit('fd00::1', 'fe80::ecee:eeff:feee:eeee', 136)).to.equal('allow');
      expect(solicit('fd00::1', 'ff02::2', 128)).to.equal('deny');
      expect(solicit('fd00::1', '2001:db8::1', 135)).to.equal('deny');
    });

    it('takes nothing from a workload interface that no endpoint names', () => {
      const stray = packetAt({ kind: 'network', interfaceName: 'cali123' }, '10.0.1.7', '192.168.0.1');
      expect(judge([], stray).verdict).to.equal('drop');
    });
  });
});
