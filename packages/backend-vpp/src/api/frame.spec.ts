import { expect } from 'chai';
import fc from 'fast-check';
import { VppError } from '../vpp-error';
import { FrameReader, frameOf } from './frame';

describe('frames of VPP’s socket', () => {
  it('tell their length in the header', () => {
    expect(frameOf(Buffer.from('abcd', 'hex')).toString('hex')).to.equal('00000000000000000000000200000000abcd');
  });

  it('come out as they went in, in whatever pieces they arrive', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
    const property = fc.property(
      bodies,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (wanted, sizes) => {
        const stream = Buffer.concat(wanted.map((body) => frameOf(Buffer.from(body))));
        const reader = new FrameReader();
        const seen: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const body of reader.push(stream.subarray(at, at + size))) seen.push(body);
          at += size;
        }
        expect(seen.map((body) => body.toString('hex'))).to.deep.equal(
          wanted.map((body) => Buffer.from(body).toString('hex')),
        );
      },
    );
    fc.assert(property);
  });

  it('are refused where they claim a length that no message has', () => {
    expect(() => [...new FrameReader(10).push(frameOf(Buffer.alloc(11)))])
      .to.throw(VppError, 'a message of 11 bytes')
      .with.property('code', 'PP_VPP_API_REPLY');
  });
});
