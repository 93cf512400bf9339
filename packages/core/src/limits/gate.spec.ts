import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  DesiredStateStore,
  ICMP,
  orderChanges,
  SCTP,
} from '../state';
import {
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '../testing/desired-objects';
import type { Feature } from './feature';
import { Gate } from './gate';
import type { Limit, LimitEffect } from './limit';
import type { OnUnsupported, OnUnsupportedChoice } from './on-unsupported';

const put = (object: DesiredObject): Change => ({ op: 'put', object });
const remove = (key: DesiredKey): Change => ({ op: 'remove', key });

function limit(feature: Feature, effect: LimitEffect): Limit {
  return {
    code: `PP_LIMIT_TEST_${feature}`,
    feature,
    support: 'unsupported',
    effect,
    message: `no ${feature}`,
    remedy: 'none',
    source: 'test',
  };
}

/** The state that a gate lets through, and the gate. */
function pass(
  limits: readonly Limit[],
  onUnsupported: OnUnsupportedChoice,
  ...batches: readonly (readonly Change[])[]
) {
  const gate = new Gate(limits, { onUnsupported });
  const state = new DesiredStateStore();
  const results = batches.map((changes) => {
    const result = gate.apply(changes);
    state.apply({ scope: 'delta', changes: result.changes });
    return result;
  });
  return { gate, state, results };
}

const UNTRACKED = buildPolicy('untracked', { ingress: [buildRule('deny')] }, { stage: 'untracked' });
const NORMAL = buildPolicy('normal', { ingress: [buildRule('allow')] });
const ENDPOINT = buildHostEndpoint('eth0', {
  untrackedTiers: [buildTier([UNTRACKED])],
  tiers: [buildTier([NORMAL])],
});
const NO_UNTRACKED = [limit('doNotTrackPolicy', 'objectIgnored')];

describe('Gate', () => {
  it('passes everything as it is when nothing is lacking', () => {
    const changes = [put(UNTRACKED), put(NORMAL), put(ENDPOINT)];
    const { results, gate } = pass([], 'ignore', changes);
    expect(results[0]?.changes).to.deep.equal(changes);
    expect(gate.diagnostics).to.deep.equal([]);
  });

  it('leaves out a policy that the dataplane cannot do, also from the tiers that name it', () => {
    const { state } = pass(NO_UNTRACKED, 'ignore', [put(UNTRACKED), put(NORMAL), put(ENDPOINT)]);
    expect([...state.policies.keys()]).to.deep.equal([NORMAL.key]);
    const endpoint = state.hostEndpoints.get(ENDPOINT.key);
    expect(endpoint?.untrackedTiers).to.deep.equal([]);
    expect(endpoint?.tiers).to.deep.equal(ENDPOINT.tiers);
  });

  it('says which object and field meets which limit, and what happens', () => {
    const { gate } = pass(NO_UNTRACKED, 'ignore', [put(UNTRACKED)]);
    expect(gate.diagnostics).to.deep.equal([
      {
        code: 'PP_LIMIT_TEST_doNotTrackPolicy',
        severity: 'error',
        feature: 'doNotTrackPolicy',
        object: UNTRACKED.origin.object,
        field: 'spec.doNotTrack',
        effect: 'objectIgnored',
        message: 'no doNotTrackPolicy',
        remedy: 'none',
        source: 'test',
      },
    ]);
  });

  it('tells the endpoints that name a policy when it becomes possible again', () => {
    const tracked = { ...UNTRACKED, stage: 'normal' } as const;
    const endpoint = buildHostEndpoint('eth0', { tiers: [buildTier([tracked])] });
    const { state, results } = pass(NO_UNTRACKED, 'ignore', [put(UNTRACKED), put(endpoint)], [put(tracked)]);
    expect(state.hostEndpoints.get(endpoint.key)).to.deep.equal(endpoint);
    expect(results[1]?.diagnostics.cleared.map(({ feature }) => feature)).to.deep.equal(['doNotTrackPolicy']);
  });

  it('denies under `deny` what an impossible policy would have judged, before every other policy', () => {
    const allow = buildPolicy('allow', { ingress: [buildRule('allow', { source: { nets: nets('10.0.0.0/8') } })] });
    const untracked = { ...allow, stage: 'untracked' } as const;
    const endpoint = { ...ENDPOINT, untrackedTiers: [buildTier([untracked])] };
    const { state, gate } = pass(NO_UNTRACKED, 'deny', [put(untracked), put(NORMAL), put(endpoint)]);
    const denying = state.policies.get(untracked.key);
    expect(denying?.stage).to.equal('normal');
    expect(denying?.ingress.map(({ action, source }) => [action, source.nets])).to.deep.equal([
      ['deny', nets('10.0.0.0/8')],
    ]);
    const passed = state.hostEndpoints.get(endpoint.key);
    expect(passed?.tiers.map(({ ingress, defaultAction }) => [ingress, defaultAction])).to.deep.equal([
      [[untracked.key], 'pass'],
      [[NORMAL.key], 'deny'],
    ]);
    expect(passed?.forwardTiers.map(({ ingress }) => ingress)).to.deep.equal([[untracked.key]]);
    expect(gate.diagnostics.map(({ isDenied }) => isDenied)).to.deep.equal([true]);
  });

  it('does not match the destination of a denied policy that spoke of it before DNAT', () => {
    const rule = buildRule('deny', { destination: { ports: ports(30080) }, source: { nets: nets('10.0.0.0/8') } });
    const policy = buildPolicy('early', { ingress: [rule] }, { stage: 'preDnat' });
    const { state } = pass([limit('preDnatPolicy', 'objectIgnored')], 'deny', [put(policy)]);
    const [denied] = state.policies.get(policy.key)?.ingress ?? [];
    expect(denied?.destination.ports).to.deep.equal([]);
    expect(denied?.source.nets).to.deep.equal(nets('10.0.0.0/8'));
  });

  it('leaves out only the rule where only the rule cannot be done', () => {
    const policy = buildPolicy('mixed', { ingress: [buildRule('log'), buildRule('allow')] });
    const { state, gate } = pass([limit('logAction', 'ruleIgnored')], 'ignore', [put(policy)]);
    expect(state.policies.get(policy.key)?.ingress.map(({ action }) => action)).to.deep.equal(['allow']);
    expect(gate.diagnostics.map(({ field }) => field)).to.deep.equal(['spec.ingress[0]']);
  });

  it('never opens under `deny`: a deny or pass rule denies more, an allow rule goes', () => {
    const sctp = { protocol: SCTP, destination: { ports: ports(80) }, source: { nets: nets('10.0.0.0/8') } };
    const policy = buildPolicy('sctp', {
      ingress: [buildRule('allow', sctp), buildRule('deny', sctp), buildRule('pass', sctp), buildRule('allow')],
    });
    const { state } = pass([limit('sctpPolicy', 'ruleIgnored')], 'deny', [put(policy)]);
    const rules = state.policies.get(policy.key)?.ingress ?? [];
    expect(rules.map(({ action, protocol }) => [action, protocol])).to.deep.equal([
      ['deny', undefined],
      ['deny', undefined],
      ['allow', undefined],
    ]);
    expect(rules[0]?.source.nets).to.deep.equal(nets('10.0.0.0/8'));
    expect(rules[0]?.destination.ports).to.deep.equal([]);
  });

  it('takes affinity off a service and leaves the service', () => {
    const service = buildService('web', [], [], { affinityTimeoutSeconds: 60 });
    const { state, gate } = pass([limit('sessionAffinity', 'degraded')], 'ignore', [put(service)]);
    const { affinityTimeoutSeconds: _, ...rest } = service;
    expect(state.services.get(service.key)).to.deep.equal(rest);
    expect(gate.diagnostics.map(({ field }) => field)).to.deep.equal(['spec.sessionAffinity']);
  });

  it('takes every trace of IPv6 out, and nothing of IPv4', () => {
    const set = buildIpSet('both', 'net', ['10.0.0.1/32', 'fd00::1/128']);
    const pod = buildWorkload('pod', ['10.0.0.1', 'fd00::1']);
    const policy = buildPolicy('both', {
      ingress: [
        buildRule('allow', { family: 6 }),
        buildRule('allow', { source: { nets: nets('10.0.0.0/8', 'fd00::/8') } }),
        buildRule('deny', { source: { nets: nets('fd00::/8') } }),
      ],
    });
    const members: Change = {
      op: 'members',
      key: ipSetKey('both'),
      added: nets('10.0.0.2/32', 'fd00::2/128'),
      removed: nets('fd00::1/128'),
    };
    const { state } = pass([limit('ipv6', 'objectIgnored')], 'ignore', [put(set), put(pod), put(policy)], [members]);
    expect([...(state.ipSets.get(set.key)?.members ?? [])]).to.deep.equal(nets('10.0.0.1/32', '10.0.0.2/32'));
    expect(state.workloads.get(pod.key)?.addresses).to.deep.equal(['10.0.0.1']);
    expect(state.policies.get(policy.key)?.ingress.map(({ source }) => source.nets)).to.deep.equal([
      nets('10.0.0.0/8'),
    ]);
  });

  it('takes nothing away for a limit that only warns', () => {
    const changes = [put(buildService('web', [], [], { affinityTimeoutSeconds: 60 }))];
    const { results, gate } = pass([limit('sessionAffinity', 'warn')], 'ignore', changes);
    expect(results[0]?.changes).to.deep.equal(changes);
    expect(gate.diagnostics).to.have.length(1);
  });

  it('reports one limit of one field once, until its last cause has gone', () => {
    const http = buildService('http', [], [], { affinityTimeoutSeconds: 60 });
    const https = { ...http, key: `${http.key}/https` as typeof http.key };
    const { results } = pass(
      [limit('sessionAffinity', 'degraded')],
      'ignore',
      [put(http), put(https)],
      [remove(http.key)],
      [remove(https.key)],
    );
    expect(results.map(({ diagnostics }) => [diagnostics.met.length, diagnostics.cleared.length])).to.deep.equal([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
  });

  it('denies what it is told to deny, feature by feature, and for its own backend before all', () => {
    const sctp = { protocol: SCTP, destination: { ports: ports(80) } };
    const policy = buildPolicy('mixed', { ingress: [buildRule('deny', sctp), buildRule('log')] });
    const table = [limit('sctpPolicy', 'ruleIgnored'), limit('logAction', 'ruleIgnored'), ...NO_UNTRACKED];
    const choice = { default: 'ignore', features: { sctpPolicy: 'deny' } } as const;
    const { state, gate } = pass(table, choice, [put(policy), put(UNTRACKED)]);
    expect([...state.policies.keys()]).to.deep.equal([policy.key]);
    expect(state.policies.get(policy.key)?.ingress.map(({ action, protocol }) => [action, protocol])).to.deep.equal([
      ['deny', undefined],
    ]);
    expect(gate.diagnostics.map(({ feature, isDenied }) => [feature, isDenied])).to.deep.equal([
      ['sctpPolicy', true],
      ['logAction', undefined],
      ['doNotTrackPolicy', undefined],
    ]);
    const here = new Gate(table, { onUnsupported: 'refuse', onUnsupportedHere: choice });
    expect(here.onUnsupported('sctpPolicy')).to.equal('deny');
    expect(here.onUnsupported('logAction')).to.equal('ignore');
  });

  it('says where a field stands that meets a limit', () => {
    const gate = new Gate(NO_UNTRACKED, { locate: (_, field) => ({ file: 'a.yaml', line: field.length }) });
    const { diagnostics } = gate.apply([put(UNTRACKED)]);
    expect(diagnostics.met[0]).to.include({ file: 'a.yaml', line: 'spec.doNotTrack'.length });
  });

  it('meets no limit with a staged policy, and does not hand it over either', () => {
    const staged = { ...UNTRACKED, isStaged: true };
    const { state, gate } = pass(NO_UNTRACKED, 'deny', [put(staged)]);
    expect([gate.diagnostics.length, state.policies.size]).to.deep.equal([0, 0]);
  });

  it('comes to the same as a fresh gate, whatever came before', () => {
    fc.assert(
      fc.property(
        limits,
        mode,
        fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 12 }),
        (table, on, history) => {
          const batches = history.map(lastOfEachKey);
          const wanted = new DesiredStateStore();
          for (const changes of batches) wanted.apply({ scope: 'delta', changes });
          const incremental = pass(table, on, ...batches);
          const fresh = pass(table, on, wanted.toTransition(1, true).changes);
          expect(asData(incremental.state)).to.deep.equal(asData(fresh.state));
          expect(sorted(incremental.gate.diagnostics)).to.deep.equal(sorted(fresh.gate.diagnostics));
          expect(sorted(replay(incremental.results))).to.deep.equal(sorted(fresh.gate.diagnostics));
        },
      ),
      { numRuns: 500 },
    );
  });
});

const FEATURE_EFFECTS: readonly [Feature, LimitEffect][] = [
  ['doNotTrackPolicy', 'objectIgnored'],
  ['preDnatPolicy', 'objectIgnored'],
  ['applyOnForwardPolicy', 'objectIgnored'],
  ['hostEndpointPolicy', 'objectIgnored'],
  ['sctpPolicy', 'ruleIgnored'],
  ['logAction', 'ruleIgnored'],
  ['icmpTypeMatch', 'ruleIgnored'],
  ['ipv6', 'objectIgnored'],
  ['sctpService', 'objectIgnored'],
  ['sessionAffinity', 'degraded'],
];
const limits = fc.subarray([...FEATURE_EFFECTS]).map((rows) => rows.map(([feature, effect]) => limit(feature, effect)));
const mode = fc.constantFrom<OnUnsupported>('ignore', 'deny', 'refuse');

const rule = fc
  .record({
    action: fc.constantFrom('allow', 'deny', 'pass', 'log'),
    match: fc.constantFrom(
      {},
      { protocol: SCTP },
      { protocol: ICMP, icmp: { type: 8 } },
      { family: 6 as const },
      { source: { nets: nets('10.0.0.0/8', 'fd00::/8') } },
    ),
  })
  .map(({ action, match }) => buildRule(action as 'allow', match));
const policyName = fc.constantFrom('p1', 'p2', 'p3');
const policy = fc
  .record({
    name: policyName,
    ingress: fc.array(rule, { maxLength: 3 }),
    stage: fc.constantFrom('normal', 'preDnat', 'untracked'),
    appliesOnForward: fc.boolean(),
    isStaged: fc.constantFrom(false, false, true),
  })
  .map(({ name, ingress, stage, ...rest }) => buildPolicy(name, { ingress }, { stage: stage as 'normal', ...rest }));
const tiers = fc
  .subarray(['p1', 'p2', 'p3'])
  .map((names) => (names.length === 0 ? [] : [buildTier(names.map((name) => buildPolicy(name, {})))]));
const endpoint = fc
  .record({ tiers, forwardTiers: tiers, preDnatTiers: tiers, untrackedTiers: tiers })
  .chain((all) => fc.constantFrom('e1', 'e2').map((name) => buildHostEndpoint(name, all)));
const workload = fc
  .tuple(fc.constantFrom('w1', 'w2'), tiers, fc.boolean())
  .map(([name, own, isDual]) => buildWorkload(name, isDual ? ['10.0.0.1', 'fd00::1'] : '10.0.0.1', { tiers: own }));
const service = fc.tuple(fc.constantFrom('s1', 's2'), fc.boolean(), fc.boolean()).map(([name, isSctp, hasAffinity]) =>
  buildService(name, [], [], {
    ...(isSctp ? { protocol: SCTP } : {}),
    ...(hasAffinity ? { affinityTimeoutSeconds: 60 } : {}),
  }),
);
const member = fc.subarray([...nets('10.0.0.1', '10.0.0.2', 'fd00::1')]);
const set = member.map((members) => buildIpSet('set', 'net', members));
const object: fc.Arbitrary<DesiredObject> = fc.oneof(policy, endpoint, workload, service, set);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: object.map(put) },
  { weight: 2, arbitrary: object.map(({ key }) => remove(key)) },
  {
    weight: 1,
    arbitrary: fc.tuple(member, member).map(
      ([added, gone]): Change => ({
        op: 'members',
        key: ipSetKey('set'),
        added,
        removed: gone.filter((each) => !added.includes(each)),
      }),
    ),
  },
);

function lastOfEachKey(changes: readonly Change[]): readonly Change[] {
  const byKey = new Map(changes.map((each) => [each.op === 'put' ? each.object.key : each.key, each]));
  return orderChanges([...byKey.values()]);
}

function asData(state: DesiredStateStore): unknown {
  return [...state.objects()]
    .map((each) => (each.type === 'ipSet' ? { ...each, members: [...each.members].sort() } : each))
    .sort((a, b) => a.key.localeCompare(b.key));
}

function sorted<T>(values: readonly T[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

/** The diagnostics that are left after all that was reported. */
function replay(results: ReturnType<typeof pass>['results']): readonly unknown[] {
  const current = new Map<string, unknown>();
  for (const { diagnostics } of results) {
    const id = ({ code, object: { kind, name }, field }: (typeof diagnostics.met)[number]): string =>
      [code, kind, name, field].join();
    for (const each of diagnostics.cleared) expect(current.delete(id(each))).to.equal(true);
    for (const each of diagnostics.changed) expect(current.has(id(each))).to.equal(true);
    for (const each of diagnostics.met) expect(current.has(id(each))).to.equal(false);
    for (const each of [...diagnostics.met, ...diagnostics.changed]) current.set(id(each), each);
  }
  return [...current.values()];
}
