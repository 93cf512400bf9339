import { expect } from 'chai';
import {
  buildIpSet,
  buildPolicy,
  buildProfile,
  buildRule,
  buildTier,
  buildWorkload,
  ipSetKey,
  stateOf,
} from '../testing';
import { policedFlows } from './policed-flows';

const SET = buildIpSet('a', 'net', ['10.0.0.1']);
const POLICY = buildPolicy('p', { ingress: [buildRule('allow', { source: { ipSets: [ipSetKey('a')] } })] });
const PROFILE = buildProfile('r', { egress: [buildRule('allow')] });
const WEB = buildWorkload('web', ['10.0.0.2', 'fd00::2'], { tiers: [buildTier([POLICY])] });
const API = buildWorkload('api', '10.0.0.3', { profiles: [PROFILE.key] });
const BEFORE = stateOf(SET, POLICY, PROFILE, WEB, API);

const touched = (after: ReturnType<typeof stateOf>): readonly string[] =>
  policedFlows(BEFORE, after).map((flow) => Object.values(flow).join(' '));
const OF_WEB = [
  'workload 4 10.0.0.2 source',
  'workload 4 10.0.0.2 destination',
  'workload 6 fd00::2 source',
  'workload 6 fd00::2 destination',
];
const OF_API = ['workload 4 10.0.0.3 source', 'workload 4 10.0.0.3 destination'];

describe('policedFlows', () => {
  it('are none when nothing changes, or a workload is new or moves', () => {
    expect(touched(BEFORE)).to.deep.equal([]);
    expect(touched(stateOf(SET, POLICY, PROFILE, { ...WEB }, API, buildWorkload('new', '10.0.0.4')))).to.deep.equal([]);
    expect(touched(stateOf(SET, POLICY, PROFILE, WEB))).to.deep.equal([]);
  });

  it('are those of workloads whose policy, profile, tiers or sets change', () => {
    expect(touched(stateOf(SET, buildPolicy('p', {}), PROFILE, WEB, API))).to.deep.equal(OF_WEB);
    expect(touched(stateOf(buildIpSet('a', 'net', []), POLICY, PROFILE, WEB, API))).to.deep.equal(OF_WEB);
    expect(touched(stateOf(SET, POLICY, PROFILE, { ...WEB, tiers: [] }, API))).to.deep.equal(OF_WEB);
    expect(touched(stateOf(SET, POLICY, WEB, API))).to.deep.equal(OF_API);
  });
});
