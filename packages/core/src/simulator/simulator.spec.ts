import { expect } from 'chai';
import type { Behaviours } from '../backend/behaviours';
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
  type WorkloadEndpoint,
} from '../state';
import {
  buildClusterNode,
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildProfile,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import type { SimulatorOptions } from './options';
import type { Judgement, Packet, PacketEntry } from './packet';
import { NodeSimulator } from './simulator';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

const OPEN = buildProfile('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
const A = buildWorkload('a', '10.0.1.1', { profiles: [OPEN.key] });
const B = buildWorkload('b', '10.0.1.2', { profiles: [OPEN.key] });
const BASE = [buildSettings(), OPEN];

const FROM_NETWORK: PacketEntry = { kind: 'network' };
const FROM_HOST: PacketEntry = { kind: 'host' };

function fromPod(workload: WorkloadEndpoint): PacketEntry {
  return { kind: 'workload', workload: workload.key };
}

function packet(entry: PacketEntry, source: string, destination: string, port = 80): Packet {
  return {
    entry,
    source: parseIpAddress(source),
    destination: parseIpAddress(destination),
    destinationPort: parsePort(port),
    protocol: TCP,
  };
}

function judge(objects: readonly DesiredObject[], sent: Packet, options?: SimulatorOptions): Judgement {
  return new NodeSimulator(stateOf(...BASE, ...objects), options).judge(sent);
}

/** `b` under these policies in one tier. */
function guarded(policies: readonly Policy[], tier: Partial<EndpointTier> = {}): readonly DesiredObject[] {
  return [...policies, A, { ...B, tiers: [buildTier(policies, tier)] }];
}

function steps(judgement: Judgement): readonly string[] {
  return [...judgement.steps, ...judgement.destinations.flatMap((destination) => destination.steps)].map(
    ({ stage, object, rule, outcome }) => [stage, object?.name, rule, outcome].filter(Boolean).join(' | '),
  );
}

function targets(judgement: Judgement): readonly string[] {
  return judgement.destinations.map(({ address, port }) => `${address}:${port}`);
}

describe('NodeSimulator', () => {
  describe('between workloads of the node', () => {
    const aToB = packet(fromPod(A), '10.0.1.1', '10.0.1.2');

    it('lets profiles decide where no tier does', () => {
      expect(judge([A, B], aToB)).to.include({ verdict: 'allow', isTranslated: false });
    });

    it('closes a workload without any policy or profile', () => {
      const judgement = judge([A, { ...B, profiles: [] }], aToB);
      expect(judgement.verdict).to.equal('deny');
      expect(steps(judgement)).to.include('ingressPolicy | no profile matched | deny');
    });

    it('drops a source that is not the workload’s own, and lets its allowed sources pass', () => {
      const spoofed = packet(fromPod(A), '10.0.1.9', '10.0.1.2');
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
      const simulator = new NodeSimulator(stateOf(...BASE, ...guarded([policy]), buildIpSet('friends', 'net', [])));
      expect(simulator.judge(aToB).verdict).to.equal('deny');
      const change = { op: 'members', key: ipSetKey('friends') } as const;
      simulator.apply({ scope: 'delta', changes: [{ ...change, added: nets('10.0.1.0/31'), removed: [] }] });
      expect(simulator.judge(aToB).verdict).to.equal('allow');
      simulator.apply({ scope: 'delta', changes: [{ ...change, added: [], removed: nets('10.0.1.0/31') }] });
      expect(simulator.judge(aToB).verdict).to.equal('deny');
    });
  });

  describe('services', () => {
    const LOCAL = buildServiceEndpoint('10.0.1.2', 8080, true);
    const REMOTE = buildServiceEndpoint('10.0.2.2', 8080, false);
    const CLUSTER_IP = buildFrontend('clusterIp', 80, '172.30.0.1');
    const NODE_PORT = buildFrontend('nodePort', 30080);
    const toClusterIp = packet(fromPod(A), '10.0.1.1', '172.30.0.1');
    const toNodePort = packet(FROM_NETWORK, '203.0.113.9', '192.168.0.1', 30080);

    it('sends a packet to any of the endpoints, and judges each on its own', () => {
      const policy = buildPolicy('ports', { ingress: [buildRule('allow', { destination: { ports: ports(8080) } })] });
      const judgement = judge([...guarded([policy]), buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], toClusterIp);
      expect(judgement).to.include({ verdict: 'allow', isTranslated: true });
      expect(targets(judgement)).to.deep.equal(['10.0.1.2:8080', '10.0.2.2:8080']);
      expect(judgement.destinations.map(({ workload }) => workload)).to.deep.equal([B.key, undefined]);
    });

    it('denies the whole where its destinations differ', () => {
      const judgement = judge(
        [A, { ...B, profiles: [] }, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])],
        toClusterIp,
      );
      expect(judgement.destinations.map(({ verdict }) => verdict)).to.deep.equal(['deny', 'allow']);
      expect(judgement.verdict).to.equal('deny');
    });

    it('judges the sender’s egress policy by the endpoint, not by the service address', () => {
      const policy = buildPolicy('e', { egress: [buildRule('allow', { destination: { nets: nets('10.0.2.0/24') } })] });
      const sender = { ...A, tiers: [buildTier([policy])] };
      const judgement = judge([policy, sender, B, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], toClusterIp);
      expect(judgement.destinations.map(({ verdict }) => verdict)).to.deep.equal(['deny', 'allow']);
    });

    it('rejects when there is no endpoint, and drops when policy Local has them elsewhere', () => {
      const local = [buildFrontend('clusterIp', 80, '172.30.0.1', { trafficPolicy: 'local' })];
      expect(judge([A, buildService('s', [CLUSTER_IP], [])], toClusterIp).verdict).to.equal('reject');
      expect(judge([A, buildService('s', local, [])], toClusterIp).verdict).to.equal('reject');
      expect(judge([A, buildService('s', local, [REMOTE])], toClusterIp).verdict).to.equal('drop');
    });

    it('leaves a port or protocol that no service has alone', () => {
      const service = buildService('s', [CLUSTER_IP], [LOCAL]);
      const judgement = judge([A, service], { ...toClusterIp, protocol: UDP });
      expect(judgement).to.include({ verdict: 'allow', isTranslated: false });
    });

    it('masquerades an endpoint that reaches itself', () => {
      const own = packet(fromPod(B), '10.0.1.2', '172.30.0.1');
      const judgement = judge([B, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], own);
      expect(judgement.destinations.map(({ isMasqueraded }) => isMasqueraded)).to.deep.equal([true, false]);
    });

    it('masquerades to a cluster IP what no pod sends, and everything under masqueradeAll', () => {
      const service = buildService('s', [CLUSTER_IP], [REMOTE]);
      const isMasqueraded = (sent: Packet, ...objects: readonly DesiredObject[]): boolean | undefined =>
        judge([A, service, ...objects], sent).destinations[0]?.isMasqueraded;
      expect(isMasqueraded(toClusterIp)).to.equal(false);
      expect(isMasqueraded(packet(FROM_HOST, '192.168.0.1', '172.30.0.1'))).to.equal(true);
      expect(isMasqueraded(toClusterIp, buildSettings({ masqueradeAll: true }))).to.equal(true);
      const noDetector = buildSettings({ localDetector: { kind: 'none' } });
      expect(isMasqueraded(packet(FROM_HOST, '192.168.0.1', '172.30.0.1'), noDetector)).to.equal(false);
    });

    it('answers node ports on the node’s own addresses and masquerades under policy Cluster', () => {
      const judgement = judge([B, buildService('s', [NODE_PORT], [LOCAL, REMOTE])], toNodePort);
      expect(targets(judgement)).to.deep.equal(['10.0.1.2:8080', '10.0.2.2:8080']);
      expect(judgement.destinations.every(({ isMasqueraded }) => isMasqueraded)).to.equal(true);
      const foreign = packet(FROM_NETWORK, '203.0.113.9', '192.168.0.7', 30080);
      expect(judge([B, buildService('s', [NODE_PORT], [LOCAL])], foreign).isTranslated).to.equal(false);
    });

    it('answers node ports on loopback and in nodePortAddresses only as the settings say', () => {
      const service = buildService('s', [NODE_PORT], [LOCAL]);
      const toLoopback = packet(FROM_HOST, '127.0.0.1', '127.0.0.1', 30080);
      expect(judge([B, service], toLoopback).isTranslated).to.equal(true);
      expect(judge([B, service, buildSettings({ localhostNodePorts: false })], toLoopback).isTranslated).to.equal(
        false,
      );
      const elsewhere = buildSettings({ nodePortAddresses: nets('192.168.9.0/24') });
      expect(judge([B, service, elsewhere], toNodePort).isTranslated).to.equal(false);
    });

    it('keeps the client’s address under external policy Local, and drops without a local endpoint', () => {
      const local = [buildFrontend('nodePort', 30080, undefined, { trafficPolicy: 'local' })];
      const judgement = judge([B, buildService('s', local, [LOCAL, REMOTE])], toNodePort);
      expect(targets(judgement)).to.deep.equal(['10.0.1.2:8080']);
      expect(judgement.destinations[0]?.isMasqueraded).to.equal(false);
      expect(judge([B, buildService('s', local, [REMOTE])], toNodePort).verdict).to.equal('drop');
    });

    it('gives own pods and the node the whole cluster under external policy Local', () => {
      const local = [buildFrontend('loadBalancerIp', 80, '1.2.3.4', { trafficPolicy: 'local' })];
      const service = buildService('s', local, [REMOTE]);
      const fromA = judge([A, service], packet(fromPod(A), '10.0.1.1', '1.2.3.4'));
      expect([targets(fromA), fromA.destinations[0]?.isMasqueraded]).to.deep.equal([['10.0.2.2:8080'], false]);
      const fromNode = judge([A, service], packet(FROM_HOST, '192.168.0.1', '1.2.3.4'));
      expect([targets(fromNode), fromNode.destinations[0]?.isMasqueraded]).to.deep.equal([['10.0.2.2:8080'], true]);
    });

    it('drops sources outside the load balancer’s ranges', () => {
      const frontend = buildFrontend('loadBalancerIp', 80, '1.2.3.4', { sourceRanges: nets('203.0.113.0/25') });
      const service = buildService('s', [frontend], [LOCAL]);
      const from = (source: string): string => judge([B, service], packet(FROM_NETWORK, source, '1.2.3.4')).verdict;
      expect([from('203.0.113.9'), from('203.0.113.200')]).to.deep.equal(['allow', 'drop']);
    });
  });

  describe('services, as other dataplanes treat them', () => {
    const PEER = buildClusterNode('node-2', ['192.168.0.2']);
    const REMOTE = buildServiceEndpoint('10.0.2.2', 8080, false);
    const toPeersNodePort = packet(FROM_NETWORK, '203.0.113.9', '192.168.0.2', 30080);
    const acting = (behaviours: Partial<Behaviours>): SimulatorOptions => ({
      behaviours: { ...STANDARD_BEHAVIOURS, ...behaviours },
    });

    it('translates a node port of any node where the dataplane does so', () => {
      const service = buildService('s', [buildFrontend('nodePort', 30080)], [REMOTE]);
      expect(judge([PEER, service], toPeersNodePort).isTranslated).to.equal(false);
      expect(judge([PEER, service], toPeersNodePort, acting({ nodePortNat: 'anyNode' })).isTranslated).to.equal(true);
    });

    it('keeps or hides the client’s address as the dataplane does', () => {
      const isMasqueraded = (
        kind: 'nodePort' | 'loadBalancerIp',
        trafficPolicy: 'cluster' | 'local',
        behaviours: Partial<Behaviours>,
      ): boolean | undefined => {
        const [address, port] = kind === 'nodePort' ? [undefined, 30080] : ['1.2.3.4', 80];
        const endpoint = buildServiceEndpoint('10.0.1.2', 8080, true);
        const service = buildService('s', [buildFrontend(kind, port, address, { trafficPolicy })], [endpoint]);
        const sent = packet(FROM_NETWORK, '203.0.113.9', address ?? '192.168.0.1', port);
        return judge([B, service], sent, acting(behaviours)).destinations[0]?.isMasqueraded;
      };
      expect(isMasqueraded('nodePort', 'cluster', { nodePortSourceNat: 'never' })).to.equal(false);
      expect(isMasqueraded('nodePort', 'local', { nodePortSourceNat: 'always' })).to.equal(true);
      expect(isMasqueraded('loadBalancerIp', 'cluster', { externalSourceNat: 'never' })).to.equal(false);
      expect(isMasqueraded('loadBalancerIp', 'cluster', { nodePortSourceNat: 'never' })).to.equal(true);
    });

    it('masquerades an endpoint that reaches itself under any behaviour', () => {
      const service = buildService('s', [buildFrontend('clusterIp', 80, '172.30.0.1')], [REMOTE]);
      const own = buildServiceEndpoint('10.0.1.1', 8080, true);
      const hairpin = { ...service, clusterEndpoints: [own] };
      const never = acting({ externalSourceNat: 'never' });
      expect(judge([A, hairpin], packet(fromPod(A), '10.0.1.1', '172.30.0.1'), never).destinations[0]).to.include({
        isMasqueraded: true,
        source: '192.168.0.1',
      });
    });
  });

  it('says how long a client stays with its endpoint', () => {
    const endpoint = buildServiceEndpoint('10.0.1.2', 8080, true);
    const affinity = { affinityTimeoutSeconds: 10800 };
    const service = buildService('s', [buildFrontend('clusterIp', 80, '172.30.0.1')], [endpoint], affinity);
    const sent = packet(fromPod(A), '10.0.1.1', '172.30.0.1');
    expect(judge([A, B, service], sent).affinityTimeoutSeconds).to.equal(10800);
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
    const simulator = new NodeSimulator(stateOf(...BASE, ...guarded([staged, policy])));
    for (const port of [80, 80, 22]) simulator.judge(packet(fromPod(A), '10.0.1.1', '10.0.1.2', port));
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
      const judgement = judge([{ ...B, profiles: [] }], packet(FROM_HOST, '192.168.0.1', '10.0.1.2'));
      expect(judgement.verdict).to.equal('allow');
      expect(steps(judgement).at(-1)).to.equal('ingressPolicy | host to local workload | allow');
    });

    it('is reached by a workload as its egress policy and endpointToHostAction allow', () => {
      const toHost = packet(fromPod(A), '10.0.1.1', '192.168.0.1');
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
      expect(judge([], packet(FROM_NETWORK, '203.0.113.9', '127.0.0.1')).verdict).to.equal('drop');
      expect(judge([], packet(FROM_NETWORK, '127.0.0.1', '192.168.0.1')).verdict).to.equal('drop');
    });

    it('is open without a host endpoint and closed by one without policy', () => {
      const fromOutside = packet(FROM_NETWORK, '203.0.113.9', '192.168.0.1');
      expect(judge([], fromOutside).verdict).to.equal('allow');
      expect(judge([buildHostEndpoint('all')], fromOutside).verdict).to.equal('deny');
      expect(
        judge([buildHostEndpoint('all', { profiles: ['profile/open' as ProfileKey] })], fromOutside).verdict,
      ).to.equal('allow');
    });

    it('answers on health-check node ports even behind a firewall of its own, but not past a host endpoint', () => {
      const service = buildService('s', [], [], { healthCheckNodePort: parsePort(32000) });
      const toCheck = packet(FROM_NETWORK, '203.0.113.9', '192.168.0.1', 32000);
      const closed = { hostInputPolicy: 'drop' } as const;
      expect(judge([service], toCheck, closed)).to.include({ verdict: 'allow', isExplicitlyAccepted: true });
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
      const stray = packet({ kind: 'network', interfaceName: 'cali123' }, '10.0.1.7', '192.168.0.1');
      expect(judge([], stray).verdict).to.equal('drop');
    });
  });
});
