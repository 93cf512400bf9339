import { expect } from 'chai';
import fc from 'fast-check';
import { parseIpAddress } from '@polyplane/core/address';
import { decodeAnswers, encodeDeleteAll, encodeDeleteUdpFlow } from './conntrack-messages';

const ip = parseIpAddress;
const FLOW = {
  family: 4,
  source: ip('10.0.0.1'),
  sourcePort: 0x1234,
  destination: ip('10.96.0.10'),
  destinationPort: 53,
} as const;

describe('Requests to connection tracking', () => {
  it('name one flow by addresses, protocol and ports, in the kernel’s layout', () => {
    expect(encodeDeleteUdpFlow(FLOW).toString('hex')).to.equal(
      [
        // nlmsghdr: 72 bytes, ctnetlink's delete, a request with an answer.
        '48000000' + '0201' + '0500' + '00000000' + '00000000',
        // nfgenmsg: AF_INET.
        '02000000',
        // The way there, nested: addresses, then protocol and ports.
        '34000180',
        '14000180' + '08000100' + '0a000001' + '08000200' + '0a60000a',
        '1c000280' + '05000100' + '11000000' + '06000200' + '12340000' + '06000300' + '00350000',
      ].join(''),
    );
    const six = encodeDeleteUdpFlow({ ...FLOW, family: 6, source: ip('fd00::1'), destination: ip('fd00:96::10') });
    expect(six.readUInt8(16)).to.equal(10);
    expect(six.toString('hex'))
      .to.contain(`14000300fd${'0'.repeat(29)}1`)
      .and.to.contain(`14000400fd000096`);
  });

  it('name no flow where all are meant', () => {
    expect(encodeDeleteAll().toString('hex')).to.equal('1400000002010500000000000000000000000000');
  });

  it('are answered each by a number, however much of the request comes back with it', () => {
    const answer = (error: number, more: number): Buffer => {
      const bytes = Buffer.alloc(36 + Math.ceil(more / 4) * 4);
      bytes.writeUInt32LE(36 + more, 0);
      bytes.writeInt32LE(error, 16);
      return bytes;
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -200, max: 0 }), fc.nat(90))), (answers) => {
        const received = Buffer.concat(answers.map(([error, more]) => answer(error, more)));
        expect(decodeAnswers(received)).to.deep.equal(answers.map(([error]) => error));
      }),
    );
  });
});
