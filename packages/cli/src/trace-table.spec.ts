import { stripVTControlCharacters as plain } from 'node:util';
import { expect } from 'chai';
import type { ReportedNearestRule, ReportedStep, TraceReport } from './trace-report';
import { formatTrace } from './trace-table';

const OPEN = { kind: 'GlobalNetworkPolicy', namespace: null, name: 'platform.open' } as const;
const CLOSED = { kind: 'NetworkPolicy', namespace: 'shop', name: 'closed' } as const;

const SERVICE: ReportedStep = {
  stage: 'service',
  object: { kind: 'Service', namespace: 'shop', name: 'api' },
  rule: 'spec.ports[0]',
  outcome: 'translated to 10.0.0.1:8080',
  node: 'n1',
};
const ALLOW: ReportedStep = {
  stage: 'ingressPolicy',
  object: OPEN,
  rule: 'spec.ingress[0]',
  outcome: 'allow',
  node: 'n1',
};
const DENY: ReportedStep = {
  stage: 'ingressPolicy',
  object: CLOSED,
  rule: 'end of tier default',
  outcome: 'deny',
  node: 'n1',
  file: 'shop.yaml',
  line: 3,
};
const NEAREST: ReportedNearestRule = {
  stage: 'ingressPolicy',
  object: OPEN,
  rule: 'spec.ingress[1]',
  outcome: 'notAsked',
  node: 'n1',
  file: 'open.yaml',
  line: 9,
  action: 'allow',
  unmet: ['protocol udp is not tcp', 'port 80 is not 443'],
  behind: [
    { action: 'deny', object: OPEN, rule: 'spec.ingress[0]', file: 'open.yaml', line: 7 },
    { action: 'deny', object: null, rule: 'policy/gone is not in force' },
  ],
};

const REPORT: TraceReport = {
  verdict: 'deny',
  translation: { destination: [], snat: false, dsr: false },
  steps: [DENY],
  nearestRules: [],
  isolations: [],
};

function linesOf(report: Partial<TraceReport>): readonly string[] {
  const asked = { node: 'node-1', from: 'pod:shop/web', to: '10.96.0.1:80' };
  return plain(formatTrace({ ...REPORT, ...report }, asked)).split('\n');
}

describe('the table of a trace', () => {
  it('has the verdict first', () => {
    const translation = { destination: ['10.0.0.1:8080'], snat: true, dsr: false };
    expect(linesOf({ verdict: 'allow', translation, steps: [SERVICE, ALLOW] })).to.deep.equal([
      'Packet    pod:shop/web -> 10.96.0.1:80, from node-1 on',
      'Verdict   allow',
      'Goes to   10.0.0.1:8080',
      'Comes as  the node’s address',
      '',
      'STAGE          OBJECT                             RULE             OUTCOME',
      'service        Service shop/api                   spec.ports[0]    translated to 10.0.0.1:8080',
      'ingressPolicy  GlobalNetworkPolicy platform.open  spec.ingress[0]  allow',
    ]);
  });

  it('ends with the nearest rule, each obstacle on a line', () => {
    expect(linesOf({ nearestRules: [NEAREST] }).slice(-6)).to.deep.equal([
      '',
      'Nearest rule that would have allowed it: GlobalNetworkPolicy platform.open spec.ingress[1] (open.yaml:9)',
      '  protocol udp is not tcp',
      '  port 80 is not 443',
      '  stands behind deny GlobalNetworkPolicy platform.open spec.ingress[0] (open.yaml:7)',
      '  stands behind deny policy/gone is not in force',
    ]);
  });

  it('says of a nearest rule that it passes, and of which endpoint it is', () => {
    const passing = { ...NEAREST, action: 'pass', destination: '10.0.0.1:8080' } as const;
    expect(linesOf({ nearestRules: [passing] })).to.include(
      'Nearest rule that would have allowed it to 10.0.0.1:8080: GlobalNetworkPolicy platform.open spec.ingress[1] (open.yaml:9), by passing it on',
    );
  });

  it('ends with the policy that isolates the endpoint', () => {
    expect(linesOf({ isolations: [DENY] }).slice(-2)).to.deep.equal([
      '',
      'No rule would have allowed it: NetworkPolicy shop/closed (shop.yaml:3) isolates the endpoint',
    ]);
  });
});
