import { expect } from 'chai';
import { CoreError } from '../core-error';
import type { Limit } from '../limits/limit';
import { FAKE_CODES, FakeBackend } from '../testing';
import { BackendRegistry } from './registry';

const ROW: Limit = {
  code: 'PP_LIMIT_FAKE_IPV6',
  feature: 'ipv6',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'The fake knows no IPv6.',
  remedy: 'Use IPv4.',
  source: 'test',
};

describe('BackendRegistry', () => {
  it('finds a backend by its name, whoever made it', () => {
    const mine = new FakeBackend({ name: 'mine' });
    const registry = new BackendRegistry([new FakeBackend(), mine]);
    expect(registry.get('mine')).to.equal(mine);
    expect(registry.names).to.deep.equal(['fake', 'mine']);
  });

  it('lists what there is when a name is unknown', () => {
    const registry = new BackendRegistry([new FakeBackend(), new FakeBackend({ name: 'mine' })]);
    expect(() => registry.get('yours')).to.throw(CoreError, 'no backend is named "yours"; there is fake, mine');
  });

  it('takes the only one without a name, and asks for a name when there are more', () => {
    const only = new FakeBackend();
    expect(new BackendRegistry([only]).choose(undefined)).to.equal(only);
    expect(() => new BackendRegistry([]).choose(undefined)).to.throw(CoreError, 'there is none');
    const two = new BackendRegistry([only, new FakeBackend({ name: 'mine' })]);
    expect(() => two.choose(undefined)).to.throw(CoreError, 'there is fake, mine');
    expect(two.choose('fake')).to.equal(only);
  });

  it('refuses two backends of one name', () => {
    expect(() => new BackendRegistry([new FakeBackend(), new FakeBackend()])).to.throw(
      CoreError,
      'two backends are named "fake"',
    );
  });

  it('explains the codes of core, of every backend, of its limits and of further tables, sorted', () => {
    const codes = new BackendRegistry([new FakeBackend({ limits: [ROW] })]).codes({
      PP_MINE: { kind: 'error', meaning: 'Mine.', remedy: 'None.' },
    });
    const names = codes.map(({ code }) => code);
    expect(names).to.include.members([
      'PP_ADDRESS_INVALID',
      'PP_LIMIT_FAKE_IPV6',
      'PP_MINE',
      ...Object.keys(FAKE_CODES),
    ]);
    expect(names).to.deep.equal([...new Set(names)].sort());
    expect(codes.find(({ code }) => code === ROW.code)).to.deep.equal({
      code: ROW.code,
      kind: 'diagnostic',
      meaning: ROW.message,
      remedy: ROW.remedy,
    });
  });

  it('knows the feature gates of every backend, and no others', () => {
    const registry = new BackendRegistry([
      new FakeBackend({ limits: [{ ...ROW, liftedBy: { name: 'FakeIpv6', stage: 'alpha' } }] }),
      new FakeBackend({ name: 'mine', limits: [ROW] }),
    ]);
    expect(registry.featureGates).to.deep.equal([{ name: 'FakeIpv6', stage: 'alpha' }]);
    expect(() => registry.requireFeatureGates({ FakeIpv6: true })).not.to.throw();
    expect(() => registry.requireFeatureGates({ FakeIpv4: false }))
      .to.throw(CoreError, 'no feature gate is named "FakeIpv4"; there is FakeIpv6')
      .with.property('code', 'PP_FEATURE_GATE_UNKNOWN');
    expect(() => new BackendRegistry([]).requireFeatureGates({ constructor: true })).to.throw('no backend has any');
  });

  it('refuses what is no backend, and says what it lacks', () => {
    const { name, limits, behaviours, codes } = new FakeBackend();
    // As a module of a third party without types may bind it.
    const partial = { name, limits, behaviours, codes } as FakeBackend;
    expect(() => new BackendRegistry([partial]))
      .to.throw(CoreError, 'what is bound as the backend "fake" lacks probe, open')
      .with.property('code', 'PP_BACKEND_INVALID');
    for (const wrong of ['', 'Fake', 'a b', undefined]) {
      const backend = Object.assign(new FakeBackend(), { name: wrong }) as FakeBackend;
      expect(() => new BackendRegistry([backend]), String(wrong)).to.throw(CoreError, 'lacks a name');
    }
  });

  it('refuses a code that is explained in two ways', () => {
    const other = { PP_FAKE_FAULT: { kind: 'error', meaning: 'Something else.', remedy: 'None.' } } as const;
    expect(() => new BackendRegistry([new FakeBackend()]).codes(other)).to.throw(CoreError, 'PP_FAKE_FAULT');
  });
});
