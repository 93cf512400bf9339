import { expect } from 'chai';
import { type ObjectRef, parseIpAddress, parsePort } from '@polyplane/core';
import {
  type ClusterDestination,
  type ClusterJudgement,
  type NearestRule,
  SimulatorBackend,
  type TraceStep,
} from '@polyplane/core/simulator';
import { type Locate, type TraceReport, traceReport } from './trace-report';

const STANDARD = new SimulatorBackend().behaviours;
const SERVICE: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'api' };
const POLICY: ObjectRef = { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', name: 'platform.open' };

const SERVICE_STEP: TraceStep = {
  stage: 'service',
  object: SERVICE,
  rule: 'spec.ports[0]',
  outcome: 'translated to 10.0.0.1:8080',
};
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
          outcome: 'translated to 10.0.0.1:8080',
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
      isolations: [],
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
          hops: [{ node: 'n1', steps: [{ stage: 'ingressPolicy', rule: 'end of tier default', outcome: 'deny' }] }],
        },
      ],
      hops: [],
    };
    expect(traceReport(direct, STANDARD, NOWHERE).translation.destination).to.deep.equal([]);
    expect(traceReport(direct, STANDARD, NOWHERE).steps[0]).to.include({
      object: null,
      rule: 'end of tier default',
    });
  });

  it('says when the answer goes straight to the client: behind a service of a backend that does so', () => {
    const straight = { ...STANDARD, isDirectServerReturn: true };
    expect(traceReport(translated(destination('10.0.0.1', false)), straight, NOWHERE).translation.dsr).to.equal(true);
    const direct = { ...translated(destination('10.0.0.1', false)), isTranslated: false };
    expect(traceReport(direct, straight, NOWHERE).translation.dsr).to.equal(false);
  });

  describe('of a denial by policy', () => {
    const TIER_END: TraceStep = {
      stage: 'ingressPolicy',
      object: POLICY,
      rule: 'end of tier default',
      isTierEnd: true,
      outcome: 'deny',
    };
    const NEAREST: NearestRule = {
      origin: { object: POLICY, field: 'spec.ingress[1]' },
      action: 'allow',
      unmet: ['port 80 is not 443'],
      behind: [{ kind: 'rule', action: 'deny', object: POLICY, rule: 'spec.ingress[0]' }],
    };
    const inFile: Locate = (_, field) => ({ file: 'policies.yaml', line: field === 'spec.ingress[1]' ? 9 : 7 });

    function denied(...denials: readonly TraceStep[]): TraceReport {
      const ends = denials.map((denial, index) => ({
        ...destination(`10.0.0.${index + 1}`, false),
        verdict: 'deny' as const,
        hops: [{ node: 'n1', steps: [denial] }],
      }));
      return traceReport({ ...translated(...ends), verdict: 'deny' }, STANDARD, inFile);
    }

    it('names the nearest rule, what it asks in vain, and what it stands behind', () => {
      const object = { kind: 'GlobalNetworkPolicy', namespace: null, name: 'platform.open' };
      const { nearestRules, isolations, steps } = denied({ ...TIER_END, nearest: NEAREST });
      expect(nearestRules).to.deep.equal([
        {
          stage: 'ingressPolicy',
          object,
          rule: 'spec.ingress[1]',
          outcome: 'notAsked',
          node: 'n1',
          file: 'policies.yaml',
          line: 9,
          action: 'allow',
          unmet: ['port 80 is not 443'],
          behind: [{ action: 'deny', object, rule: 'spec.ingress[0]', file: 'policies.yaml', line: 7 }],
        },
      ]);
      expect(isolations).to.deep.equal([]);
      expect(steps[0]).not.to.have.any.keys('nearest', 'isTierEnd');
    });

    it('says of a rule behind nothing that it did not match', () => {
      const { nearestRules } = denied({ ...TIER_END, nearest: { ...NEAREST, behind: [] } });
      expect(nearestRules[0]).to.deep.include({ outcome: 'noMatch', behind: [] });
    });

    it('names the policy that isolates the endpoint, where no rule could have allowed it', () => {
      const { nearestRules, isolations, steps } = denied(TIER_END);
      expect(nearestRules).to.deep.equal([]);
      expect(isolations).to.deep.equal(steps);
      const { isTierEnd: _, ...byRule } = TIER_END;
      expect(denied(byRule).isolations).to.deep.equal([]);
    });

    it('says so for each endpoint that a service may choose', () => {
      const { nearestRules, isolations } = denied({ ...TIER_END, nearest: NEAREST }, TIER_END);
      expect(nearestRules.map((rule) => rule.destination)).to.deep.equal(['10.0.0.1:8080']);
      expect(isolations.map((step) => step.destination)).to.deep.equal(['10.0.0.2:8080']);
    });
  });
});
