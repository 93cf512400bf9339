import { expect } from 'chai';
import { formatNearNames, nearNames } from './near-names';

describe('near names', () => {
  const names = ['node-1', 'node-2', 'edge-7', 'shop-web/frontend-1'];

  it('are those alike in spelling, the likeliest first', () => {
    expect(nearNames('nod-2', names)).to.deep.equal(['node-2', 'node-1']);
  });

  it('hold what has the wanted name in it', () => {
    expect(nearNames('frontend', names)).to.deep.equal(['shop-web/frontend-1']);
  });

  it('are the first of all names when none is alike', () => {
    expect(nearNames('zzzzzzzz', names)).to.deep.equal(['edge-7', 'node-1', 'node-2', 'shop-web/frontend-1']);
  });

  it('are five at most', () => {
    expect(nearNames('pod', ['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5', 'pod-6'])).to.have.length(5);
  });

  it('say so when there is no name at all', () => {
    expect(formatNearNames('node-1', [])).to.equal('there are none at all');
  });
});
