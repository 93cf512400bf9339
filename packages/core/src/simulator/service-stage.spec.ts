import { expect } from 'chai';
import type { Behaviours } from '../limits/behaviours';
import { type DesiredObject, parseIpAddress, SCTP, TCP, UDP } from '../state';
import {
  buildClusterNode,
  buildFrontend,
  buildPolicy,
  buildRoute,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  nets,
  ports,
} from '../testing/desired-objects';
import { A, B, FROM_HOST, FROM_NETWORK, fromPod, judge, packetAt } from '../testing/simulated-node';
import type { SimulatorOptions } from './options';
import type { Judgement, Packet } from './packet';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

function targets(judgement: Judgement): readonly string[] {
  return judgement.destinations.map(({ address, port }) => `${address}:${port}`);
}

describe('A service', () => {
  const LOCAL = buildServiceEndpoint('10.0.1.2', 8080, true);
  const REMOTE = buildServiceEndpoint('10.0.2.2', 8080, false);
  const CLUSTER_IP = buildFrontend('clusterIp', 80, '172.30.0.1');
  const NODE_PORT = buildFrontend('nodePort', 30080);
  const toClusterIp = packetAt(fromPod(A), '10.0.1.1', '172.30.0.1');
  const toNodePort = packetAt(FROM_NETWORK, '203.0.113.9', '192.168.0.1', 30080);

  it('sends a packet to any of the endpoints, and judges each on its own', () => {
    const policy = buildPolicy('ports', { ingress: [buildRule('allow', { destination: { ports: ports(8080) } })] });
    const guarded = { ...B, tiers: [buildTier([policy])] };
    const judgement = judge([policy, A, guarded, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], toClusterIp);
    expect(judgement).to.include({ verdict: 'allow', isTranslated: true });
    expect(targets(judgement)).to.deep.equal(['10.0.1.2:8080', '10.0.2.2:8080']);
    expect(judgement.destinations.map(({ workload }) => workload)).to.deep.equal([B.key, undefined]);
  });

  it('denies the whole where its destinations differ', () => {
    const judgement = judge([A, { ...B, profiles: [] }, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], toClusterIp);
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
    const own = packetAt(fromPod(B), '10.0.1.2', '172.30.0.1');
    const judgement = judge([B, buildService('s', [CLUSTER_IP], [LOCAL, REMOTE])], own);
    expect(judgement.destinations.map(({ isMasqueraded }) => isMasqueraded)).to.deep.equal([true, false]);
  });

  it('masquerades to a cluster IP what no pod sends, and everything under masqueradeAll', () => {
    const service = buildService('s', [CLUSTER_IP], [REMOTE]);
    const isMasqueraded = (sent: Packet, ...objects: readonly DesiredObject[]): boolean | undefined =>
      judge([A, service, ...objects], sent).destinations[0]?.isMasqueraded;
    expect(isMasqueraded(toClusterIp)).to.equal(false);
    expect(isMasqueraded(packetAt(FROM_HOST, '192.168.0.1', '172.30.0.1'))).to.equal(true);
    expect(isMasqueraded(toClusterIp, buildSettings({ masqueradeAll: true }))).to.equal(true);
    const noDetector = buildSettings({ localDetector: { kind: 'none' } });
    expect(isMasqueraded(packetAt(FROM_HOST, '192.168.0.1', '172.30.0.1'), noDetector)).to.equal(false);
  });

  it('answers node ports on the node’s own addresses and masquerades under policy Cluster', () => {
    const judgement = judge([B, buildService('s', [NODE_PORT], [LOCAL, REMOTE])], toNodePort);
    expect(targets(judgement)).to.deep.equal(['10.0.1.2:8080', '10.0.2.2:8080']);
    expect(judgement.destinations.every(({ isMasqueraded }) => isMasqueraded)).to.equal(true);
    const foreign = packetAt(FROM_NETWORK, '203.0.113.9', '192.168.0.7', 30080);
    expect(judge([B, buildService('s', [NODE_PORT], [LOCAL])], foreign).isTranslated).to.equal(false);
  });

  it('answers node ports on loopback and in nodePortAddresses only as the settings say', () => {
    const service = buildService('s', [NODE_PORT], [LOCAL]);
    const toLoopback = packetAt(FROM_HOST, '127.0.0.1', '127.0.0.1', 30080);
    expect(judge([B, service], toLoopback).isTranslated).to.equal(true);
    expect(judge([B, service, buildSettings({ localhostNodePorts: false })], toLoopback).isTranslated).to.equal(false);
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
    const fromA = judge([A, service], packetAt(fromPod(A), '10.0.1.1', '1.2.3.4'));
    expect([targets(fromA), fromA.destinations[0]?.isMasqueraded]).to.deep.equal([['10.0.2.2:8080'], false]);
    const fromNode = judge([A, service], packetAt(FROM_HOST, '192.168.0.1', '1.2.3.4'));
    expect([targets(fromNode), fromNode.destinations[0]?.isMasqueraded]).to.deep.equal([['10.0.2.2:8080'], true]);
  });

  it('takes a node whose address is in the pods’ range for a pod', () => {
    const local = [buildFrontend('externalIp', 80, '1.2.3.4', { trafficPolicy: 'local' })];
    const settings = buildSettings({ localDetector: { kind: 'cidrs', cidrs: nets('192.168.0.0/16') } });
    const fromNode = judge(
      [settings, buildService('s', local, [REMOTE])],
      packetAt(FROM_HOST, '192.168.0.1', '1.2.3.4'),
    );
    expect([targets(fromNode), fromNode.destinations[0]?.isMasqueraded]).to.deep.equal([['10.0.2.2:8080'], false]);
  });

  it('keeps the source of what it delivers to a process of the host, but for what the host itself sends', () => {
    const onHost = buildService('s', [NODE_PORT], [buildServiceEndpoint('192.168.0.1', 8080, true)]);
    const [delivered] = judge([onHost], toNodePort).destinations;
    expect(delivered).to.include({ target: 'host', isMasqueraded: false, source: '203.0.113.9' });
    const [own] = judge([onHost], packetAt(FROM_HOST, '127.0.0.1', '192.168.0.1', 30080)).destinations;
    expect(own).to.include({ target: 'host', isMasqueraded: true, source: '192.168.0.1' });
  });

  it('drops sources outside the load balancer’s ranges', () => {
    const frontend = buildFrontend('loadBalancerIp', 80, '1.2.3.4', { sourceRanges: nets('203.0.113.0/25') });
    const service = buildService('s', [frontend], [LOCAL]);
    const from = (source: string): string => judge([B, service], packetAt(FROM_NETWORK, source, '1.2.3.4')).verdict;
    expect([from('203.0.113.9'), from('203.0.113.200')]).to.deep.equal(['allow', 'drop']);
  });

  it('lets the load balancer’s own address come where the node may', () => {
    const fromItself = packetAt(FROM_HOST, '1.2.3.4', '1.2.3.4');
    const within = (range: string): string => {
      const frontend = buildFrontend('loadBalancerIp', 80, '1.2.3.4', { sourceRanges: nets(range) });
      return judge([B, buildService('s', [frontend], [LOCAL])], fromItself).verdict;
    };
    expect([within('192.168.0.0/24'), within('203.0.113.0/25')]).to.deep.equal(['allow', 'drop']);
  });

  it('says how long a client stays with its endpoint', () => {
    const endpoint = buildServiceEndpoint('10.0.1.2', 8080, true);
    const affinity = { affinityTimeoutSeconds: 10800 };
    const service = buildService('s', [buildFrontend('clusterIp', 80, '172.30.0.1')], [endpoint], affinity);
    const sent = packetAt(fromPod(A), '10.0.1.1', '172.30.0.1');
    expect(judge([A, B, service], sent).affinityTimeoutSeconds).to.equal(10800);
  });

  it('tells nobody apart by ranges of the other family alone', () => {
    const service = buildService(
      's',
      [buildFrontend('clusterIp', 80, '172.30.0.1')],
      [buildServiceEndpoint('10.0.2.2', 8080, false)],
    );
    const sourceSeen = (cidr: string): readonly string[] => {
      const settings = buildSettings({ localDetector: { kind: 'cidrs', cidrs: nets(cidr) } });
      const sent = packetAt(FROM_NETWORK, '203.0.113.9', '172.30.0.1');
      return judge([service, settings], sent).destinations.map(({ source }) => source);
    };
    expect(sourceSeen('10.0.0.0/8')).to.deep.equal(['192.168.0.1']);
    expect(sourceSeen('fd00::/8')).to.deep.equal(['203.0.113.9']);
  });

  it('serves IPv6 and SCTP as it does IPv4 and TCP', () => {
    const v6 = { ...A, addresses: [parseIpAddress('fd00::1')] };
    const endpoints = [buildServiceEndpoint('fd00::1', 9000, true), buildServiceEndpoint('fd00:0:0:2::1', 9000, false)];
    const service = buildService('s', [buildFrontend('clusterIp', 80, 'fd00:30::1')], endpoints, { protocol: SCTP });
    const settings = buildSettings({
      nodeAddresses: [parseIpAddress('192.168.0.1'), parseIpAddress('2001:db8::1')],
      localDetector: { kind: 'cidrs', cidrs: nets('fd00::/32') },
    });
    const sent = { ...packetAt(fromPod(v6), 'fd00::1', 'fd00:30::1'), protocol: SCTP };
    const judgement = judge([v6, service, settings], sent);
    expect(targets(judgement)).to.deep.equal(['fd00::1:9000', 'fd00:0:0:2::1:9000']);
    expect(judgement.destinations.map(({ source }) => source)).to.deep.equal(['2001:db8::1', 'fd00::1']);
    expect(judge([v6, service, settings], { ...sent, protocol: TCP }).isTranslated).to.equal(false);
  });
});

