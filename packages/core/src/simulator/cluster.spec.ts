import { expect } from 'chai';
import { type DesiredObject, parseCidr, parseIpAddress } from '../state';
import {
  buildFrontend,
  buildHostEndpoint,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  stateOf,
} from '../testing/desired-objects';
import { A, OPEN, packet } from '../testing/simulated-node';
import { type ClusterJudgement, type ClusterPacket, type ClusterSender, ClusterSimulator } from './cluster';
import { NodeSimulator } from './simulator';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

const B = buildWorkload('b', '10.0.2.1', { profiles: [OPEN.key] });
const FROM_A: ClusterSender = { kind: 'workload', node: 'node-1', workload: A.key };

/** `a` on node-1 (192.168.0.1), `b` on node-2 (192.168.0.2). */
function clusterOf(
  one: readonly DesiredObject[],
  two: readonly DesiredObject[],
  behaviours = STANDARD_BEHAVIOURS,
): ClusterSimulator {
  const node = (name: string, address: string, objects: readonly DesiredObject[]): [string, NodeSimulator] => {
    const settings = buildSettings({
      nodeName: name,
      nodeAddresses: [parseIpAddress(address)],
      localDetector: { kind: 'cidrs', cidrs: [parseCidr('10.0.0.0/16')] },
    });
    return [name, new NodeSimulator(stateOf(settings, OPEN, ...objects), { behaviours })];
  };
  return new ClusterSimulator(new Map([node('node-1', '192.168.0.1', one), node('node-2', '192.168.0.2', two)]));
}

function path(judgement: ClusterJudgement): readonly (readonly string[])[] {
  return judgement.destinations.map(({ hops }) => hops.map(({ node }) => node));
}

