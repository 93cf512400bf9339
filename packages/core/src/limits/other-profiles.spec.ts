import { expect } from 'chai';
import fc from 'fast-check';
import type { FeatureUse } from './feature-use';
import type { Limit } from './limit';
import { limitsInForce } from './limits-in-force';
import { otherJudgements } from './other-profiles';
import type { LimitProfile } from './profile';

const row = (code: string, feature: Limit['feature'], more: Partial<Limit> = {}): Limit => ({
  code,
  feature,
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'It is not done.',
  remedy: 'Do without.',
  source: 'this test',
  ...more,
});

const use = (feature: Limit['feature'], withoutLoss?: string): FeatureUse => ({
  feature,
  object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'orders' },
  field: 'spec',
  ...(withoutLoss === undefined ? {} : { withoutLoss }),
});

const LIMITS = [
  row('PP_LIMIT_A', 'sctpPolicy', { until: 'calico-3.21' }),
  row('PP_LIMIT_B', 'ipv6', { until: 'calico-3.28' }),
  row('PP_LIMIT_C', 'logAction', {
    since: 'calico-3.9',
    until: 'calico-3.12',
    effect: 'degraded',
    support: 'degraded',
  }),
];

function otherProfiles(uses: readonly FeatureUse[], profile?: LimitProfile): readonly string[] {
  const choice = profile === undefined ? {} : { profile };
  return otherJudgements({ name: 'x', limits: LIMITS }, uses, choice).map(
    (other) => `${other.profile}..${other.until ?? ''} ${other.verdict} +${other.added} -${other.dropped}`,
  );
}

describe('what other profiles say', () => {
  it('is told where a limit that is met was lifted, each range of versions once', () => {
    expect(otherProfiles([use('sctpPolicy'), use('ipv6'), use('ipv6')])).to.deep.equal([
      'calico-3.21..calico-3.28 unsupported + -PP_LIMIT_A',
      'calico-3.28.. supported + -PP_LIMIT_A,PP_LIMIT_B',
    ]);
  });

  it('is told of earlier ones too, and ends where they agree', () => {
    expect(otherProfiles([use('sctpPolicy')], 'calico-3.25')).to.deep.equal([
      'calico-3.9..calico-3.21 unsupported +PP_LIMIT_A -',
    ]);
    expect(otherProfiles([use('logAction')])).to.deep.equal(['calico-3.9..calico-3.12 degraded +PP_LIMIT_C -']);
  });

  it('is nothing where no object meets a limit that comes or goes', () => {
    expect(otherProfiles([])).to.deep.equal([]);
    expect(otherProfiles([use('sessionAffinity')])).to.deep.equal([]);
  });

  it('counts no loss where there is none', () => {
    expect(otherProfiles([use('logAction', 'Nothing is lost.')])).to.deep.equal([
      'calico-3.9..calico-3.12 supported +PP_LIMIT_C -',
    ]);
  });

  it('is, for any version, what a judgement by that version would be', () => {
    const features = ['sctpPolicy', 'ipv6', 'logAction'] as const;
    const profiles = fc.integer({ min: 9, max: 40 }).map((minor): LimitProfile => `calico-3.${minor}`);
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...features)), profiles, profiles, (used, chosen, asked) => {
        const codes = (profile: LimitProfile): readonly string[] =>
          limitsInForce(LIMITS, { profile })
            .filter(({ feature }) => used.some((one) => one === feature))
            .map(({ code }) => code)
            .sort();
        const minor = (profile: LimitProfile): number => Number(profile.slice('calico-3.'.length));
        const told = otherJudgements(
          { name: 'x', limits: LIMITS },
          used.map((one) => use(one)),
          { profile: chosen },
        ).find(
          ({ profile, until }) =>
            minor(profile) <= minor(asked) && (until === undefined || minor(asked) < minor(until)),
        );
        const dropped = new Set(told?.dropped);
        const derived = [...codes(chosen).filter((code) => !dropped.has(code)), ...(told?.added ?? [])].sort();
        expect(derived).to.deep.equal(codes(asked));
      }),
    );
  });
});
