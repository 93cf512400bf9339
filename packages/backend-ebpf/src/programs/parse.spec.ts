import { expect } from 'chai';
import { TCP, UDP } from '@polyplane/core/backend';
import { describeOnKernel } from '../testing/on-kernel';
import { buildPacket } from '../testing/packets';
import { API, API6, ProgramBed, VIP, VIP6, WEB, WEB6 } from '../testing/program-bed';

describeOnKernel('the programs read packets', () => {
  let bed: ProgramBed;
  before(() => {
    bed = ProgramBed.open();
  });
  beforeEach(() => bed.reset());
  after(() => bed.close());

  /** What becomes of bytes that a workload sends, of which no packet need be readable afterwards. */
  const actionOf = (bytes: Buffer): string => bed.act('from_workload', 'web', bytes);

  /** A hop-by-hop header, padding alone. */
  const padding = (type: number, bytes = 8) => {
    const header = Buffer.alloc(bytes);
    header.writeUInt8(bytes / 8 - 1, 1);
    return { type, bytes: header };
  };

  it('behind IPv4 options', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    const options = Buffer.from('0101010107040400', 'hex');
    expect(bed.send('from_workload', 'web', { from: WEB, to: VIP, options }).packet).to.include({
      to: API,
      destinationPort: 8080,
    });
  });

  it('behind extension headers of IPv6', () => {
    bed.service({ address: VIP6 }, [`[${API6}]:8080`]);
    const bytes = buildPacket({ from: WEB6, to: VIP6, extensions: [padding(0), padding(60, 24)] });
    const out = bed.bytesOf('from_workload', 'web', bytes);
    expect(out.subarray(38, 54)).to.deep.equal(buildPacket({ from: WEB6, to: API6 }).subarray(38, 54));
    expect(out.readUInt16BE(14 + 40 + 32 + 2)).to.equal(8080);
  });

  it('and drop source routing, and more extensions than anybody sends', () => {
    const routing = Buffer.from('0000000100000000', 'hex');
    expect(actionOf(buildPacket({ from: WEB6, to: API6, extensions: [{ type: 43, bytes: routing }] }))).to.equal(
      'drop',
    );
    const many = Array.from({ length: 12 }, () => padding(60));
    const policed = buildPacket({ from: WEB6, to: VIP6, extensions: many });
    bed.service({ address: VIP6 }, [`[${API6}]:8080`]);
    expect(bed.bytesOf('from_workload', 'web', policed)).to.deep.equal(policed);
  });

  it('and drop what is cut short or lies about its length', () => {
    const whole = buildPacket({ from: WEB, to: API });
    const lies: readonly ((bytes: Buffer) => void)[] = [
      (bytes) => bytes.writeUInt16BE(bytes.length, 16),
      (bytes) => bytes.writeUInt16BE(10, 16),
      (bytes) => bytes.writeUInt8(0x44, 14),
      (bytes) => bytes.writeUInt8(0x55, 14),
      (bytes) => bytes.writeUInt8(0x4f, 14),
    ];
    expect(actionOf(whole)).to.equal('pass');
    for (const lie of lies) {
      const bytes = Buffer.from(whole);
      lie(bytes);
      expect(actionOf(bytes)).to.equal('drop');
    }
    const short = Buffer.from(whole.subarray(0, 40));
    short.writeUInt16BE(26, 16);
    expect(actionOf(short)).to.equal('drop');
    const six = buildPacket({ from: WEB6, to: API6 });
    six.writeUInt16BE(500, 18);
    expect(actionOf(six)).to.equal('drop');
  });

  it('and take no IPv4 address in the clothes of IPv6 for the address itself', () => {
    const bytes = buildPacket({ from: WEB6, to: API6 });
    Buffer.from('00000000000000000000ffff0a410002', 'hex').copy(bytes, 22);
    expect(actionOf(bytes)).to.equal('drop');
  });

  it('and let a workload speak ARP and IP alone', () => {
    const arp = Buffer.alloc(64);
    arp.writeUInt16BE(0x0806, 12);
    const other = Buffer.alloc(64);
    other.writeUInt16BE(0x88cc, 12);
    expect([actionOf(arp), actionOf(other)]).to.deep.equal(['pass', 'drop']);
    expect(bed.act('from_network', 'uplink', other)).to.equal('pass');
  });

  it('of other protocols by their addresses alone', () => {
    const payload = Buffer.alloc(20);
    expect(actionOf(buildPacket({ from: WEB, to: API, protocol: 253, payload }))).to.equal('pass');
    expect(actionOf(buildPacket({ from: API, to: WEB, protocol: 253, payload }))).to.equal('drop');
  });

  it('of TCP and UDP by protocol and port', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, [`${API}:1`]);
    bed.service({ address: VIP, protocol: TCP, port: 53, service: 8 }, [`${API}:2`]);
    const portOf = (protocol: number) =>
      bed.send('from_workload', 'web', { from: WEB, to: VIP, protocol, destinationPort: 53 }).packet.destinationPort;
    expect([portOf(UDP), portOf(TCP)]).to.deep.equal([1, 2]);
  });
});
