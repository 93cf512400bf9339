import { expect } from 'chai';
import fc from 'fast-check';
import { encodeAttributes } from './message';
import { parseLink, parseLinkAddress, parseNeighbour, parseRoute } from './network-objects';

const PARSERS = [parseLink, parseLinkAddress, parseRoute, parseNeighbour];

describe('what rtnetlink tells', () => {
  it('is parsed or left out, never fails, whatever the bytes are', () => {
    const attribute = fc.record({
      type: fc.nat(30),
      value: fc.uint8Array({ maxLength: 20 }).map((data) => Buffer.from(data)),
    });
    // Of the families that are known, so that what stands behind is looked at.
    const header = fc
      .tuple(fc.constantFrom(2, 10, 0, 7), fc.uint8Array({ minLength: 15, maxLength: 15 }))
      .map(([family, rest]) => Buffer.from([family, ...rest]));
    fc.assert(
      fc.property(header, fc.constantFrom(8, 12, 16), fc.array(attribute), (bytes, length, attributes) => {
        const payload = Buffer.concat([bytes.subarray(0, length), encodeAttributes(attributes)]);
        for (const parse of PARSERS) {
          parse(payload);
          parse(bytes.subarray(0, 5));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('has routes over several next hops, told by the first', () => {
    const hop = (index: number, gateway: readonly number[]): Buffer => {
      const own = encodeAttributes([{ type: 5, value: Buffer.from(gateway) }]);
      const head = Buffer.alloc(8);
      head.writeUInt16LE(8 + own.length, 0);
      head.writeInt32LE(index, 4);
      return Buffer.concat([head, own]);
    };
    const header = Buffer.from([2, 16, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]);
    const hops = Buffer.concat([hop(3, [192, 0, 2, 1]), hop(4, [192, 0, 2, 2])]);
    const attributes = encodeAttributes([
      { type: 1, value: Buffer.from([10, 1, 0, 0]) },
      { type: 9, value: hops },
    ]);
    expect(parseRoute(Buffer.concat([header, attributes]))).to.deep.equal({
      destination: '10.1.0.0/16',
      kind: 'unicast',
      table: 254,
      protocol: 4,
      priority: 0,
      linkIndex: 3,
      gateway: '192.0.2.1',
    });
  });
});
