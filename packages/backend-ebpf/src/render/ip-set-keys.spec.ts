import { expect } from 'chai';
import { parseCidr } from '@polyplane/core/backend';
import { buildIpSet } from '@polyplane/core/testing';
import { keyOfRange, keysOfSet } from './ip-set-keys';

const hex = (keys: readonly Buffer[]): readonly string[] => keys.map((key) => key.toString('hex'));

describe('keys of IP sets', () => {
  it('hold as many bits as the range has, behind the set’s number', () => {
    const ranges = ['10.1.0.0/16', 'fd00::/8', '0.0.0.0/0'].map((text) => keyOfRange(0x01020304, parseCidr(text)));
    expect(hex(ranges)).to.deep.equal([
      // Little-endian prefix length, big-endian set, address, protocol, filling, big-endian port.
      '90000000' + '01020304' + '00000000000000000000ffff0a010000' + '00000000',
      '28000000' + '01020304' + 'fd000000000000000000000000000000' + '00000000',
      '80000000' + '01020304' + '00000000000000000000ffff00000000' + '00000000',
    ]);
  });

  it('hold protocol and port of members that have them', () => {
    const set = buildIpSet('named', 'addressPort', ['10.0.0.2,tcp:443', 'fd00::2,132:80']);
    expect(hex(keysOfSet(7, set))).to.deep.equal([
      'c0000000' + '00000007' + '00000000000000000000ffff0a000002' + '060001bb',
      'c0000000' + '00000007' + 'fd000000000000000000000000000002' + '84000050',
    ]);
  });
});
