import { expect } from 'chai';
import fc from 'fast-check';
import { type Cidr, parseCidr, parseIpAddress } from '../state';
import { AddressRanges } from './address-ranges';

/** Sets over 10.0.0.0/28, small enough to be compared address by address. */
const small = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 })), { maxLength: 4 })
  .map((cidrs): readonly Cidr[] => cidrs.map(([last, length]) => parseCidr(`10.0.0.${last}/${length}`)));
const addresses = Array.from({ length: 17 }, (_, last) => parseIpAddress(`10.0.0.${last}`));
const membersOf = (ranges: AddressRanges) => addresses.map((address) => ranges.has(address));

describe('address ranges', () => {
  it('unite, part and meet as sets do', () => {
    fc.assert(
      fc.property(small, small, (left, right) => {
        const [a, b] = [AddressRanges.of(4, left), AddressRanges.of(4, right)];
        const [inA, inB] = [membersOf(a), membersOf(b)];
        expect(membersOf(a.union(b))).to.deep.equal(inA.map((is, at) => is || inB[at]));
        expect(membersOf(a.minus(b))).to.deep.equal(inA.map((is, at) => is && !inB[at]));
        expect(membersOf(a.intersect(b))).to.deep.equal(inA.map((is, at) => is && inB[at]));
        expect(a.minus(b).isEmpty).to.equal(!inA.some((is, at) => is && !inB[at]));
      }),
    );
  });

  it('know whether they hold any other address than one', () => {
    fc.assert(
      fc.property(small, fc.constantFrom(...addresses), (cidrs, address) => {
        const others = addresses.filter((other) => other !== address);
        const ranges = AddressRanges.of(4, cidrs);
        expect(ranges.hasOtherThan(address)).to.equal(others.some((other) => ranges.has(other)));
      }),
    );
  });

  it('hold one family only', () => {
    const both = [parseCidr('0.0.0.0/0'), parseCidr('2001:db8::/32')];
    expect(AddressRanges.all(4).minus(AddressRanges.of(4, both)).isEmpty).to.equal(true);
    expect(AddressRanges.of(6, both).has(parseIpAddress('2001:db8::1'))).to.equal(true);
    expect(AddressRanges.of(6, both).has(parseIpAddress('2001:db9::1'))).to.equal(false);
    expect(AddressRanges.all(6).minus(AddressRanges.of(6, [parseCidr('::/0')])).isEmpty).to.equal(true);
  });
});
