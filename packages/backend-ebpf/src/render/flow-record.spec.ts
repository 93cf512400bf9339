import { expect } from 'chai';
import { parseIpAddress } from '@polyplane/core/backend';
import { buildPolicy, buildRule, stateOf } from '@polyplane/core/testing';
import { EVENT, EVENT_KIND } from '../layout/layouts';
import { flowRecordOf } from './flow-record';
import type { RuleId } from './policy/policy-program';

const POLICY = buildPolicy('web', { ingress: [buildRule('allow'), buildRule('deny')] });

const EVENT_VALUE = {
  time: 1n,
  saddr: parseIpAddress('10.0.0.2'),
  daddr: parseIpAddress('10.0.0.3'),
  sport: 40_000,
  dport: 80,
  protocol: 6,
  kind: EVENT_KIND.denied,
  hook: 1,
  reason: 5,
  ifindex: 7,
  rule: 3,
};

describe('an event of the eBPF programs', () => {
  const names = {
    state: stateOf(POLICY),
    ruleOf: (number: number): RuleId | undefined => (number === 3 ? `${POLICY.key}|ingress|1` : undefined),
    interfaceName: (index: number) => (index === 7 ? 'cali-web' : undefined),
  };

  it('names both ends, where the flow was judged, and the rule in the user’s own object', () => {
    expect(flowRecordOf(EVENT.encode(EVENT_VALUE), names)).to.deep.equal({
      verdict: 'deny',
      protocol: 6,
      source: { address: '10.0.0.2', port: 40_000 },
      destination: { address: '10.0.0.3', port: 80 },
      interfaceName: 'cali-web',
      rule: POLICY.ingress[1]?.origin,
    });
  });

  it('says nothing of what there is not: ports of ICMP, a rule, an interface that is gone', () => {
    const event = EVENT.encode({ ...EVENT_VALUE, protocol: 1, kind: EVENT_KIND.allowed, ifindex: 9, rule: 0 });
    expect(flowRecordOf(event, names)).to.deep.equal({
      verdict: 'allow',
      protocol: 1,
      source: { address: '10.0.0.2' },
      destination: { address: '10.0.0.3' },
    });
  });

  it('is passed over where it is too short, or tells of no verdict', () => {
    expect(flowRecordOf(Buffer.alloc(8), names)).to.equal(undefined);
    expect(flowRecordOf(EVENT.encode({ ...EVENT_VALUE, kind: EVENT_KIND.log }), names)).to.equal(undefined);
  });
});
