import { expect } from 'chai';
import { type DesiredObject, type InterfaceName, parseCidr, parseIpAddress, type Route } from '../state';
import {
  buildClusterNode,
  buildFrontend,
  buildHostEndpoint,
  buildPolicy,
  buildPool,
  buildRoute,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
} from '../testing/desired-objects';
import {
  FROM_HOST,
  FROM_NETWORK,
  fromPod,
  judge as judgeOn,
  A as POD,
  packetAt,
  simulateNode,
} from '../testing/simulated-node';
import type { Destination, Judgement, PacketEntry } from './packet';

const PEER = buildClusterNode('node-2', ['192.168.0.2']);
const FROM_POD = fromPod(POD);

function routeToPeer(destination: string, encapsulation: 'none' | 'vxlan' | 'ipip'): Route {
  const gateway = parseIpAddress('192.168.0.2');
  return buildRoute(destination, { kind: 'node', node: PEER.key, gateway, encapsulation });
}

function judge(objects: readonly DesiredObject[], source: string, destination: string, entry = FROM_POD): Judgement {
  return judgeOn([POD, PEER, ...objects], packetAt(entry, source, destination));
}

function leave(objects: readonly DesiredObject[], destination: string): Partial<Destination> | undefined {
  return judge(objects, '10.0.1.1', destination).destinations[0];
}

describe('Routing', () => {
  it('sends to local workloads, to the host itself, else out by the uplink', () => {
    expect(leave([], '10.0.1.1')).to.include({
      target: 'workload',
      workload: POD.key,
      interfaceName: POD.interfaceName,
    });
    expect(leave([], '192.168.0.1')).to.include({ target: 'host', interfaceName: 'lo' });
    expect(leave([], '10.0.2.1')).to.include({ target: 'network', interfaceName: 'eth0' });
  });

  it('takes the longest route, and its tunnel', () => {
    const routes = [
      routeToPeer('10.0.0.0/8', 'ipip'),
      routeToPeer('10.0.2.0/24', 'vxlan'),
      routeToPeer('10.0.2.1/32', 'none'),
      routeToPeer('fd00:2::/64', 'vxlan'),
    ];
    const byRoute = (destination: string): string | undefined => leave(routes, destination)?.interfaceName;
    expect(['10.9.0.1', '10.0.2.2', '10.0.2.1'].map(byRoute)).to.deep.equal(['tunl0', 'vxlan.calico', 'eth0']);
    const v6 = { ...POD, addresses: [parseIpAddress('fd00:1::1')] };
    const [toPeer] = judge([v6, ...routes], 'fd00:1::1', 'fd00:2::1').destinations;
    expect(toPeer?.interfaceName).to.equal('vxlan-v6.calico');
  });

  it('follows a route to a workload', () => {
    const floating = buildRoute('198.51.100.7', { kind: 'workload', workload: POD.key });
    expect(leave([floating], '198.51.100.7')).to.include({ target: 'workload', workload: POD.key });
  });

  it('keeps a host endpoint on the uplink out of tunnels, but not one on all interfaces', () => {
    const deny = buildPolicy('deny', { ingress: [buildRule('deny')], egress: [buildRule('deny')] });
    const forwardTiers = [buildTier([deny])];
    const uplink = { kind: 'interface', interfaceName: 'eth0' as InterfaceName } as const;
    const verdictWith = (scope: typeof uplink | { kind: 'allInterfaces' }): string | undefined =>
      leave([deny, buildHostEndpoint('hep', { scope, forwardTiers }), routeToPeer('10.0.2.0/24', 'vxlan')], '10.0.2.1')
        ?.verdict;
    expect([verdictWith(uplink), verdictWith({ kind: 'allInterfaces' })]).to.deep.equal(['allow', 'deny']);
  });
});

describe('A host that does not forward', () => {
  const settings = buildSettings({ isForwarding: false, endpointToHostAction: 'accept' });

  it('drops what is not its own, and still talks to its workloads', () => {
    expect(judge([settings], '10.0.1.1', '203.0.113.9').verdict).to.equal('drop');
    expect(judge([settings], '203.0.113.9', '10.0.1.1', { kind: 'network' }).verdict).to.equal('drop');
    expect(judge([settings], '192.168.0.1', '10.0.1.1', { kind: 'host' }).verdict).to.equal('allow');
    expect(judge([settings], '10.0.1.1', '192.168.0.1').verdict).to.equal('allow');
  });

  it('refuses in silence what it would have to pass on to a service without endpoints', () => {
    const frontends = [buildFrontend('clusterIp', 80, '10.96.0.1'), buildFrontend('externalIp', 80, '192.168.0.1')];
    const none = buildService('none', frontends, []);
    expect(judge([settings, none], '10.0.1.1', '10.96.0.1').verdict).to.equal('drop');
    expect(judge([settings, none], '10.0.1.1', '192.168.0.1').verdict).to.equal('reject');
    expect(judge([settings, none], '192.168.0.1', '10.96.0.1', { kind: 'host' }).verdict).to.equal('reject');
  });
});

