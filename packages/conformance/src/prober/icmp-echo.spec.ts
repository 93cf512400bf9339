import { expect } from 'chai';
import fc from 'fast-check';
import { encodeEcho, internetChecksum, parseEcho } from './icmp-echo';

const echoes = fc.record({
  kind: fc.constantFrom('request' as const, 'reply' as const),
  id: fc.nat(65535),
  data: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
});
const families = fc.constantFrom(4 as const, 6 as const);

describe('Echo messages', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(families, echoes, (family, echo) => {
        expect(parseEcho(family, encodeEcho({ family, ...echo }))).to.deep.equal(echo);
      }),
    );
  });

  it('have on IPv4 the checksum that makes the whole add up to nothing (RFC 1071)', () => {
    fc.assert(
      fc.property(echoes, (echo) => {
        expect(internetChecksum(encodeEcho({ family: 4, ...echo }))).to.equal(0);
      }),
    );
  });

  it('are not seen in messages of other types, nor in too few bytes', () => {
    expect(parseEcho(4, Buffer.from([3, 1, 0, 0, 0, 0, 0, 0]))).to.equal(undefined);
    expect(parseEcho(6, Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]))).to.equal(undefined);
    expect(parseEcho(4, Buffer.from([8, 0, 0]))).to.equal(undefined);
  });
});
