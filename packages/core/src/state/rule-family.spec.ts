import { expect } from 'chai';
import { nets } from '../testing/desired-objects';
import { ANY_END, type Rule, type RuleEnd } from './policy';
import { ICMP, ICMPV6, TCP } from './protocol';
import { ruleInItsFamily } from './rule-family';

/** `4`, `6`, `both`, or `none`. */
function familyOf(
  ask: Partial<Omit<Rule, 'source' | 'destination'>> & {
    readonly source?: Partial<RuleEnd>;
    readonly destination?: Partial<RuleEnd>;
  },
): string {
  const origin = { object: { apiVersion: 'v1', kind: 'Policy', name: 'p' }, field: '' };
  const rule = ruleInItsFamily({
    action: 'allow',
    origin,
    ...ask,
    source: { ...ANY_END, ...ask.source },
    destination: { ...ANY_END, ...ask.destination },
  });
  return rule === undefined ? 'none' : `${rule.family ?? 'both'}`;
}

const V4 = nets('198.51.100.0/24');
const V6 = nets('2001:db8:bad::/48');
const BOTH = [...V4, ...V6];

describe('The family of a rule', () => {
  it('is that of its ranges, asked for or excluded, at either end', () => {
    for (const list of ['nets', 'notNets'] as const) {
      for (const end of ['source', 'destination'] as const) {
        const families = [V4, V6, BOTH, []].map((ranges) => familyOf({ [end]: { [list]: ranges } }));
        expect(families, `${end}.${list}`).to.deep.equal(['4', '6', 'both', 'both']);
      }
    }
  });

  it('is the one that all of its lists speak of', () => {
    expect(familyOf({ source: { nets: BOTH }, destination: { notNets: V4 } })).to.equal('4');
    expect(familyOf({ source: { nets: BOTH, notNets: V6 } })).to.equal('6');
    expect(familyOf({ source: { nets: BOTH }, destination: { nets: BOTH } })).to.equal('both');
  });

  it('is none where they speak of different ones', () => {
    expect(familyOf({ source: { nets: V4 }, destination: { nets: V6 } })).to.equal('none');
    expect(familyOf({ source: { nets: V4, notNets: V6 } })).to.equal('none');
    expect(familyOf({ family: 6, source: { notNets: V4 } })).to.equal('none');
    expect(familyOf({ protocol: ICMPV6, destination: { nets: V4 } })).to.equal('none');
  });

  it('is that of its ICMP', () => {
    expect([ICMP, ICMPV6, TCP].map((protocol) => familyOf({ protocol }))).to.deep.equal(['4', '6', 'both']);
    expect(familyOf({ protocol: ICMP, notIcmp: { type: 8 } })).to.equal('4');
    // Everything but this: of both.
    expect([ICMP, ICMPV6].map((notProtocol) => familyOf({ notProtocol }))).to.deep.equal(['both', 'both']);
    expect(familyOf({ notIcmp: { type: 8 } })).to.equal('both');
  });

  it('is what the rule itself says where nothing else speaks', () => {
    expect(familyOf({ family: 4 })).to.equal('4');
    expect(familyOf({ family: 6, protocol: TCP })).to.equal('6');
    expect(familyOf({ family: 4, source: { nets: BOTH } })).to.equal('4');
  });
});
