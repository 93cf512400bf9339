import { expect } from 'chai';
import { ICMP, ICMPV6, TCP, UDP } from '@polyplane/core/backend';
import { CONFIG_FLAG, FRONTEND_FLAG, RANGE_GROUP, ROUTE_FLAG } from '../layout/layouts';
import { describeOnKernel } from '../testing/on-kernel';
import { ACK, buildPacket, RST, SYN } from '../testing/packets';
import {
  API,
  API6,
  CLIENT,
  FAR,
  MARK,
  NODE,
  PEER,
  ProgramBed,
  SLOT,
  VIP,
  VIP6,
  WEB,
  WEB6,
} from '../testing/program-bed';

const ACCEPTED = MARK.seen | MARK.toWorkload | MARK.toNetwork;

describeOnKernel('the programs and services', () => {
  let bed: ProgramBed;
  before(() => {
    bed = ProgramBed.open();
  });
  beforeEach(() => bed.reset());
  after(() => bed.close());

  const question = { from: WEB, to: VIP } as const;

  for (const protocol of [TCP, UDP]) {
    it(`send protocol ${protocol} to an endpoint and its answers back as from the service`, () => {
      bed.service({ address: VIP, protocol }, [`${API}:8080`]);
      const entering = bed.send('from_workload', 'web', { ...question, protocol, destinationPort: 80 });
      expect(entering.action).to.equal('pass');
      expect(entering.packet).to.include({ from: WEB, to: API, sourcePort: 40000, destinationPort: 8080 });
      expect(bed.send('to_workload', 'api', entering.bytes, entering.mark).action).to.equal('pass');
      const flags = SYN | ACK;
      const answer = { from: API, to: WEB, sourcePort: 8080, destinationPort: 40000, protocol, flags };
      const back = bed.send('from_workload', 'api', answer);
      expect(back.packet).to.include({ from: VIP, to: WEB, sourcePort: 80, destinationPort: 40000 });
      expect(back).to.include({ action: 'pass', mark: ACCEPTED });
      const next = bed.send('from_workload', 'web', { ...question, protocol, destinationPort: 80, flags: ACK });
      expect(next.packet).to.include({ to: API, destinationPort: 8080 });
      expect(next.mark).to.equal(ACCEPTED);
    });
  }

  it('do the same for IPv6', () => {
    bed.service({ address: VIP6 }, [`[${API6}]:8080`]);
    const entering = bed.send('from_workload', 'web', { from: WEB6, to: VIP6 });
    expect(entering.packet).to.include({ from: WEB6, to: API6, destinationPort: 8080 });
    bed.send('to_workload', 'api', entering.bytes, entering.mark);
    const back = bed.send('from_workload', 'api', {
      from: API6,
      to: WEB6,
      sourcePort: 8080,
      destinationPort: 40000,
      flags: ACK,
    });
    expect(back.packet).to.include({ from: VIP6, sourcePort: 80 });
  });

  it('keep a datagram without a checksum without one', () => {
    bed.service({ address: VIP, protocol: UDP }, [`${API}:8080`]);
    const { bytes } = bed.send('from_workload', 'web', {
      ...question,
      protocol: UDP,
      destinationPort: 80,
      isUnchecked: true,
    });
    expect(bytes.readUInt16BE(14 + 20 + 6)).to.equal(0);
  });

  it('send each flow on to where its first packet went, and new ones to every endpoint', () => {
    bed.service({ address: VIP }, [`${API}:1`, `${API}:2`, `${FAR}:3`]);
    const ports = new Set<number | undefined>();
    for (let sourcePort = 1000; sourcePort < 1060; sourcePort++) {
      const port = bed.send('from_workload', 'web', { ...question, sourcePort }).packet.destinationPort;
      ports.add(port);
      const again = bed.send('from_workload', 'web', { ...question, sourcePort, flags: ACK }).packet.destinationPort;
      expect(again).to.equal(port);
    }
    expect([...ports].sort()).to.deep.equal([1, 2, 3]);
  });

  it('keep a client to its endpoint while its affinity lasts', () => {
    bed.service({ address: VIP, affinity_seconds: 60 }, [`${API}:1`, `${API}:2`, `${FAR}:3`]);
    const portFor = (sourcePort: number) =>
      bed.send('from_workload', 'web', { ...question, sourcePort }).packet.destinationPort;
    const first = portFor(1000);
    for (let sourcePort = 1001; sourcePort < 1030; sourcePort++) expect(portFor(sourcePort)).to.equal(first);
  });

  it('bind a client anew whose endpoint serves no more, and not because the list is in another order', () => {
    const affinity = { address: VIP, affinity_seconds: 60 };
    bed.service(affinity, [`${API}:1`, `${FAR}:2`]);
    const portFor = (sourcePort: number) =>
      bed.send('from_workload', 'web', { ...question, sourcePort }).packet.destinationPort;
    const first = portFor(1000);
    bed.service(affinity, [`${FAR}:2`, `${API}:1`, `${API}:3`]);
    for (let sourcePort = 1001; sourcePort < 1020; sourcePort++) expect(portFor(sourcePort)).to.equal(first);
    bed.service(affinity, [`${API}:7`]);
    expect(portFor(2000)).to.equal(7);
  });

  it('judge by the endpoint, not by the service', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    bed.workload('api', [API], { ingress: SLOT.deny });
    const { bytes, mark } = bed.send('from_workload', 'web', question);
    expect(bed.send('to_workload', 'api', bytes, mark).action).to.equal('drop');
  });

  it('reset a TCP connection to a service without endpoints, and refuse the rest by ICMP', () => {
    bed.service({ address: VIP }, []);
    bed.service({ address: VIP, protocol: UDP, port: 53 }, []);
    bed.service({ address: VIP6, protocol: UDP, port: 53 }, []);
    const reset = bed.send('from_workload', 'web', question);
    expect(reset.action).to.equal('redirect');
    expect(reset.packet).to.deep.include({
      from: VIP,
      to: WEB,
      sourcePort: 80,
      destinationPort: 40000,
      flags: RST | ACK,
    });
    const refused = bed.send('from_workload', 'web', { ...question, protocol: UDP });
    expect(refused.action).to.equal('redirect');
    expect(refused.packet).to.deep.include({ from: VIP, to: WEB, protocol: ICMP, icmp: { type: 3, code: 3 } });
    expect(refused.packet.quoted).to.include({ from: WEB, to: VIP, sourcePort: 40000, destinationPort: 53 });
    const six = bed.send('from_workload', 'web', { from: WEB6, to: VIP6, protocol: UDP });
    expect(six.packet).to.deep.include({ from: VIP6, to: WEB6, protocol: ICMPV6, icmp: { type: 1, code: 4 } });
    expect(six.packet.quoted).to.include({ from: WEB6, to: VIP6, destinationPort: 53 });
    // It goes out by the way that it came in by, unjudged.
    expect(bed.send('to_workload', 'web', refused.bytes, refused.mark).action).to.equal('pass');
  });

  it('refuse a datagram with IPv4 options too', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, []);
    const options = Buffer.from('01010101', 'hex');
    const { packet } = bed.send('from_workload', 'web', { ...question, protocol: UDP, options });
    expect(packet.quoted).to.include({ from: WEB, to: VIP, sourcePort: 40000, destinationPort: 53 });
  });

  it('drop instead where other nodes have endpoints and the policy is Local', () => {
    bed.service({ address: VIP, flags: FRONTEND_FLAG.local | FRONTEND_FLAG.elsewhere }, [`${FAR}:1`]);
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
  });

  it('send outside clients of policy Local to this node’s endpoints, pods and the node to all', () => {
    const flags = FRONTEND_FLAG.local | FRONTEND_FLAG.external;
    bed.service({ flags, port: 30080 }, [`${FAR}:1`], [`${API}:2`]);
    const portOf = (from: string, hook: 'from_network' | 'from_workload') =>
      bed.send(hook, hook === 'from_network' ? 'uplink' : 'web', { from, to: NODE, destinationPort: 30080 }).packet
        .destinationPort;
    expect(portOf(CLIENT, 'from_network')).to.equal(2);
    expect(portOf(WEB, 'from_workload')).to.equal(1);
  });

  it('tell pods by ranges where they are told to', () => {
    bed.configure({ flags: CONFIG_FLAG.forwarding | CONFIG_FLAG.podsByRange });
    bed.sourceRange(RANGE_GROUP.pods, '203.0.113.0/24');
    bed.service({ flags: FRONTEND_FLAG.local | FRONTEND_FLAG.external, port: 30080 }, [`${FAR}:1`], [`${API}:2`]);
    const to = { to: NODE, destinationPort: 30080 } as const;
    expect(bed.send('from_network', 'uplink', { from: CLIENT, ...to }).packet.destinationPort).to.equal(1);
    expect(bed.send('from_network', 'uplink', { from: '198.51.100.7', ...to }).packet.destinationPort).to.equal(2);
  });

  it('let only the sources in the ranges come', () => {
    bed.service({ address: VIP, flags: FRONTEND_FLAG.ranges | FRONTEND_FLAG.external }, [`${API}:1`]);
    bed.sourceRange(7, '203.0.113.0/28');
    expect(bed.send('from_network', 'uplink', { from: CLIENT, to: VIP }).packet.to).to.equal(API);
    expect(bed.send('from_network', 'uplink', { from: '203.0.113.77', to: VIP }).action).to.equal('drop');
  });

  it('answer on node ports of every node’s address that does, and of no other', () => {
    bed.service({ port: 30080 }, [`${API}:1`]);
    bed.route('172.18.0.9/32', { flags: ROUTE_FLAG.host });
    for (const to of [NODE, PEER]) {
      expect(bed.send('from_workload', 'web', { from: WEB, to, destinationPort: 30080 }).packet.to, to).to.equal(API);
    }
    for (const to of ['172.18.0.9', FAR]) {
      expect(bed.send('from_workload', 'web', { from: WEB, to, destinationPort: 30080 }).packet.to, to).to.equal(to);
    }
  });

  it('keep an outside client’s address, and answer it as the node port', () => {
    bed.service({ port: 30080 }, [`${API}:8080`]);
    const entering = bed.send('from_network', 'uplink', { from: CLIENT, to: NODE, destinationPort: 30080 });
    expect(entering.packet).to.include({ from: CLIENT, to: API, destinationPort: 8080 });
    bed.send('to_workload', 'api', entering.bytes, entering.mark);
    const answer = { from: API, to: CLIENT, sourcePort: 8080, destinationPort: 40000, flags: SYN | ACK };
    // The kernel would not route what comes from its own address.
    const back = bed.send('from_workload', 'api', answer);
    expect(back.packet).to.include({ from: API, sourcePort: 8080, to: CLIENT });
    const leaving = bed.send('to_network', 'uplink', back.bytes, back.mark);
    expect(leaving.packet).to.include({ from: NODE, sourcePort: 30080, to: CLIENT, destinationPort: 40000 });
  });

  it('turn a workload’s own packets back to it, from the address that it dialed', () => {
    bed.service({ address: VIP }, [`${WEB}:8080`]);
    const there = bed.send('from_workload', 'web', question);
    expect(there).to.include({ action: 'redirect', mark: ACCEPTED });
    expect(there.packet).to.include({ from: VIP, to: WEB, sourcePort: 40000, destinationPort: 8080 });
    const answer = { from: WEB, to: VIP, sourcePort: 8080, destinationPort: 40000, flags: SYN | ACK };
    const back = bed.send('from_workload', 'web', answer);
    expect(back.action).to.equal('redirect');
    expect(back.packet).to.include({ from: VIP, to: WEB, sourcePort: 80, destinationPort: 40000 });
    const next = bed.send('from_workload', 'web', { ...question, flags: ACK });
    expect(next.action).to.equal('redirect');
    expect(next.packet).to.include({ from: VIP, to: WEB, destinationPort: 8080 });
  });

  it('tell two flows of one client to one endpoint through two services apart by another port', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    bed.service({ address: '10.96.0.11', service: 8 }, [`${API}:8080`]);
    const first = bed.send('from_workload', 'web', question).packet;
    const second = bed.send('from_workload', 'web', { ...question, to: '10.96.0.11' });
    expect(first.sourcePort).to.equal(40000);
    expect(second.packet.sourcePort).to.not.equal(40000);
    bed.send('to_workload', 'api', second.bytes, second.mark);
    const answer = { from: API, to: WEB, sourcePort: 8080, destinationPort: second.packet.sourcePort ?? 0, flags: ACK };
    expect(bed.send('from_workload', 'api', answer).packet).to.include({ from: '10.96.0.11', destinationPort: 40000 });
  });

  it('translate errors about a flow back, whoever sends them', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, [`${API}:5353`]);
    const there = bed.send('from_workload', 'web', { ...question, protocol: UDP });
    bed.send('to_workload', 'api', there.bytes, there.mark);
    for (const from of [API, '172.18.0.77']) {
      const error = {
        from,
        to: WEB,
        protocol: ICMP,
        icmp: { type: 3, code: 3 },
        payload: there.bytes.subarray(14, 14 + 28),
      };
      const hook = from === API ? 'from_workload' : 'from_network';
      const back = bed.send(hook, from === API ? 'api' : 'uplink', error);
      expect(back).to.include({ action: 'pass', mark: ACCEPTED });
      expect(back.packet).to.include({ from: from === API ? VIP : from, to: WEB });
      expect(back.packet.quoted).to.include({ from: WEB, to: VIP, sourcePort: 40000, destinationPort: 53 });
    }
  });

  it('translate errors about answers to the endpoint that sent them', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, [`${API}:5353`]);
    const there = bed.send('from_workload', 'web', { ...question, protocol: UDP });
    bed.send('to_workload', 'api', there.bytes, there.mark);
    const answer = bed.send('from_workload', 'api', {
      from: API,
      to: WEB,
      protocol: UDP,
      sourcePort: 5353,
      destinationPort: 40000,
    });
    const payload = answer.bytes.subarray(14, 14 + 28);
    const error = bed.send('from_workload', 'web', {
      from: WEB,
      to: VIP,
      protocol: ICMP,
      icmp: { type: 3, code: 3 },
      payload,
    });
    expect(error.packet).to.include({ from: WEB, to: API });
    expect(error.packet.quoted).to.include({ from: API, to: WEB, sourcePort: 5353, destinationPort: 40000 });
  });

  it('translate errors of IPv6', () => {
    bed.service({ address: VIP6, protocol: UDP, port: 53 }, [`[${API6}]:5353`]);
    const there = bed.send('from_workload', 'web', { from: WEB6, to: VIP6, protocol: UDP });
    bed.send('to_workload', 'api', there.bytes, there.mark);
    const payload = there.bytes.subarray(14, 14 + 48);
    const back = bed.send('from_workload', 'api', {
      from: API6,
      to: WEB6,
      protocol: ICMPV6,
      icmp: { type: 1, code: 4 },
      payload,
    });
    expect(back.packet).to.include({ from: VIP6, to: WEB6 });
    expect(back.packet.quoted).to.include({ from: WEB6, to: VIP6, destinationPort: 53 });
  });

  it('let no error about an unknown flow to a workload, nor through the node', () => {
    const payload = buildPacket({ from: WEB, to: FAR }).subarray(14, 14 + 28);
    const error = { from: CLIENT, protocol: ICMP, icmp: { type: 3, code: 3 }, payload } as const;
    expect(bed.send('from_network', 'uplink', { ...error, to: WEB }).action).to.equal('drop');
    expect(bed.send('from_network', 'uplink', { ...error, to: NODE }).action).to.equal('pass');
    expect(bed.send('from_workload', 'web', { ...error, from: WEB, to: API }).action).to.equal('drop');
  });

  it('send later fragments after the first, and drop those that come before it', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, [`${API}:5353`]);
    const later = {
      ...question,
      protocol: UDP,
      payload: Buffer.alloc(16),
      fragment: { offset: 1480, hasMore: false, id: 77 },
    };
    expect(bed.send('from_workload', 'web', later).action).to.equal('drop');
    const first = bed.send('from_workload', 'web', {
      ...question,
      protocol: UDP,
      fragment: { offset: 0, hasMore: true, id: 77 },
    });
    expect(first.packet).to.include({ to: API, destinationPort: 5353 });
    const second = bed.send('from_workload', 'web', later);
    expect(second.packet).to.include({ from: WEB, to: API });
    expect(bed.send('to_workload', 'api', first.bytes, first.mark).action).to.equal('pass');
    expect(bed.send('to_workload', 'api', second.bytes, second.mark).action).to.equal('pass');
  });

  it('send what the host dials to an endpoint by the way that leads there', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    const there = bed.send('to_network', 'uplink', { from: NODE, to: VIP });
    expect(there).to.include({ action: 'redirect', mark: ACCEPTED });
    expect(there.packet).to.include({ from: NODE, to: API, destinationPort: 8080 });
    const answer = { from: API, to: NODE, sourcePort: 8080, destinationPort: 40000, flags: SYN | ACK };
    const back = bed.send('from_workload', 'api', answer);
    expect(back.packet).to.include({ from: VIP, to: NODE, sourcePort: 80 });
    expect(back.action).to.equal('pass');
    expect(bed.send('to_network', 'uplink', { from: NODE, to: VIP, flags: ACK }).packet.to).to.equal(API);
  });

  it('give the node’s address to what a pool sends out, and take it back from the answers', () => {
    const flags = ROUTE_FLAG.workload | ROUTE_FLAG.pool | ROUTE_FLAG.natOutgoing;
    bed.route(`${WEB}/32`, { flags, ifindex: bed.interfaces.web });
    const there = bed.send('from_workload', 'web', { from: WEB, to: CLIENT });
    expect(there).to.include({ action: 'pass', mark: MARK.seen | MARK.late });
    expect(there.packet.from).to.equal(WEB);
    const leaving = bed.send('to_network', 'uplink', there.bytes, there.mark);
    expect(leaving.packet).to.include({ from: NODE, to: CLIENT, sourcePort: 40000 });
    const answer = { from: CLIENT, to: NODE, sourcePort: 80, destinationPort: 40000, flags: SYN | ACK };
    const back = bed.send('from_network', 'uplink', answer);
    expect(back).to.include({ action: 'pass', mark: ACCEPTED });
    expect(back.packet).to.include({ from: CLIENT, to: WEB, destinationPort: 40000 });
    const next = bed.send('from_workload', 'web', { from: WEB, to: CLIENT, flags: ACK });
    expect(next.mark & MARK.late).to.equal(MARK.late);
    expect(bed.send('to_network', 'uplink', next.bytes, next.mark).packet.from).to.equal(NODE);
    expect(bed.send('from_workload', 'web', { from: WEB, to: FAR }).mark & MARK.late).to.equal(0);
  });

  it('give echoes another identifier where another’s has it', () => {
    const flags = ROUTE_FLAG.workload | ROUTE_FLAG.pool | ROUTE_FLAG.natOutgoing;
    bed.route(`${WEB}/32`, { flags, ifindex: bed.interfaces.web });
    bed.route(`${API}/32`, { flags, ifindex: bed.interfaces.api });
    const echo = { to: CLIENT, protocol: ICMP, sourcePort: 5 } as const;
    const out = (name: 'web' | 'api', from: string) => {
      const there = bed.send('from_workload', name, { ...echo, from });
      return bed.send('to_network', 'uplink', there.bytes, there.mark).packet;
    };
    const [one, other] = [out('web', WEB), out('api', API)];
    expect([one.from, one.sourcePort, other.from]).to.deep.equal([NODE, 5, NODE]);
    expect(other.sourcePort).to.not.equal(5);
    const reply = { from: CLIENT, to: NODE, protocol: ICMP, icmp: { type: 0 }, sourcePort: other.sourcePort ?? 0 };
    expect(bed.send('from_network', 'uplink', reply).packet).to.include({ to: API, sourcePort: 5 });
  });

  it('route no service address on that no service has, where they are told not to, unless policy drops it before', () => {
    const flags = CONFIG_FLAG.forwarding | CONFIG_FLAG.podsByInterface;
    bed.sourceRange(RANGE_GROUP.services, '10.96.0.0/16');
    const leave = () => {
      const { bytes, mark } = bed.send('from_workload', 'web', question);
      return bed.send('to_network', 'uplink', bytes, mark);
    };
    expect(leave().action).to.equal('pass');
    bed.configure({ flags: flags | CONFIG_FLAG.loopDrop });
    bed.endpoint('uplink', {});
    expect(leave().action).to.equal('drop');
    bed.configure({ flags: flags | CONFIG_FLAG.loopRefuse });
    // In the bed no route leads back to the workload: what is sent there is dropped, but it is a reset.
    expect(leave().packet).to.deep.include({ from: VIP, to: WEB, flags: RST | ACK });
    bed.endpoint('uplink', { forward_out: SLOT.deny });
    expect(leave().packet).to.include({ from: WEB, to: VIP });
  });
});
