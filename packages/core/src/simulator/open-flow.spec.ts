import { expect } from 'chai';
import {
  type DesiredObject,
  ICMP,
  ICMPV6,
  type InterfaceName,
  parseIpAddress,
  parsePort,
  SCTP,
  TCP,
  UDP,
} from '../state';
import {
  buildFrontend,
  buildHostEndpoint,
  buildPolicy,
  buildProfile,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '../testing/desired-objects';
import { fromPod, packetAt } from '../testing/simulated-node';
import { errorPacket, nextPacket, type OpenFlow, openFlows, replyPacket } from './open-flow';
import type { SimulatorOptions } from './options';
import type { Judgement, Packet, PacketEntry } from './packet';
import { NodeSimulator } from './simulator';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

const EGRESS_ONLY = buildProfile('egress-only', { egress: [buildRule('allow')] });
const INGRESS_ONLY = buildProfile('ingress-only', { ingress: [buildRule('allow')] });
const CLIENT = buildWorkload('client', '10.0.1.1', { profiles: [EGRESS_ONLY.key] });
const SERVER = buildWorkload('server', '10.0.1.2', { profiles: [INGRESS_ONLY.key] });
const BASE = [buildSettings(), EGRESS_ONLY, INGRESS_ONLY, CLIENT, SERVER];
const FROM_CLIENT = fromPod(CLIENT);

function simulate(objects: readonly DesiredObject[] = [], options?: SimulatorOptions): NodeSimulator {
  return new NodeSimulator(stateOf(...BASE, ...objects), options);
}

function packet(entry: PacketEntry, source: string, destination: string, more: Partial<Packet> = {}): Packet {
  return { ...packetAt(entry, source, destination), sourcePort: parsePort(40000), ...more };
}

/** The only flow that the packet opens. */
function opened(simulator: NodeSimulator, sent: Packet): OpenFlow {
  const [flow, ...others] = openFlows(sent, simulator.judge(sent));
  expect(others).to.deep.equal([]);
  if (flow === undefined) throw new Error('the packet opens no flow');
  return flow;
}

function ends({ destinations }: Judgement): string | undefined {
  return destinations.map(({ source, address, port }) => `${source} -> ${address}:${port}`)[0];
}

const toServer = packet(FROM_CLIENT, '10.0.1.1', '10.0.1.2');

describe('A flow that was let through', () => {
  it('is one for each destination that the packet was let through to', () => {
    const endpoints = [buildServiceEndpoint('10.0.1.2', 8080, true), buildServiceEndpoint('10.0.1.1', 8080, true)];
    const service = buildService('s', [buildFrontend('clusterIp', 80, '172.30.0.1')], endpoints);
    const sent = packet(FROM_CLIENT, '10.0.1.1', '172.30.0.1');
    const flows = openFlows(sent, simulate([service]).judge(sent));
    expect(flows.map(({ destination }) => destination.address)).to.deep.equal(['10.0.1.2']);
  });

  it('lets answers and errors pass, which policy alone would not', () => {
    const simulator = simulate();
    const flow = opened(simulator, toServer);
    expect(simulator.judge(replyPacket(flow)).verdict).to.equal('allow');
    expect(simulator.judge(errorPacket(flow)).verdict).to.equal('allow');
    const { connection: _, ...unknown } = replyPacket(flow);
    expect(simulator.judge(unknown).verdict).to.equal('deny');
  });

  it('still checks the source of what a workload sends', () => {
    const simulator = simulate();
    const forged = { ...replyPacket(opened(simulator, toServer)), source: parseIpAddress('10.0.1.9') };
    expect(simulator.judge(forged).verdict).to.equal('drop');
  });

  it('goes on when policy turns against it, unless the dataplane judges flows again', () => {
    const close = { scope: 'delta', changes: [{ op: 'remove', key: INGRESS_ONLY.key }] } as const;
    const afterwards = (options?: SimulatorOptions): readonly string[] => {
      const simulator = simulate([], options);
      const flow = opened(simulator, toServer);
      simulator.apply(close);
      return [nextPacket(flow), replyPacket(flow), toServer].map((sent) => simulator.judge(sent).verdict);
    };
    expect(afterwards()).to.deep.equal(['allow', 'allow', 'deny']);
    const behaviours = { ...STANDARD_BEHAVIOURS, establishedFlows: 'revalidated' } as const;
    expect(afterwards({ behaviours })).to.deep.equal(['deny', 'allow', 'deny']);
  });

  it('keeps its translation both ways, whatever becomes of the service', () => {
    const endpoint = buildServiceEndpoint('10.0.1.2', 8080, true);
    const service = buildService('s', [buildFrontend('nodePort', 30080)], [endpoint]);
    const simulator = simulate([service]);
    const sent = packet({ kind: 'network' }, '203.0.113.9', '192.168.0.1', { destinationPort: parsePort(30080) });
    const flow = opened(simulator, sent);
    simulator.apply({ scope: 'delta', changes: [{ op: 'remove', key: service.key }] });
    expect(ends(simulator.judge(nextPacket(flow)))).to.equal('192.168.0.1 -> 10.0.1.2:8080');
    expect(simulator.judge(nextPacket(flow)).destinations[0]?.isMasqueraded).to.equal(true);
    const reply = replyPacket(flow);
    expect(reply).to.deep.include({ source: '10.0.1.2', sourcePort: 8080, destination: '192.168.0.1' });
    expect(ends(simulator.judge(reply))).to.equal('192.168.0.1 -> 203.0.113.9:40000');
    const toClient = simulator.judge(errorPacket(flow)).destinations[0];
    expect(toClient).to.include({ address: '203.0.113.9', target: 'network', verdict: 'allow' });
  });

  it('answers an echo request by an echo reply', () => {
    const simulator = simulate();
    const ping = (type: number, protocol: typeof ICMP): Packet => {
      const { sourcePort: _, destinationPort: __, ...rest } = toServer;
      return { ...rest, protocol, icmp: { type } };
    };
    expect(replyPacket(opened(simulator, ping(8, ICMP))).icmp).to.deep.equal({ type: 0, code: 0 });
    expect(replyPacket(opened(simulator, ping(128, ICMPV6))).icmp).to.deep.equal({ type: 129, code: 0 });
  });

  it('tells by the protocol which error there is', () => {
    const v6 = { ...CLIENT, addresses: [parseIpAddress('fd00::1')] };
    const simulator = simulate([v6]);
    const flow = opened(simulator, packet(FROM_CLIENT, 'fd00::1', '2001:db8::1'));
    expect(errorPacket(flow)).to.deep.include({ protocol: ICMPV6, icmp: { type: 1, code: 4 } });
  });
});

describe('A flow without connection tracking', () => {
  const TO_PEER = buildPolicy('to-peer', {
    egress: [buildRule('allow', { destination: { nets: nets('192.168.0.2') } })],
  });
  const ETH0 = { kind: 'interface', interfaceName: 'eth0' as InterfaceName } as const;
  const hostEndpoint = buildHostEndpoint('hep', { scope: ETH0, untrackedTiers: [buildTier([TO_PEER])] });
  const toPeer = packet({ kind: 'host' }, '192.168.0.1', '192.168.0.2');

  it('has its answers judged on their own', () => {
    const simulator = simulate([TO_PEER, hostEndpoint]);
    const flow = opened(simulator, toPeer);
    expect(flow.isTracked).to.equal(false);
    expect(nextPacket(flow)).to.deep.equal(toPeer);
    expect(simulator.judge(replyPacket(flow)).verdict).to.equal('drop');
    expect(simulator.judge(errorPacket(flow)).verdict).to.equal('drop');
    const back = buildPolicy('back', { ingress: [buildRule('allow', { source: { nets: nets('192.168.0.2') } })] });
    const both = { ...hostEndpoint, untrackedTiers: [buildTier([TO_PEER, back])] };
    expect(simulate([TO_PEER, back, both]).judge(replyPacket(flow)).verdict).to.equal('allow');
  });

  it('may have answers that open a flow of their own, but not in a protocol with a handshake', () => {
    const simulator = simulate([TO_PEER, { ...hostEndpoint, profiles: [INGRESS_ONLY.key] }]);
    const answered = (protocol: typeof TCP): string =>
      simulator.judge(replyPacket(opened(simulator, { ...toPeer, protocol }))).verdict;
    expect([answered(TCP), answered(SCTP), answered(UDP)]).to.deep.equal(['drop', 'drop', 'allow']);
  });
});

describe('A packet of no known flow', () => {
  const invalid = { connection: { state: 'invalid' } } as const;
  const through = packet({ kind: 'network' }, '203.0.113.9', '198.51.100.1', invalid);
  const toHost = packet({ kind: 'network' }, '203.0.113.9', '192.168.0.1', invalid);

  it('is not forwarded, unless connection tracking is liberal', () => {
    expect(simulate().judge(through).verdict).to.equal('drop');
    expect(simulate([], { isConntrackLiberal: true }).judge(through).verdict).to.equal('allow');
  });

  it('never passes an endpoint', () => {
    const toWorkload = packet({ kind: 'network' }, '203.0.113.9', '10.0.1.2', invalid);
    expect(simulate([], { isConntrackLiberal: true }).judge(toWorkload).verdict).to.equal('drop');
    expect(simulate().judge(toHost).verdict).to.equal('allow');
    expect(simulate([buildHostEndpoint('hep', { profiles: [INGRESS_ONLY.key] })]).judge(toHost).verdict).to.equal(
      'drop',
    );
  });

  it('is not translated', () => {
    const service = buildService('s', [buildFrontend('nodePort', 80)], [buildServiceEndpoint('10.0.1.2', 80, true)]);
    expect(simulate([service]).judge(toHost)).to.include({ verdict: 'allow', isTranslated: false });
  });

  it('is stopped, tracked or not, where untracked policy judges what the host sends to itself', () => {
    const answers = buildPolicy('answers', { ingress: [buildRule('deny', { source: { ports: ports(80) } })] });
    const open = buildPolicy('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
    const simulator = simulate([
      answers,
      open,
      buildHostEndpoint('lo', {
        scope: { kind: 'interface', interfaceName: 'lo' as InterfaceName },
        tiers: [buildTier([open])],
        untrackedTiers: [buildTier([answers])],
      }),
    ]);
    const flow = opened(simulator, packet({ kind: 'host' }, '192.168.0.1', '192.168.0.1'));
    expect(flow.isTracked).to.equal(true);
    expect(simulator.judge(nextPacket(flow)).verdict).to.equal('allow');
    expect(simulator.judge(replyPacket(flow)).verdict).to.equal('deny');
  });
});
