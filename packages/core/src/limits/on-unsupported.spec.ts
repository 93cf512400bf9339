import { expect } from 'chai';
import { CoreError } from '../core-error';
import { onUnsupportedOf, parseOnUnsupported } from './on-unsupported';

describe('what becomes of what is unsupported', () => {
  it('is ignored unless somebody chose otherwise', () => {
    expect(onUnsupportedOf('ipv6', [undefined, undefined])).to.equal('ignore');
  });

  it('is chosen by feature, and by default for the others', () => {
    const choice = { default: 'refuse', features: { doNotTrackPolicy: 'deny' } } as const;
    expect(onUnsupportedOf('doNotTrackPolicy', [choice])).to.equal('deny');
    expect(onUnsupportedOf('ipv6', [choice])).to.equal('refuse');
  });

  it('is taken from the first choice that has an answer', () => {
    const ofBackend = { features: { ipv6: 'deny' } } as const;
    expect(onUnsupportedOf('ipv6', [ofBackend, 'refuse'])).to.equal('deny');
    expect(onUnsupportedOf('sctpPolicy', [ofBackend, 'refuse'])).to.equal('refuse');
    expect(onUnsupportedOf('ipv6', ['ignore', 'refuse'])).to.equal('ignore');
  });

  it('is read from what users write', () => {
    expect(parseOnUnsupported('deny', 'x')).to.equal('deny');
    const byFeature = { default: 'ignore', features: { logAction: 'refuse' } };
    expect(parseOnUnsupported(byFeature, 'x')).to.deep.equal(byFeature);
  });

  for (const wrong of ['allow', null, { default: 'allow' }, { features: { ipv5: 'deny' } }, { feature: {} }]) {
    it(`cannot be ${JSON.stringify(wrong)}`, () => {
      expect(() => parseOnUnsupported(wrong, 'backends.vpp.onUnsupported'))
        .to.throw(CoreError, /^backends\.vpp\.onUnsupported: /)
        .with.property('code', 'PP_AGENT_OPTIONS_INVALID');
    });
  }
});
