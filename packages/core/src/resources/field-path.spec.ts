import { expect } from 'chai';
import fc from 'fast-check';
import { formatFieldPath, parseFieldPath } from './field-path';

describe('field paths', () => {
  it('are written as users know them', () => {
    expect(formatFieldPath(['spec', 'ingress', 2, 'ports', 0, 'port'])).to.equal('spec.ingress[2].ports[0].port');
    expect(formatFieldPath(['metadata', 'labels', 'app.kubernetes.io/name'])).to.equal(
      'metadata.labels["app.kubernetes.io/name"]',
    );
    expect(formatFieldPath([])).to.equal('');
  });

  it('come back from their text', () => {
    const part = fc.oneof(fc.string({ minLength: 1 }), fc.nat());
    fc.assert(
      fc.property(fc.array(part), (path) => {
        expect(parseFieldPath(formatFieldPath(path))).to.deep.equal(path);
      }),
    );
  });

  it('end where a text is no path', () => {
    expect(parseFieldPath('spec.ports[x].port')).to.deep.equal(['spec', 'ports']);
  });
});
