import { expect } from 'chai';
import type { FeatureGate } from './feature-gate';
import type { Limit } from './limit';
import { limitsInForce } from './limits-in-force';

const ROW: Limit = {
  code: 'PP_LIMIT_TEST',
  feature: 'ipv6',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'IPv6 is not done.',
  remedy: 'Use IPv4.',
  source: 'this test',
};

function gated(stage: FeatureGate['stage']): Limit {
  return { ...ROW, liftedBy: { name: 'TestIpv6', stage } };
}

describe('the limits in force', () => {
  it('are those of the default profile and of no gate unless somebody chose', () => {
    const table = [ROW, { ...ROW, until: 'calico-3.28' }];
    expect(limitsInForce(table, {})).to.deep.equal(table);
    expect(limitsInForce(table, { profile: 'calico-3.28' })).to.deep.equal([ROW]);
  });

  it('hold behind an alpha gate until it is switched on', () => {
    expect(limitsInForce([gated('alpha')], {})).to.have.length(1);
    expect(limitsInForce([gated('alpha')], { featureGates: { TestIpv6: false } })).to.have.length(1);
    expect(limitsInForce([gated('alpha')], { featureGates: { TestIpv6: true } })).to.deep.equal([]);
  });

  it('hold behind a beta gate once it is switched off', () => {
    expect(limitsInForce([gated('beta')], {})).to.deep.equal([]);
    expect(limitsInForce([gated('beta')], { featureGates: { TestIpv6: false } })).to.have.length(1);
  });

  it('name the gate among what to do, whatever other gates are switched', () => {
    const [limit] = limitsInForce([gated('alpha')], { featureGates: { Other: true } });
    expect(limit?.remedy).to.equal('Use IPv4. Or switch on the feature gate TestIpv6 (alpha).');
  });

  it('take a gate named like a member of every object for no switched one', () => {
    const limit: Limit = { ...ROW, liftedBy: { name: 'constructor', stage: 'alpha' } };
    expect(limitsInForce([limit], {})).to.have.length(1);
  });
});
