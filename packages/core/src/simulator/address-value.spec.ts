import { expect } from 'chai';
import fc from 'fast-check';
import { addressBits, cidrContains, parseCidr, parseIpAddress } from '../state';
import { addressValueOf, NetSet } from './address-value';

const v4 = fc.ipV4().map(parseIpAddress);
const v6 = fc.ipV6().map(parseIpAddress);
const address = fc.oneof(v4, v6);
/** Ranges of every length around few addresses, so that they often hold one another. */
const cidr = fc
  .tuple(fc.constantFrom('10.0.0.1', '10.0.255.254', '255.255.255.255', 'fd00::1', 'fd00:0:0:1::'), fc.nat(128))
  .map(([base, length]) => parseCidr(`${base}/${base.includes(':') ? length : length % 33}`));
const nearby = fc.oneof(
  address,
  fc
    .constantFrom('10.0.0.0', '10.0.0.1', '10.0.1.1', '255.255.255.255', '0.0.0.0', 'fd00::', 'fd00::2')
    .map(parseIpAddress),
);

describe('addressValueOf', () => {
  it('is the address’s bits', () => {
    fc.assert(fc.property(address, (any) => BigInt(addressValueOf(any)) === addressBits(any)));
  });
});

describe('NetSet', () => {
  it('contains what one of its ranges contains', () => {
    fc.assert(
      fc.property(fc.array(cidr), nearby, (cidrs, any) => {
        const isInOne = cidrs.some((range) => cidrContains(range, any));
        expect(NetSet.of(cidrs).contains(addressValueOf(any))).to.equal(isInOne);
      }),
    );
  });

  it('forgets a range that is taken out, and keeps those that overlap it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(cidr), fc.uniqueArray(cidr), nearby, (kept, gone, any) => {
        const set = NetSet.of([...kept, ...gone]);
        const removed = gone.filter((range) => !kept.includes(range));
        for (const range of removed) set.delete(range);
        const isInOne =
          kept.some((range) => cidrContains(range, any)) ||
          gone.some((range) => kept.includes(range) && cidrContains(range, any));
        expect(set.contains(addressValueOf(any))).to.equal(isInOne);
      }),
    );
  });
});
