import { expect } from 'chai';
import {
  ICMPV6,
  type InterfaceName,
  parseCidr,
  parseIpAddress,
  parsePort,
  parsePortRange,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import { fixedChain, setOf } from './names';
import { formatProbability, formatRule, isSafeInterface, type RuleSpec } from './rule-text';

const chain = fixedChain('X');
const drop = { kind: 'drop' } as const;

describe('formatRule', () => {
  const cases: readonly (readonly [string, RuleSpec, string])[] = [
    ['a rule without a condition', { target: drop }, '-j DROP'],
    [
      'addresses, interfaces and protocol in the order of iptables-save',
      {
        protocol: { value: TCP },
        outInterface: { value: { name: 'eth0', isPrefix: false }, isNegated: true },
        inInterface: { value: { name: 'cali', isPrefix: true } },
        destination: { value: parseCidr('10.0.0.0/8') },
        source: { value: parseCidr('10.0.0.1/32'), isNegated: true },
        target: { kind: 'jump', chain },
      },
      '! -s 10.0.0.1/32 -d 10.0.0.0/8 -i cali+ ! -o eth0 -p tcp -j POLYPLANE-X',
    ],
    [
      'a range that holds everything as no condition',
      { source: { value: parseCidr('0.0.0.0/0') }, target: drop },
      '-j DROP',
    ],
    [
      'one port by the protocol’s own match',
      {
        protocol: { value: UDP },
        matches: [{ kind: 'ports', protocol: UDP, end: 'source', ports: [parsePortRange(53, 53)], isNegated: true }],
        target: drop,
      },
      '-p udp -m udp ! --sport 53 -j DROP',
    ],
    [
      'several ports by multiport',
      {
        protocol: { value: SCTP },
        matches: [
          { kind: 'ports', protocol: SCTP, end: 'destination', ports: [parsePortRange(1, 1), parsePortRange(5, 9)] },
        ],
        target: drop,
      },
      '-p sctp -m multiport --dports 1,5:9 -j DROP',
    ],
    [
      'a port of UDPLite by multiport, because it has no match of its own',
      {
        protocol: { value: UDPLITE },
        matches: [{ kind: 'ports', protocol: UDPLITE, end: 'destination', ports: [parsePortRange(7, 7)] }],
        target: drop,
      },
      '-p udplite -m multiport --dports 7 -j DROP',
    ],
    [
      'ICMPv6 types',
      { protocol: { value: ICMPV6 }, matches: [{ kind: 'icmp', family: 6, icmp: { type: 1, code: 4 } }], target: drop },
      '-p ipv6-icmp -m icmp6 --icmpv6-type 1/4 -j DROP',
    ],
    [
      'translation to an address alone, both ways',
      { target: { kind: 'dnat', address: parseIpAddress('fd00::2') } },
      '-j DNAT --to-destination fd00::2',
    ],
    [
      'the destination before translation',
      {
        matches: [{ kind: 'originalDestination', address: parseIpAddress('192.0.2.1') }],
        target: { kind: 'snat', address: parseIpAddress('192.0.2.1') },
      },
      '-m conntrack --ctorigdst 192.0.2.1 -j SNAT --to-source 192.0.2.1',
    ],
    [
      'sets, marks and states',
      {
        matches: [
          { kind: 'set', name: setOf('N', 4, 'a'), fields: 'src', isNegated: true },
          { kind: 'mark', value: 0, mask: 0x600 },
          { kind: 'state', states: ['RELATED', 'ESTABLISHED'] },
        ],
        target: { kind: 'goto', chain },
      },
      '-m set ! --match-set POLYPLANE-N4-a src -m mark --mark 0x0/0x600 -m conntrack --ctstate RELATED,ESTABLISHED -g POLYPLANE-X',
    ],
    [
      'translation to an IPv6 endpoint',
      { protocol: { value: TCP }, target: { kind: 'dnat', address: parseIpAddress('fd00::1'), port: parsePort(80) } },
      '-p tcp -j DNAT --to-destination [fd00::1]:80',
    ],
    [
      'the mark’s highest bit',
      { target: { kind: 'mark', value: 0x80000000, mask: 0x80000000 } },
      '-j MARK --set-xmark 0x80000000/0x80000000',
    ],
  ];
  for (const [what, spec, text] of cases) {
    it(`writes ${what}`, () => expect(formatRule(spec)).to.equal(text));
  }

  it('refuses a rule that would match everything though it should match nothing', () => {
    expect(() => formatRule({ source: { value: parseCidr('::/0'), isNegated: true }, target: drop })).to.throw(
      TypeError,
    );
  });

  it('refuses a match of ports in a rule that does not name the protocol', () => {
    const ports = { kind: 'ports', protocol: TCP, end: 'source', ports: [parsePortRange(1, 1)] } as const;
    expect(() => formatRule({ matches: [ports], target: drop })).to.throw(TypeError);
    expect(() => formatRule({ protocol: { value: TCP, isNegated: true }, matches: [ports], target: drop })).to.throw(
      TypeError,
    );
  });

  it('refuses an interface name that iptables would read as something else', () => {
    for (const name of ['cali+', 'a b', '"', '!', 'eth0;reboot', '', 'x'.repeat(16), '-j']) {
      const inInterface = { value: { name, isPrefix: false } };
      if (isSafeInterface(name as InterfaceName)) expect(name).to.equal('-j');
      else expect(() => formatRule({ inInterface, target: drop }), name).to.throw(TypeError);
    }
  });
});

describe('formatProbability', () => {
  it('is what the kernel keeps, as iptables prints it', () => {
    expect([1 / 2, 1 / 3, 1 / 7, 1 / 1000].map(formatProbability)).to.deep.equal([
      '0.50000000000',
      '0.33333333349',
      '0.14285714272',
      '0.00100000016',
    ]);
  });
});
