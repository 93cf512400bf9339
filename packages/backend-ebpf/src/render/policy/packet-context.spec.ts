import { expect } from 'chai';
import { structLayoutOf } from '../../btf/struct-layout';
import { RULE_COUNTER as RULE_COUNTER_LAYOUT } from '../../layout/layouts';
import { dataplaneObject } from '../../object/dataplane-object';
import { PACKET, POLICY_MAPS, RULE_COUNTER } from './packet-context';

const offsetsOf = (name: string): ReadonlyMap<string, number> =>
  new Map(structLayoutOf(dataplaneObject().btf, name).fields.map((field) => [field.name, field.offset]));

describe('what policy programs know of the C programs', () => {
  it('is where the fields of a packet stand', () => {
    const offsets = offsetsOf('pp_packet');
    const expected = {
      source: 'saddr.word',
      destination: 'daddr.word',
      destinationBeforeDnat: 'pre_daddr.word',
      sourcePort: 'sport',
      destinationPort: 'dport',
      destinationPortBeforeDnat: 'pre_dport',
      protocol: 'protocol',
      family: 'family',
      icmp: 'icmp_type',
      flags: 'flags',
      verdict: 'verdict',
      resume: 'resume',
      rule: 'rule',
      length: 'length',
    };
    const { keys: _, ...fields } = PACKET;
    expect(fields).to.deep.equal(
      Object.fromEntries(Object.entries(expected).map(([name, field]) => [name, offsets.get(field)])),
    );
    // Both are read at once with the flags behind them.
    expect([offsets.get('icmp_code'), offsets.get('flags')]).to.deep.equal([PACKET.icmp + 1, PACKET.icmp + 2]);
  });

  it('is their own memory behind it, for four keys of IP sets', () => {
    const { fields } = structLayoutOf(dataplaneObject().btf, 'pp_scratch');
    expect(fields.find(({ name }) => name.startsWith('policy_keys'))).to.include({ offset: PACKET.keys, size: 128 });
  });

  it('is where a rule’s counters stand, and the names of the maps', () => {
    const fields = new Map(RULE_COUNTER_LAYOUT.struct.fields.map(({ name, offset }) => [name, offset]));
    expect(RULE_COUNTER).to.deep.equal(Object.fromEntries(fields));
    expect(dataplaneObject().maps.map(({ name }) => name)).to.include.members(Object.values(POLICY_MAPS));
  });
});
