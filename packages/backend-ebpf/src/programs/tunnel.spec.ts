import { expect } from 'chai';
import { ICMP, UDP } from '@polyplane/core/backend';
import { describeOnKernel } from '../testing/on-kernel';
import { readPacket } from '../testing/packet-reader';
import { ACK, buildPacket, SYN } from '../testing/packets';
import { API, CLIENT, FAR, MARK, NODE, PEER, ProgramBed, VIP, WEB } from '../testing/program-bed';

const PORT = 4789;
const ID = 7;
const WRAPPING = 50;

describeOnKernel('the programs and the tunnel between nodes', () => {
  let bed: ProgramBed;
  before(() => {
    bed = ProgramBed.open();
  });
  beforeEach(() => {
    bed.reset();
    bed.configure({ tunnel_port: PORT, tunnel_id: ID, tunnel_mtu: 1500 });
    bed.service({ port: 30080 }, [`${FAR}:8080`], [`${API}:8080`]);
  });
  after(() => bed.close());

  const dialed = { from: CLIENT, to: NODE, destinationPort: 30080 } as const;

  /** As the other node would send it. */
  const wrapped = (inner: Buffer, from = PEER): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt8(8, 0);
    header.writeUIntBE(ID, 4, 3);
    const payload = Buffer.concat([header, inner]);
    return buildPacket({ from, to: NODE, protocol: UDP, sourcePort: 50000, destinationPort: PORT, payload });
  };

  it('wrap what a client outside sends to an endpoint of another node, as it came', () => {
    const packet = buildPacket(dialed);
    // The bed has no route to the other node, so that the packet is not sent; it is wrapped.
    const out = bed.bytesOf('from_network', 'uplink', packet);
    expect(readPacket(out)).to.include({ from: NODE, to: PEER, protocol: UDP, destinationPort: PORT });
    expect(out.subarray(14 + WRAPPING)).to.deep.equal(packet.subarray(14));
    const again = buildPacket({ ...dialed, flags: ACK });
    expect(bed.bytesOf('from_network', 'uplink', again).subarray(14 + WRAPPING)).to.deep.equal(again.subarray(14));
  });

  it('wrap nothing of this node’s own pods, which are translated here', () => {
    const { packet } = bed.send('from_workload', 'web', { from: WEB, to: NODE, destinationPort: 30080 });
    expect(packet).to.include({ from: WEB, to: FAR, destinationPort: 8080 });
  });

  it('tell a client whose packet does not fit how much does', () => {
    const large = { ...dialed, payload: Buffer.alloc(1440) };
    const refused = bed.send('from_network', 'uplink', large);
    expect(refused).to.include({ action: 'redirect' });
    expect(refused.packet).to.deep.include({ from: NODE, to: CLIENT, protocol: ICMP, icmp: { type: 3, code: 4 } });
    expect(refused.bytes.readUInt16BE(14 + 20 + 6)).to.equal(1500 - WRAPPING);
  });

  it('unwrap what another node sends, for an endpoint of this one, and answer the client straight', () => {
    const inner = buildPacket({ from: CLIENT, to: PEER, destinationPort: 30080 });
    const entering = bed.send('from_network', 'uplink', wrapped(inner));
    expect(entering.action).to.equal('pass');
    expect(entering.packet).to.include({ from: CLIENT, to: API, destinationPort: 8080 });
    bed.send('to_workload', 'api', entering.bytes, entering.mark);
    const answer = { from: API, to: CLIENT, sourcePort: 8080, destinationPort: 40000, flags: SYN | ACK };
    const back = bed.send('from_workload', 'api', answer);
    expect(back.packet).to.include({ from: PEER, sourcePort: 30080, to: CLIENT });
    expect(back.mark & MARK.toNetwork).to.equal(MARK.toNetwork);
  });

  it('leave to the host what comes from no node, and what is of another tunnel', () => {
    const inner = buildPacket({ from: CLIENT, to: VIP });
    const foreign = wrapped(inner, CLIENT);
    expect(bed.bytesOf('from_network', 'uplink', foreign)).to.deep.equal(foreign);
    bed.configure({ tunnel_port: PORT, tunnel_id: ID + 1, tunnel_mtu: 1500 });
    const other = wrapped(inner);
    expect(bed.bytesOf('from_network', 'uplink', other)).to.deep.equal(other);
  });
});
