import { expect } from 'chai';
import fc from 'fast-check';
import { encodeAttributes, encodeMessage, parseAttributes, parseMessages, textOf, u32, zeroEnded } from './message';

const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => Buffer.from(data));
const message = fc.record({
  type: fc.nat(0xffff),
  flags: fc.nat(0xffff),
  sequence: fc.nat(0x7fffffff),
  payload: bytes,
});

/** The next message begins at a multiple of four. */
function padded(each: Buffer): Buffer {
  return Buffer.concat([each, Buffer.alloc((4 - (each.length % 4)) % 4)]);
}

describe('netlink messages', () => {
  it('are read back as they were written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const stream = Buffer.concat(messages.map((each) => padded(encodeMessage(each))));
        expect(parseMessages(stream)).to.deep.equal(messages);
      }),
    );
  });

  it('that are cut off, or lie about their length, are left out', () => {
    const whole = encodeMessage({ type: 16, flags: 0, sequence: 1, payload: Buffer.alloc(8) });
    expect(parseMessages(whole.subarray(0, 20))).to.deep.equal([]);
    const short = Buffer.from(whole);
    short.writeUInt32LE(3, 0);
    expect(parseMessages(Buffer.concat([whole, short]))).to.have.length(1);
  });

  it('and their attributes are parsed without failing, whatever the bytes are', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        for (const { payload } of parseMessages(data)) parseAttributes(payload);
        parseAttributes(data);
      }),
    );
  });
});

describe('netlink attributes', () => {
  const attribute = fc.record({ type: fc.nat(0x3fff), value: bytes });

  it('are read back by their types', () => {
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: ({ type }) => type }), (attributes) => {
        const parsed = parseAttributes(encodeAttributes(attributes));
        expect(parsed).to.deep.equal(new Map(attributes.map(({ type, value }) => [type, value])));
      }),
    );
  });

  it('nest', () => {
    const inner = [
      { type: 7, value: zeroEnded('name') },
      { type: 6, value: u32(5) },
    ];
    const outer = parseAttributes(encodeAttributes([{ type: 2, value: inner }]));
    const parsed = parseAttributes(outer.get(2) ?? Buffer.alloc(0));
    expect([textOf(parsed.get(7) ?? Buffer.alloc(0)), parsed.get(6)?.readUInt32LE()]).to.deep.equal(['name', 5]);
  });
});
