import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { describeOnKernel } from '../testing/on-kernel';
import { FeatureAnswers, type KernelFeature } from './kernel-feature';
import { askHelper, askMapType, KERNEL_FEATURES } from './kernel-features';
import { PROGRAM_TYPE } from './program';

describeOnKernel('the features of this kernel', () => {
  for (const [name, feature] of Object.entries(KERNEL_FEATURES)) {
    it(`are found out by trying, and nothing is left of it: ${name}`, () => {
      feature.ask();
      const before = readdirSync('/proc/self/fd').length;
      expect(feature.ask().support).to.be.oneOf(['yes', 'no']);
      expect(readdirSync('/proc/self/fd').length).to.equal(before);
    });
  }

  it('are not there where no kernel has them: a type of maps, a helper, a helper for this type of programs', () => {
    const redirect = 23;
    expect(askMapType(1000, 4, 0)).to.deep.equal({ support: 'no' });
    expect(askHelper(100_000, PROGRAM_TYPE.SCHED_CLS, 0)).to.deep.equal({ support: 'no' });
    expect(askHelper(redirect, PROGRAM_TYPE.CGROUP_SOCK_ADDR, 10)).to.deep.equal({ support: 'no' });
    expect(askHelper(redirect, PROGRAM_TYPE.SCHED_CLS, 0)).to.deep.equal({ support: 'yes' });
  });

  it('hold everything that a kernel must have which loads these programs', () => {
    const missing = Object.values(KERNEL_FEATURES).filter(
      ({ isRequired, ask }) => isRequired && ask().support !== 'yes',
    );
    expect(missing.map(({ what }) => what)).to.deep.equal([]);
  });
});

describe('answers about a kernel', () => {
  function feature(...supports: readonly ('yes' | 'no' | 'unknown')[]): {
    readonly asked: KernelFeature;
    count(): number;
  } {
    const rest = [...supports];
    let count = 0;
    const ask: KernelFeature['ask'] = () => {
      count += 1;
      const support = rest.shift() ?? 'unknown';
      return support === 'unknown' ? { support, reason: 'ENOMEM' } : { support };
    };
    return { asked: { what: 'a feature', since: '5.0', isRequired: true, ask }, count: () => count };
  }

  it('are remembered once given', () => {
    const answers = new FeatureAnswers();
    const { asked, count } = feature('no', 'yes');
    expect([answers.answerOf(asked), answers.answerOf(asked)]).to.deep.equal([{ support: 'no' }, { support: 'no' }]);
    expect(count()).to.equal(1);
  });

  it('are asked for again while an attempt said nothing', () => {
    const answers = new FeatureAnswers();
    const { asked } = feature('unknown', 'yes');
    expect(answers.answerOf(asked)).to.deep.equal({ support: 'unknown', reason: 'ENOMEM' });
    expect(answers.answerOf(asked)).to.deep.equal({ support: 'yes' });
  });
});
