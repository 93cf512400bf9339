import { stripVTControlCharacters as plain } from 'node:util';
import { expect } from 'chai';
import { type ObjectRef, parseIpAddress, parsePort } from '@polyplane/core';
import {
  type ClusterDestination,
  type ClusterJudgement,
  SimulatorBackend,
  type TraceStep,
} from '@polyplane/core/simulator';
import { formatTrace, traceReport } from './trace-report';

const STANDARD = new SimulatorBackend().behaviours;
const SERVICE: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'api' };
const POLICY: ObjectRef = { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', name: 'platform.open' };

const SERVICE_STEP: TraceStep = { stage: 'service', object: SERVICE, rule: 'spec.ports[0]', outcome: 'translated' };
const CLIENT = parseIpAddress('192.0.2.7');

function destination(address: string, isMasqueraded: boolean): ClusterDestination {
  return {
    address: parseIpAddress(address),
    port: parsePort(8080),
    verdict: 'allow',
    target: 'workload',
    interfaceName: 'cali0',
    isMasqueraded,
    source: CLIENT,
    node: 'n1',
    hops: [
      {
        node: 'n1',
        steps: [SERVICE_STEP, { stage: 'ingressPolicy', object: POLICY, rule: 'spec.ingress[0]', outcome: 'allow' }],
      },
    ],
  };
}

function translated(...destinations: readonly ClusterDestination[]): ClusterJudgement {
  return {
    verdict: 'allow',
    isTranslated: true,
    isExplicitlyAccepted: false,
    destinations,
    hops: [],
  };
}

const NOWHERE = (): undefined => undefined;

describe('the report of a trace', () => {
  it('has verdict, translation and steps as scripts rely on them', () => {
    expect(traceReport(translated(destination('10.0.0.1', false)), STANDARD, NOWHERE)).to.deep.equal({
      verdict: 'allow',
      translation: { destination: ['10.0.0.1:8080'], snat: false, dsr: false },
      steps: [
        {
          stage: 'service',
          object: { kind: 'Service', namespace: 'shop', name: 'api' },
          rule: 'spec.ports[0]',
          outcome: 'translated',
          node: 'n1',
        },
        {
          stage: 'ingressPolicy',
          object: { kind: 'GlobalNetworkPolicy', namespace: null, name: 'platform.open' },
          rule: 'spec.ingress[0]',
          outcome: 'allow',
          node: 'n1',
        },
      ],
      nearestRules: [],
    });
  });

  it('says for each endpoint what happens after the choice', () => {
    const report = traceReport(
      translated(destination('10.0.0.1', false), destination('2001:db8::1', false)),
      STANDARD,
      NOWHERE,
    );
    expect(report.translation.destination).to.deep.equal(['10.0.0.1:8080', '[2001:db8::1]:8080']);
    expect(report.steps.map((step) => step.destination)).to.deep.equal([
      undefined,
      '10.0.0.1:8080',
      '[2001:db8::1]:8080',
    ]);
  });

  it('says to which endpoints alone a packet is source-NATed', () => {
    expect(traceReport(translated(destination('10.0.0.1', true)), STANDARD, NOWHERE).translation.snat).to.equal(true);
    const some = translated(destination('10.0.0.1', true), destination('10.0.0.2', false));
    expect(traceReport(some, STANDARD, NOWHERE).translation.snat).to.equal('to 10.0.0.1:8080');
  });

  it('names no destination when no service translates the packet', () => {
    const direct: ClusterJudgement = {
      verdict: 'deny',
      isTranslated: false,
      isExplicitlyAccepted: false,
      destinations: [
        {
          address: parseIpAddress('10.0.0.1'),
          verdict: 'deny',
          target: 'workload',
          interfaceName: 'cali0',
          isMasqueraded: false,
          source: CLIENT,
          hops: [
            { node: 'n1', steps: [{ stage: 'ingressPolicy', rule: 'tier default: end of tier', outcome: 'deny' }] },
          ],
        },
      ],
      hops: [],
    };
    expect(traceReport(direct, STANDARD, NOWHERE).translation.destination).to.deep.equal([]);
    expect(traceReport(direct, STANDARD, NOWHERE).steps[0]).to.include({
      object: null,
      rule: 'tier default: end of tier',
    });
  });

  it('says when the answer goes straight to the client: behind a service of a backend that does so', () => {
    const straight = { ...STANDARD, isDirectServerReturn: true };
    expect(traceReport(translated(destination('10.0.0.1', false)), straight, NOWHERE).translation.dsr).to.equal(true);
    const direct = { ...translated(destination('10.0.0.1', false)), isTranslated: false };
    expect(traceReport(direct, straight, NOWHERE).translation.dsr).to.equal(false);
  });

  it('is a table for people, with the verdict first', () => {
    const asked = { node: 'node-1', from: 'pod:shop/web', to: '10.96.0.1:80' };
    const text = formatTrace(traceReport(translated(destination('10.0.0.1', true)), STANDARD, NOWHERE), asked);
    expect(plain(text).split('\n')).to.deep.equal([
      'Packet    pod:shop/web -> 10.96.0.1:80, from node-1 on',
      'Verdict   allow',
      'Goes to   10.0.0.1:8080',
      'Comes as  the node’s address',
      '',
      'STAGE          OBJECT                             RULE             OUTCOME',
      'service        Service shop/api                   spec.ports[0]    translated',
      'ingressPolicy  GlobalNetworkPolicy platform.open  spec.ingress[0]  allow',
    ]);
  });
});
