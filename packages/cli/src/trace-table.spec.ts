import { stripVTControlCharacters as plain } from 'node:util';
import { expect } from 'chai';
import { parseIpAddress, parsePort, TCP } from '@polyplane/core';
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

const PACKET = { destination: parseIpAddress('10.96.0.1'), destinationPort: parsePort(80), protocol: TCP };

function linesOf(report: Partial<TraceReport>, width?: number, to = '10.96.0.1:80'): readonly string[] {
  const asked = { node: 'node-1', from: 'pod:shop/web', to, packet: PACKET };
  return plain(formatTrace({ ...REPORT, ...report }, asked, width)).split('\n');
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

  it('says which address a name stands for', () => {
    expect(linesOf({}, undefined, 'svc:shop/api:http').slice(0, 2)).to.deep.equal([
      'Packet    pod:shop/web -> svc:shop/api:http, from node-1 on',
      'Dials     10.96.0.1:80/tcp',
    ]);
  });

  it('gives each step lines of its own where it would be too wide', () => {
    const table = linesOf({ steps: [SERVICE, { ...DENY, destination: '10.0.0.1:8080', node: 'n2' }] });
    const width = Math.max(...table.map((line) => line.length));
    const report = { steps: [SERVICE, { ...DENY, destination: '10.0.0.1:8080', node: 'n2' }], nearestRules: [NEAREST] };
    expect(linesOf(report, width).slice(3, 4)[0]).to.match(/^NODE +STAGE +TO +OBJECT +RULE +AT +OUTCOME$/);
    expect(linesOf(report, 60)).to.deep.equal([
      'Packet    pod:shop/web -> 10.96.0.1:80, from node-1 on',
      'Verdict   deny',
      '',
      'n1 service: translated to 10.0.0.1:8080',
      '  Service shop/api spec.ports[0]',
      'n2 ingressPolicy to 10.0.0.1:8080: deny',
      '  NetworkPolicy shop/closed end of tier default',
      '    (shop.yaml:3)',
      '',
      'Nearest rule that would have allowed it: GlobalNetworkPolicy',
      '  platform.open spec.ingress[1] (open.yaml:9)',
      '  protocol udp is not tcp',
      '  port 80 is not 443',
      '  stands behind deny GlobalNetworkPolicy platform.open',
      '    spec.ingress[0] (open.yaml:7)',
      '  stands behind deny policy/gone is not in force',
    ]);
  });
});