describe('ClusterSimulator', () => {
  const ALLOW_NODE_1 = buildPolicy('from-node-1', {
    ingress: [buildRule('allow', { source: { nets: nets('192.168.0.1') } })],
  });
  const GUARDED_B = { ...B, tiers: [buildTier([ALLOW_NODE_1])] };

  it('asks the sender’s node and then the receiver’s', () => {
    const judgement = clusterOf([A], [B]).judge(FROM_A, packet('10.0.1.1', '10.0.2.1'));
    expect(judgement.verdict).to.equal('allow');
    expect(path(judgement)).to.deep.equal([['node-1', 'node-2']]);
    expect(judgement.destinations[0]).to.include({ node: 'node-2', workload: B.key, target: 'workload' });
  });

  it('denies when either node does', () => {
    const sent = packet('10.0.1.1', '10.0.2.1');
    const closedSender = clusterOf([{ ...A, profiles: [] }], [B]).judge(FROM_A, sent);
    expect([closedSender.verdict, path(closedSender)]).to.deep.equal(['deny', [['node-1']]]);
    const closedReceiver = clusterOf([A], [{ ...B, profiles: [] }]).judge(FROM_A, sent);
    expect([closedReceiver.verdict, path(closedReceiver)]).to.deep.equal(['deny', [['node-1', 'node-2']]]);
  });

  it('shows the receiver’s node the source that masquerade left', () => {
    const service = buildService(
      's',
      [buildFrontend('nodePort', 30080)],
      [buildServiceEndpoint('10.0.2.1', 8080, false)],
    );
    const cluster = clusterOf([A, service], [ALLOW_NODE_1, GUARDED_B]);
    const judgement = cluster.judge({ kind: 'external' }, packet('203.0.113.9', '192.168.0.1', 30080));
    expect(judgement).to.include({ verdict: 'allow', isTranslated: true });
    expect(judgement.destinations[0]).to.include({ address: '10.0.2.1', port: 8080, isMasqueraded: true });
    expect(judgement.destinations[0]?.source).to.equal('192.168.0.1');
    expect(cluster.judge({ kind: 'external' }, packet('203.0.113.9', '10.0.2.1', 8080)).verdict).to.equal('deny');
  });

  it('follows a packet to another node’s node port and back', () => {
    const service = buildService(
      's',
      [buildFrontend('nodePort', 30080)],
      [buildServiceEndpoint('10.0.1.1', 8080, false)],
    );
    const judgement = clusterOf([A], [B, service]).judge(
      { kind: 'external', via: 'node-1' },
      packet('203.0.113.9', '192.168.0.2', 30080),
    );
    expect(judgement.verdict).to.equal('allow');
    expect(path(judgement)).to.deep.equal([['node-1', 'node-2', 'node-1']]);
  });

  it('keeps each destination’s own verdict and way', () => {
    const endpoints = [buildServiceEndpoint('10.0.1.1', 8080, true), buildServiceEndpoint('10.0.2.1', 8080, false)];
    const service = buildService('s', [buildFrontend('clusterIp', 80, '172.30.0.1')], endpoints);
    const judgement = clusterOf([A, service], [{ ...B, profiles: [] }]).judge(FROM_A, packet('10.0.1.1', '172.30.0.1'));
    expect(judgement.verdict).to.equal('deny');
    expect(judgement.destinations.map(({ verdict }) => verdict)).to.deep.equal(['allow', 'deny']);
    expect(path(judgement)).to.deep.equal([['node-1'], ['node-1', 'node-2']]);
  });

  it('says where a packet ended that the second node refused before it had a destination', () => {
    const refused = buildService('s', [buildFrontend('nodePort', 30080)], []);
    const judgement = clusterOf([A], [B, refused]).judge(FROM_A, packet('10.0.1.1', '192.168.0.2', 30080));
    expect(judgement.verdict).to.equal('reject');
    expect(judgement.destinations[0]).to.include({ node: 'node-2', verdict: 'reject' });
  });

  it('drops a packet that goes in circles', () => {
    const back = (address: string): DesiredObject =>
      buildService('s', [buildFrontend('nodePort', 30080)], [buildServiceEndpoint(address, 30080, false)]);
    const judgement = clusterOf([A, back('192.168.0.2')], [back('192.168.0.1')]).judge(
      { kind: 'external' },
      packet('203.0.113.9', '192.168.0.1', 30080),
    );
    expect(judgement.verdict).to.equal('drop');
    expect(judgement.destinations[0]?.hops.at(-1)?.steps[0]?.rule).to.equal('in circles');
  });

  it('lets pass what meets no node', () => {
    const judgement = clusterOf([], []).judge({ kind: 'external' }, packet('203.0.113.9', '203.0.113.10'));
    expect([judgement.verdict, path(judgement)]).to.deep.equal(['allow', [[]]]);
  });

  describe('answers', () => {
    const UNTRACKED_OUT = buildPolicy('out', { egress: [buildRule('allow')] });
    const UNTRACKED_IN = buildPolicy('in', { ingress: [buildRule('deny')] });
    const toPeer = packet('192.168.0.1', '192.168.0.2');
    const fromHost: ClusterSender = { kind: 'host', node: 'node-1' };

    /** The verdict of the only destination’s answer, and the nodes that it met. */
    function answer(cluster: ClusterSimulator, from: ClusterSender, sent: ClusterPacket): readonly unknown[] {
      const [destination] = cluster.judge(from, sent).destinations;
      if (destination === undefined) return [];
      const { verdict, hops } = cluster.judgeReply(destination);
      return [verdict, hops.map(({ node }) => node)];
    }

    it('come back by the same nodes, whatever policy says of new flows that way', () => {
      const closed = buildPolicy('closed', { ingress: [buildRule('deny')] });
      const cluster = clusterOf([closed, { ...A, tiers: [buildTier([closed])] }], [B]);
      expect(answer(cluster, FROM_A, packet('10.0.1.1', '10.0.2.1'))).to.deep.equal(['allow', ['node-2', 'node-1']]);
    });

    it('are judged as packets of their own where the flow is not tracked', () => {
      const hostEndpoint = buildHostEndpoint('hep', {
        untrackedTiers: [buildTier([UNTRACKED_OUT, UNTRACKED_IN])],
      });
      const cluster = clusterOf([UNTRACKED_OUT, UNTRACKED_IN, hostEndpoint], []);
      expect(cluster.judge(fromHost, toPeer).verdict).to.equal('allow');
      expect(answer(cluster, fromHost, toPeer)).to.deep.equal(['deny', ['node-2', 'node-1']]);
    });

    it('go past the node that sent the packet on, under direct server return', () => {
      const frontend = buildFrontend('loadBalancerIp', 80, '1.2.3.4');
      const service = buildService('s', [frontend], [buildServiceEndpoint('10.0.2.1', 8080, false)]);
      const outside: ClusterSender = { kind: 'external', via: 'node-1' };
      const sent = packet('203.0.113.9', '1.2.3.4');
      expect(answer(clusterOf([service], [B]), outside, sent)).to.deep.equal(['allow', ['node-2', 'node-1']]);
      const keeping = { ...STANDARD_BEHAVIOURS, isDirectServerReturn: true, externalSourceNat: 'never' } as const;
      expect(answer(clusterOf([service], [B], keeping), outside, sent)).to.deep.equal(['allow', ['node-2']]);
    });
  });
});
