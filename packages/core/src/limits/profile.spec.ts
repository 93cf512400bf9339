import { expect } from 'chai';
import { CoreError } from '../core-error';
import type { Limit } from './limit';
import { DEFAULT_PROFILE, limitsOf, parseProfile } from './profile';

const ROW: Limit = {
  code: 'PP_LIMIT_TEST',
  feature: 'ipv6',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'IPv6 is not done.',
  remedy: 'Use IPv4.',
  source: 'this test',
};

describe('a profile', () => {
  it('keeps the rows that were not lifted by then', () => {
    const table = [ROW, { ...ROW, code: 'PP_LIMIT_LIFTED', until: 'calico-3.28' }];
    expect(limitsOf(table, DEFAULT_PROFILE)).to.deep.equal(table);
    expect(limitsOf(table, 'calico-3.27')).to.deep.equal(table);
    expect(limitsOf(table, 'calico-3.28')).to.deep.equal([ROW]);
    expect(limitsOf(table, 'calico-4.0')).to.deep.equal([ROW]);
  });

  it('compares versions as numbers, not as texts', () => {
    expect(limitsOf([{ ...ROW, until: 'calico-3.9' }], 'calico-3.19')).to.deep.equal([]);
  });

  it('leaves out rows that began later', () => {
    expect(limitsOf([{ ...ROW, since: 'calico-3.20' }], 'calico-3.19')).to.deep.equal([]);
  });

  it('is the name of a version of Calico, and nothing else', () => {
    expect(parseProfile('calico-3.19')).to.equal(DEFAULT_PROFILE);
    for (const text of ['', '3.19', 'calico-3', 'calico-3.19.1', 'calico-x.y']) {
      expect(() => parseProfile(text))
        .to.throw(CoreError)
        .with.property('code', 'PP_PROFILE_INVALID');
    }
  });
});