describe('A service, as other dataplanes treat it', () => {
  const PEER = buildClusterNode('node-2', ['192.168.0.2']);
  const REMOTE = buildServiceEndpoint('10.0.2.2', 8080, false);
  const toPeersNodePort = packetAt(FROM_NETWORK, '203.0.113.9', '192.168.0.2', 30080);
  const acting = (behaviours: Partial<Behaviours>): SimulatorOptions => ({
    behaviours: { ...STANDARD_BEHAVIOURS, ...behaviours },
  });

  it('translates a node port of any node where the dataplane does so', () => {
    const service = buildService('s', [buildFrontend('nodePort', 30080)], [REMOTE]);
    expect(judge([PEER, service], toPeersNodePort).isTranslated).to.equal(false);
    expect(judge([PEER, service], toPeersNodePort, acting({ nodePortNat: 'anyNode' })).isTranslated).to.equal(true);
  });

  it('sends what is for a peer’s node port under policy Local to that peer’s endpoints, where it knows of any', () => {
    const local = [buildFrontend('nodePort', 30080, undefined, { trafficPolicy: 'local' })];
    const service = buildService('s', local, [buildServiceEndpoint('10.0.1.2', 8080, true), REMOTE]);
    const gateway = parseIpAddress('192.168.0.2');
    const route = buildRoute('10.0.2.0/24', { kind: 'node', node: PEER.key, gateway, encapsulation: 'none' });
    const anyNode = acting({ nodePortNat: 'anyNode' });
    expect(targets(judge([PEER, service, route], toPeersNodePort, anyNode))).to.deep.equal(['10.0.2.2:8080']);
    expect(judge([PEER, service], toPeersNodePort, anyNode).isTranslated).to.equal(false);
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
      const sent = packetAt(FROM_NETWORK, '203.0.113.9', address ?? '192.168.0.1', port);
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
    expect(judge([A, hairpin], packetAt(fromPod(A), '10.0.1.1', '172.30.0.1'), never).destinations[0]).to.include({
      isMasqueraded: true,
      source: '192.168.0.1',
    });
  });
});