describe('Service loop prevention', () => {
  const cidrs = [parseCidr('10.96.0.0/16')];
  const FROM_NETWORK: PacketEntry = { kind: 'network' };

  it('stops what is forwarded to a service range and no service translated', () => {
    const verdictUnder = (action: 'drop' | 'reject', destination: string): string =>
      judge([buildSettings({ serviceLoopPrevention: { action, cidrs } })], '203.0.113.9', destination, FROM_NETWORK)
        .verdict;
    expect(verdictUnder('drop', '10.96.0.19')).to.equal('drop');
    expect(verdictUnder('reject', '10.96.0.19')).to.equal('reject');
    expect(verdictUnder('drop', '10.97.0.19')).to.equal('allow');
  });

  it('leaves alone what a service translates, and what the host itself sends', () => {
    const settings = buildSettings({ serviceLoopPrevention: { action: 'drop', cidrs } });
    const endpoint = buildServiceEndpoint('10.0.2.1', 8080, false);
    const service = buildService('s', [buildFrontend('clusterIp', 80, '10.96.0.1')], [endpoint]);
    expect(judge([settings, service], '203.0.113.9', '10.96.0.1', FROM_NETWORK).verdict).to.equal('allow');
    expect(judge([settings], '192.168.0.1', '10.96.0.19', { kind: 'host' }).verdict).to.equal('allow');
  });
});

describe('A floating address', () => {
  const FLOATING = {
    ...POD,
    floatingAddresses: [{ address: parseIpAddress('198.51.100.7'), target: parseIpAddress('10.0.1.1') }],
  };

  it('leads to its workload from everywhere, whose policy sees the workload’s own address', () => {
    const policy = buildPolicy('own', {
      ingress: [buildRule('allow', { destination: { nets: [parseCidr('10.0.1.1')] } })],
    });
    const guarded = { ...FLOATING, tiers: [buildTier([policy])] };
    for (const entry of [FROM_NETWORK, FROM_HOST]) {
      const { verdict, isTranslated, destinations } = judge([policy, guarded], '203.0.113.9', '198.51.100.7', entry);
      expect({ verdict, isTranslated }).to.deep.equal({ verdict: 'allow', isTranslated: true });
      expect(destinations[0]).to.include({ address: '10.0.1.1', workload: POD.key, source: '203.0.113.9' });
    }
  });

  it('is the caller’s own where a workload calls itself', () => {
    expect(leave([FLOATING], '198.51.100.7')).to.include({ workload: POD.key, source: '198.51.100.7' });
  });

  it('goes with its workload', () => {
    const simulator = simulateNode([POD, PEER, FLOATING]);
    expect(simulator.owns(parseIpAddress('198.51.100.7'))).to.equal(true);
    simulator.apply({ scope: 'delta', changes: [{ op: 'put', object: POD }] });
    expect(simulator.owns(parseIpAddress('198.51.100.7'))).to.equal(false);
  });
});

describe('NAT outgoing', () => {
  const hiding = buildPool('pods', '10.0.0.0/16', { natOutgoing: true });
  const plain = buildPool('others', '10.1.0.0/16');

  it('hides a pool from what is outside all pools', () => {
    expect(leave([hiding, plain], '203.0.113.9')).to.include({ isMasqueraded: true, source: '192.168.0.1' });
    expect(leave([hiding, plain], '10.0.2.1')).to.include({ isMasqueraded: false, source: '10.0.1.1' });
    expect(leave([hiding, plain], '10.1.2.1')).to.include({ isMasqueraded: false });
  });

  it('leaves alone what stays on the node, and pools that do not want it', () => {
    expect(leave([hiding], '192.168.0.1')).to.include({ isMasqueraded: false });
    expect(leave([{ ...hiding, natOutgoing: false }], '203.0.113.9')).to.include({ isMasqueraded: false });
  });

  it('follows pools as they change', () => {
    const simulator = simulateNode([POD, PEER, hiding]);
    const packet = packetAt(FROM_POD, '10.0.1.1', '10.1.2.1');
    const isMasqueraded = (): boolean | undefined => simulator.judge(packet).destinations[0]?.isMasqueraded;
    expect(isMasqueraded()).to.equal(true);
    simulator.apply({ scope: 'delta', changes: [{ op: 'put', object: plain }] });
    expect(isMasqueraded()).to.equal(false);
    const moved = { ...plain, cidr: parseCidr('10.2.0.0/16') };
    simulator.apply({ scope: 'delta', changes: [{ op: 'put', object: moved }] });
    expect(isMasqueraded()).to.equal(true);
    simulator.apply({ scope: 'delta', changes: [{ op: 'remove', key: hiding.key }] });
    expect(isMasqueraded()).to.equal(false);
  });
});
