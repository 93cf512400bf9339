import { expect } from 'chai';
import { parseIpAddress } from '../state';
import { buildWorkload, stateOf } from '../testing';
import { staleFloatingFlows, staleFloatingTracked } from './floating-flows';

const FLOATING = parseIpAddress('198.51.100.7');
const floating = (name: string, target: string) =>
  buildWorkload(name, target, { floatingAddresses: [{ address: FLOATING, target: parseIpAddress(target) }] });

describe('staleFloatingFlows', () => {
  const filters = (before: ReturnType<typeof stateOf>, after: ReturnType<typeof stateOf>): readonly string[] =>
    staleFloatingFlows(before, after).map((flow) => Object.values(flow).join(' '));
  const web = floating('web', '10.0.0.2');

  it('names flows to the workload that a floating address stood for', () => {
    const toWeb = ['answered 4 198.51.100.7 10.0.0.2'];
    expect(filters(stateOf(web), stateOf())).to.deep.equal(toWeb);
    expect(filters(stateOf(web), stateOf(floating('api', '10.0.0.3')))).to.deep.equal(toWeb);
  });

  it('names flows that nobody translated where a floating address is new, and none where nothing changes', () => {
    expect(filters(stateOf(), stateOf(web))).to.deep.equal(['answered 4 198.51.100.7 198.51.100.7']);
    expect(filters(stateOf(web), stateOf(web))).to.deep.equal([]);
  });
});

describe('staleFloatingTracked', () => {
  it('takes flows to a floating address that another answers', () => {
    const tracked = ['10.0.0.2', '10.0.0.3', FLOATING].map((address) => ({
      family: 4 as const,
      destination: FLOATING,
      destinationPort: 53,
      answeredBy: parseIpAddress(address),
      answeredPort: 53,
    }));
    const [right, ...wrong] = tracked;
    expect(staleFloatingTracked(tracked, stateOf(floating('web', '10.0.0.2')))).to.deep.equal(wrong);
    expect(staleFloatingTracked(tracked, stateOf())).to.deep.equal([]);
    expect(right?.answeredBy).to.equal('10.0.0.2');
  });
});
