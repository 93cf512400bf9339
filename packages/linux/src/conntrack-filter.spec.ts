import { expect } from 'chai';
import { parseIpAddress } from '@polyplane/core/address';
import { formatRemoval } from './conntrack-filter';

const ip = parseIpAddress;

describe('formatRemoval', () => {
  it('names what is given, and nothing else', () => {
    expect(formatRemoval({ family: 4, originalDestination: ip('10.96.0.10') }).join(' ')).to.equal(
      '-D -f ipv4 --orig-dst 10.96.0.10',
    );
    expect(formatRemoval({ family: 6, originalSource: ip('fd00::2'), replySource: ip('fd00::3') }).join(' ')).to.equal(
      '-D -f ipv6 --orig-src fd00::2 --reply-src fd00::3',
    );
    expect(formatRemoval({ family: 4 })).to.deep.equal(['-D', '-f', 'ipv4']);
  });
});
