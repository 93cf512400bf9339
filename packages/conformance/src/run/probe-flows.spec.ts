import { expect } from 'chai';
import { parseIpAddress, parsePort, TCP } from '@polyplane/core';
import type { ProbeResult } from '../prober/probe';
import type { SuiteProbe } from '../suites/suite';
import { reportFinding } from './finding';
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

const ONE = '10.0.0.1:80';
const TWO = '10.0.0.2:80';

function answerOf(target: string): ProbeResult {
  const at = { address: parseIpAddress(target.slice(0, -3)), port: parsePort(80) };
  return { outcome: 'connected', by: 'outside:x', at, seenSource: PROBE.source };
}

describe('A probe of a suite as flows', () => {
  it('is one, or for a service many enough to meet every endpoint', () => {
    expect(requestsOf(PROBE)).to.have.length(1);
    const toService = { ...PROBE, expected: { translatedTo: ['10.0.0.1:80', '10.0.0.2:80'] } };
    expect(requestsOf(toService)).to.have.length(40);
  });

  it('is skipped alone where nobody can send it', () => {
    const toItself = { ...PROBE, source: PROBE.destination };
    expect(requestsOf(toItself)).to.deep.equal([]);
    expect(findingOf(toItself, [], false)).to.deep.include({ kind: 'skipped' });
  });

  it('meets every endpoint that it may be sent to, and one of them where the service keeps a client with one', () => {
    const expected = { translatedTo: [ONE, TWO] };
    const resultOf = (isBound: boolean, ...targets: readonly string[]) =>
      reportFinding('p', expected, findingOf({ ...PROBE, expected }, targets.map(answerOf), isBound)).result;
    expect(resultOf(false, ONE, TWO)).to.equal('pass');
    expect(resultOf(false, ONE, ONE)).to.equal('fail');
    expect(resultOf(true, ONE, ONE)).to.equal('pass');
    expect(resultOf(true, ONE, TWO)).to.equal('fail');
    expect(resultOf(true, '10.0.0.3:80', '10.0.0.3:80')).to.equal('fail');
  });
});
