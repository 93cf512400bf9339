import { expect } from 'chai';
import { parseIpAddress, parsePort, TCP } from '@polyplane/core';
import type { SuiteProbe } from '../suites/suite';
import { findingOf, requestsOf } from './probe-flows';

const PROBE: SuiteProbe = {
  name: 'p',
  sender: { kind: 'external' },
  source: parseIpAddress('203.0.113.2'),
  isSpoofed: false,
  destination: parseIpAddress('192.0.2.1'),
  destinationPort: parsePort(80),
  protocol: TCP,
  expected: { verdict: 'allow' },
};

describe('A probe of a suite as flows', () => {
  it('is one, or for a service many enough to meet every endpoint', () => {
    expect(requestsOf(PROBE)).to.have.length(1);
    const toService = { ...PROBE, expected: { translatedTo: ['10.0.0.1:80', '10.0.0.2:80'] } };
    expect(requestsOf(toService)).to.have.length(40);
  });

  it('is skipped alone where nobody can send it', () => {
    const toItself = { ...PROBE, source: PROBE.destination };
    expect(requestsOf(toItself)).to.deep.equal([]);
    expect(findingOf(toItself, [])).to.deep.include({ kind: 'skipped' });
  });
});
