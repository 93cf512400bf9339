import { expect } from 'chai';
import fc from 'fast-check';
import { parseCidr, parseIpAddress } from '@polyplane/core/backend';
import { ADDRESS, prefixBits } from './address';
import { arrayOf, NETWORK_U16, NETWORK_U32, structOf, U8, U16, U32, U64 } from './field';

const SAMPLE = structOf('sample', {
  byte: U8,
  short: U16,
  netShort: NETWORK_U16,
  netWord: NETWORK_U32,
  word: U32,
  long: U64,
  list: arrayOf(U16, 3),
  address: ADDRESS,
});

describe('a C structure', () => {
  it('has each field at the next place that its alignment allows, and is rounded up to the largest', () => {
    expect(SAMPLE.struct.fields.map(({ name, offset }) => `${name} ${offset}`)).to.deep.equal([
      'byte 0',
      'short 2',
      'netShort 4',
      'netWord 8',
      'word 12',
      'long 16',
      'list 24',
      'address.word 32',
    ]);
    expect(SAMPLE.struct.size).to.equal(48);
  });

  it('reads back what was written', () => {
    const address = fc
      .oneof(fc.ipV4().map(parseIpAddress), fc.ipV6().map(parseIpAddress), fc.constant(undefined))
      .filter((value) => value !== '::');
    const value = fc.record({
      byte: fc.nat(0xff),
      short: fc.nat(0xffff),
      netShort: fc.nat(0xffff),
      netWord: fc.nat(0xffff_ffff),
      word: fc.nat(0xffff_ffff),
      long: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      list: fc.array(fc.nat(0xffff), { minLength: 3, maxLength: 3 }),
      address,
    });
    fc.assert(
      fc.property(value, (wanted) => {
        expect(SAMPLE.decode(SAMPLE.encode(wanted))).to.deep.equal(wanted);
      }),
    );
  });

  it('holds numbers in the order that their type says', () => {
    const bytes = structOf('orders', { host: U16, network: NETWORK_U16 }).encode({ host: 0x1234, network: 0x1234 });
    expect(bytes.toString('hex')).to.equal('34121234');
  });

  it('has no room for more elements than its array', () => {
    expect(() => structOf('short', { list: arrayOf(U8, 2) }).encode({ list: [1, 2, 3] })).to.throw(
      RangeError,
      '3 elements',
    );
  });
});

describe('an address in 16 bytes', () => {
  const bytesOf = (text: string): string => {
    const bytes = Buffer.alloc(16);
    ADDRESS.write(bytes, 0, parseIpAddress(text));
    return bytes.toString('hex');
  };

  it('is the IPv6 address, or the IPv4-mapped form of an IPv4 address', () => {
    expect(bytesOf('10.0.0.1')).to.equal('00000000000000000000ffff0a000001');
    expect(bytesOf('fd00::1')).to.equal('fd000000000000000000000000000001');
  });

  it('fixes 96 bits more of an IPv4 range than its length says', () => {
    expect(prefixBits(parseCidr('10.0.0.0/8'))).to.equal(104);
    expect(prefixBits(parseCidr('0.0.0.0/0'))).to.equal(96);
    expect(prefixBits(parseCidr('fd00::/8'))).to.equal(8);
  });
});
