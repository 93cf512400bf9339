import { expect } from 'chai';
import fc from 'fast-check';
import { crc32c, encodeSctpPacket, parseSctpPacket, type SctpChunk, type SctpPacket } from './sctp-packet';

const tags = fc.nat(0xffffffff);
const chunks: fc.Arbitrary<SctpChunk> = fc.oneof(
  tags.map((initiateTag): SctpChunk => ({ type: 'init', initiateTag })),
  fc
    .tuple(tags, fc.uint8Array({ maxLength: 300 }))
    .map(([initiateTag, cookie]): SctpChunk => ({ type: 'initAck', initiateTag, cookie: Buffer.from(cookie) })),
  fc.constant<SctpChunk>({ type: 'abort' }),
);
const packets: fc.Arbitrary<SctpPacket> = fc.record({
  sourcePort: fc.nat(65535),
  destinationPort: fc.nat(65535),
  verificationTag: tags,
  chunk: chunks,
});

describe('SCTP packets', () => {
  it('have the checksum CRC-32C (check value of the catalogue of CRC algorithms)', () => {
    expect(crc32c(Buffer.from('123456789'))).to.equal(0xe3069283);
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseSctpPacket(encodeSctpPacket(packet))).to.deep.equal(packet);
      }),
    );
  });

  it('are a multiple of four bytes long', () => {
    fc.assert(fc.property(packets, (packet) => encodeSctpPacket(packet).length % 4 === 0));
  });

  it('are refused when a byte is changed', () => {
    fc.assert(
      fc.property(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, place, change) => {
        const data = encodeSctpPacket(packet);
        const index = place % data.length;
        data.writeUInt8(data.readUInt8(index) ^ change, index);
        expect(parseSctpPacket(data)).to.equal(undefined);
      }),
    );
  });

  it('are not seen in any other bytes, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(parseSctpPacket(Buffer.from(bytes))).to.equal(undefined);
      }),
    );
  });
});
