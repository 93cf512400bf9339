import { expect } from 'chai';
import { ICMPV6, UDP } from '@polyplane/core/backend';
import { CONFIG_FLAG, ENDPOINT_FLAG, ENDPOINT_TO_HOST } from '../layout/layouts';
import { describeOnKernel } from '../testing/on-kernel';
import { ACK, SYN } from '../testing/packets';
import { API, CLIENT, FAR, MARK, NODE, ProgramBed, SLOT, VIP, WEB } from '../testing/program-bed';

const HOST = { flags: ENDPOINT_FLAG.host, ingress: SLOT.allow, egress: SLOT.allow } as const;

describeOnKernel('the programs and the host', () => {
  let bed: ProgramBed;
  before(() => {
    bed = ProgramBed.open();
  });
  beforeEach(() => bed.reset());
  after(() => bed.close());

  const fromClient = { from: CLIENT, to: NODE } as const;
  const toClient = { from: NODE, to: CLIENT } as const;

  it('leave the host’s own packets alone where no host endpoint holds', () => {
    expect(bed.send('from_network', 'uplink', fromClient).action).to.equal('pass');
    expect(bed.send('to_network', 'uplink', toClient).action).to.equal('pass');
    expect(bed.trackedEntries).to.equal(0);
  });

  it('ask a host endpoint about what comes to the host and what it sends, and let answers through', () => {
    bed.endpoint('uplink', { ...HOST, egress: SLOT.deny });
    expect(bed.send('from_network', 'uplink', fromClient).action).to.equal('pass');
    const answer = { ...toClient, sourcePort: 80, destinationPort: 40000, flags: SYN | ACK };
    expect(bed.send('to_network', 'uplink', answer).action).to.equal('pass');
    expect(bed.send('to_network', 'uplink', toClient).action).to.equal('drop');
    bed.endpoint('uplink', { ...HOST, ingress: SLOT.deny });
    expect(bed.send('from_network', 'uplink', { ...fromClient, sourcePort: 2 }).action).to.equal('drop');
    expect(bed.send('to_network', 'uplink', { ...toClient, sourcePort: 2 }).action).to.equal('pass');
    const back = { ...fromClient, sourcePort: 80, destinationPort: 2, flags: SYN | ACK };
    expect(bed.send('from_network', 'uplink', back).action).to.equal('pass');
  });

  it('drop at a host endpoint that has no program, and packets of no known flow', () => {
    bed.endpoint('uplink', { flags: ENDPOINT_FLAG.host });
    expect(bed.send('from_network', 'uplink', fromClient).action).to.equal('drop');
    bed.endpoint('uplink', HOST);
    expect(bed.send('from_network', 'uplink', { ...fromClient, flags: ACK }).action).to.equal('drop');
    expect(bed.send('to_network', 'uplink', { ...toClient, flags: ACK }).action).to.equal('drop');
  });

  it('ask policy before translation about what comes in, which ends there when it allows', () => {
    bed.service({ port: 30080 }, [`${API}:80`]);
    const request = { ...fromClient, destinationPort: 30080 };
    const guarded = { ...HOST, forward_in: SLOT.deny };
    bed.endpoint('uplink', { ...guarded, pre_dnat: SLOT.deny });
    expect(bed.send('from_network', 'uplink', request).action).to.equal('drop');
    bed.endpoint('uplink', { ...guarded, pre_dnat: SLOT.next });
    expect(bed.send('from_network', 'uplink', request).action).to.equal('drop');
    bed.endpoint('uplink', { ...guarded, pre_dnat: SLOT.allow });
    const letIn = bed.send('from_network', 'uplink', request);
    expect(letIn.action).to.equal('pass');
    expect(letIn.packet.to).to.equal(API);
    bed.endpoint('uplink', { ...HOST, ingress: SLOT.deny, pre_dnat: SLOT.allow });
    expect(bed.send('from_network', 'uplink', { ...fromClient, destinationPort: 81 }).action).to.equal('pass');
  });

  it('ask about what is passed on where it comes in and where it goes out', () => {
    bed.endpoint('uplink', { ...HOST, ingress: SLOT.deny, egress: SLOT.deny });
    const inward = bed.send('from_network', 'uplink', { from: CLIENT, to: WEB });
    expect(inward.action).to.equal('pass');
    const outward = bed.send('from_workload', 'web', { from: WEB, to: CLIENT });
    expect(bed.send('to_network', 'uplink', outward.bytes, outward.mark).action).to.equal('pass');
    bed.endpoint('uplink', { ...HOST, forward_in: SLOT.deny, forward_out: SLOT.deny });
    expect(bed.send('from_network', 'uplink', { from: CLIENT, to: WEB, sourcePort: 2 }).action).to.equal('drop');
    const again = bed.send('from_workload', 'web', { from: WEB, to: CLIENT, sourcePort: 2 });
    expect(bed.send('to_network', 'uplink', again.bytes, again.mark).action).to.equal('drop');
  });

  it('ask an all-interfaces host endpoint about workloads’ packets that are passed on', () => {
    bed.workload('web', [WEB], { forward_in: SLOT.deny });
    expect(bed.send('from_workload', 'web', { from: WEB, to: API }).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: WEB, to: NODE }).action).to.equal('pass');
    bed.workload('web', [WEB], { pre_dnat: SLOT.deny });
    expect(bed.send('from_workload', 'web', { from: WEB, to: NODE, sourcePort: 2 }).action).to.equal('drop');
    bed.workload('web', [WEB]);
    bed.workload('api', [API], { forward_out: SLOT.deny });
    const { mark } = bed.send('from_workload', 'web', { from: WEB, to: API });
    expect(bed.send('to_workload', 'api', { from: WEB, to: API }, mark).action).to.equal('drop');
  });

  it('do with what workloads send to the host what the settings say, after egress policy', () => {
    const toHost = { from: WEB, to: NODE } as const;
    bed.configure({ endpoint_to_host: ENDPOINT_TO_HOST.drop });
    expect(bed.send('from_workload', 'web', toHost).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: WEB, to: FAR }).action).to.equal('pass');
    bed.configure({ endpoint_to_host: ENDPOINT_TO_HOST.accept });
    expect(bed.send('from_workload', 'web', toHost).action).to.equal('pass');
    bed.workload('web', [WEB], { egress: SLOT.deny });
    expect(bed.send('from_workload', 'web', { ...toHost, sourcePort: 2 }).action).to.equal('drop');
  });

  it('take a workload’s neighbour discovery, but no advertisement of a router, in any case', () => {
    bed.configure({ endpoint_to_host: ENDPOINT_TO_HOST.drop });
    bed.workload('web', [WEB], { egress: SLOT.deny });
    const discovery = (type: number, from = 'fe80::2') =>
      bed.send('from_workload', 'web', { from, to: 'ff02::2', protocol: ICMPV6, icmp: { type } }).action;
    expect([133, 135, 136].map((type) => discovery(type))).to.deep.equal(['pass', 'pass', 'pass']);
    expect(discovery(135, '::')).to.equal('pass');
    expect(discovery(134)).to.equal('drop');
    expect(discovery(128)).to.equal('drop');
  });

  it('drop loopback addresses that come in from outside, and what is for loopback', () => {
    expect(bed.send('from_network', 'uplink', { from: '127.0.0.1', to: NODE }).action).to.equal('drop');
    expect(bed.send('from_network', 'uplink', { from: CLIENT, to: '127.0.0.1' }).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: WEB, to: '127.0.0.1' }).action).to.equal('drop');
  });

  it('pass nothing on where the host does not', () => {
    bed.configure({ flags: CONFIG_FLAG.podsByInterface });
    expect(bed.send('from_workload', 'web', { from: WEB, to: API }).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: WEB, to: NODE }).action).to.equal('pass');
    expect(bed.send('to_network', 'uplink', toClient).action).to.equal('pass');
  });

  it('refuse nothing, but on the host’s own addresses, where the host passes nothing on', () => {
    bed.configure({ flags: CONFIG_FLAG.podsByInterface });
    bed.service({ address: VIP }, []);
    bed.service({ port: 30080, service: 8 }, []);
    expect(bed.send('from_network', 'uplink', { from: CLIENT, to: VIP }).action).to.equal('drop');
    expect(bed.send('from_network', 'uplink', { ...fromClient, destinationPort: 30080 }).action).to.equal('redirect');
  });

  it('let no workload begin what tunnels are made of', () => {
    bed.configure({
      closed: [
        { protocol: 4, port: 0, pad: 0 },
        { protocol: UDP, port: 4789, pad: 0 },
      ],
    });
    const send = (packet: { protocol: number; destinationPort?: number }) =>
      bed.send('from_workload', 'web', { from: WEB, to: FAR, ...packet }).action;
    expect(send({ protocol: 4 })).to.equal('drop');
    expect(send({ protocol: UDP, destinationPort: 4789 })).to.equal('drop');
    expect(send({ protocol: UDP, destinationPort: 4790 })).to.equal('pass');
  });

  it('send what the host sends itself by the ways of others, and hands it to the host when it comes back', () => {
    bed.service({ address: VIP }, [`${NODE}:80`]);
    const own = bed.send('to_network', 'uplink', { from: NODE, to: VIP });
    expect(own).to.include({ action: 'redirect', mark: MARK.seen });
    expect(own.packet).to.include({ from: VIP, to: NODE });
    expect(bed.send('from_network', 'uplink', own.bytes, own.mark).action).to.equal('pass');
    const answer = { from: NODE, to: VIP, sourcePort: 80, destinationPort: 40000, flags: SYN | ACK };
    const back = bed.send('to_network', 'uplink', answer);
    expect(back.action).to.equal('redirect');
    expect(back.packet).to.include({ from: VIP, to: NODE, sourcePort: 80, destinationPort: 40000 });
  });
});
