import { expect } from 'chai';
import { Container } from 'inversify';
import { firstValueFrom, type Observable, Subject, take, toArray } from 'rxjs';
import { backendOptionsToken } from '../backend/backend';
import { CoreError } from '../core-error';
import type { Limit } from '../limits/limit';
import { parseResource } from '../resources/parse';
import { keyOfResource } from '../resources/resource';
import { MemorySource } from '../sources/memory';
import type { SourceBatch } from '../sources/source';
import { DesiredStateStore, type Transition } from '../state';
import {
  endpointSliceResource,
  FakeBackend,
  globalNetworkPolicyResource,
  networkPolicyResource,
  podResource,
  settle,
} from '../testing';
import { CLUSTER, codeOf, setUp } from '../testing/agent-bed';
import { MapView } from './freeze';
import { coreModule } from './module';
import type { DiagnosticsChange } from './node-agent';
import type { ProblemsChange } from './problem-set';

const UNTRACKED = globalNetworkPolicyResource('fast', {
  selector: 'all()',
  doNotTrack: true,
  applyOnForward: true,
  types: ['Ingress'],
  ingress: [{ action: 'Allow' }],
});
const NO_UNTRACKED: Limit = {
  code: 'PP_LIMIT_FAKE_DO_NOT_TRACK',
  feature: 'doNotTrackPolicy',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'The fake does not do doNotTrack.',
  remedy: 'Use a normal policy.',
  source: 'test',
};

describe('NodeAgent', () => {
  it('brings a cluster to the dataplane, and says when it is there', async () => {
    const backend = new FakeBackend();
    const { agent, source } = await setUp([backend]);
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    await agent.applied();
    const state = backend.target.state();
    expect([state.workloads.size, state.services.size]).to.deep.equal([1, 1]);
    expect(agent.status).to.include({ phase: 'running', backend: 'fake', isInSync: true });
    await agent.stop('remove');
    expect([...backend.target.state().objects()]).to.deep.equal([]);
  });

  it('writes nothing before the source is complete', async () => {
    const backend = new FakeBackend();
    const { agent, source, clock } = await setUp([backend]);
    await agent.start();
    source.put(...CLUSTER);
    await clock.advance(600_000);
    expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe', 'open']);
    source.markInSync();
    await agent.applied();
    expect(backend.target.state().workloads.size).to.equal(1);
    await agent.stop('leave');
    expect(backend.target.state().workloads.size).to.equal(1);
  });

  it('follows what changes', async () => {
    const backend = new FakeBackend();
    const { agent, source } = await setUp([backend]);
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    source.put(networkPolicyResource('shop/deny', { podSelector: {}, policyTypes: ['Ingress'] }));
    await agent.applied();
    expect(backend.target.state().policies.size).to.equal(1);
    for (const resource of CLUSTER) source.remove(keyOfResource(resource));
    await agent.applied();
    expect([backend.target.state().workloads.size, backend.target.state().services.size]).to.deep.equal([0, 0]);
    await agent.stop('leave');
  });

  it('chooses the backend by its name', async () => {
    const other = new FakeBackend({ name: 'other' });
    const { agent, source } = await setUp([new FakeBackend(), other], { backend: 'other' });
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    await agent.applied();
    expect(other.calls.map(({ method }) => method)).to.include('apply');
    await agent.stop('leave');
  });

  it('rejects to start without a backend, or with several and no choice', async () => {
    for (const backends of [[], [new FakeBackend(), new FakeBackend({ name: 'other' })]]) {
      const { agent } = await setUp(backends);
      expect(await codeOf(agent.start())).to.equal('PP_BACKEND_UNKNOWN');
      expect(agent.status.phase).to.equal('failed');
    }
  });

  it('rejects to start where the backend cannot run, says what is missing, and tries no other', async () => {
    const missing = [{ what: 'iptables', remedy: 'apt-get install iptables' }];
    const other = new FakeBackend({ name: 'other' });
    const { agent } = await setUp([new FakeBackend({ missing }), other], { backend: 'fake' });
    const error: unknown = await agent.start().catch((reason) => reason);
    expect(error).to.be.instanceOf(CoreError).and.include({ code: 'PP_BACKEND_UNUSABLE' });
    expect(error).to.have.property('message').that.contains('iptables (apt-get install iptables)');
    expect(await codeOf(agent.applied())).to.equal('PP_BACKEND_UNUSABLE');
    expect(other.calls).to.deep.equal([]);
  });

  it('waits for a dataplane that does not answer yet, and says so', async () => {
    const backend = new FakeBackend();
    backend.faults.add('open', { type: 'reject', written: 'nothing', isRetriable: true });
    const { agent, source, clock } = await setUp([backend]);
    source.markInSync();
    const started = agent.start();
    await settle();
    expect(agent.status).to.include({ phase: 'opening' });
    expect(agent.status.failure?.code).to.equal('PP_BACKEND_UNUSABLE');
    await clock.advance(1000);
    await started;
    expect(agent.status.failure).to.equal(undefined);
    await agent.stop('leave');
  });

  it('can be stopped while it waits for the dataplane', async () => {
    const backend = new FakeBackend();
    backend.faults.add('open', { type: 'reject', written: 'nothing', isRetriable: true });
    const { agent } = await setUp([backend]);
    const started = codeOf(agent.start());
    await settle();
    await agent.stop('leave');
    expect(await started).to.equal('PP_AGENT_STOPPED');
  });

  it('can be started once only', async () => {
    const { agent } = await setUp([new FakeBackend()]);
    await agent.start();
    expect(await codeOf(agent.start())).to.equal('PP_AGENT_MISUSED');
    await agent.stop('leave');
  });

  it('gives a late subscriber the whole desired state, then what changes', async () => {
    const { agent, source } = await setUp([new FakeBackend()]);
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    const early = new DesiredStateStore();
    const late = new DesiredStateStore();
    const scopes: Transition['scope'][] = [];
    agent.desired$.subscribe((transition) => early.apply(transition));
    source.put(podResource('shop/api', { node: 'node-1', addresses: ['10.0.0.2'] }));
    agent.desired$.subscribe((transition) => {
      scopes.push(transition.scope);
      late.apply(transition);
    });
    source.put(podResource('shop/db', { node: 'node-1', addresses: ['10.0.0.3'] }));
    expect(scopes).to.deep.equal(['full', 'delta']);
    expect([...late.workloads.keys()].sort()).to.deep.equal([...early.workloads.keys()].sort());
    expect(late.workloads.size).to.equal(3);
    await agent.stop('leave');
  });

  it('shows services, endpoints and policies, each with what is there and what changed', async () => {
    const { agent, source } = await setUp([new FakeBackend()]);
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    const steps = firstValueFrom(agent.endpoints$.pipe(take(3), toArray()));
    const services = await firstValueFrom(agent.services$);
    expect([...services.current.values()].map(({ name }) => name)).to.deep.equal(['web']);
    const api = podResource('shop/api', { node: 'node-1', addresses: ['10.0.0.2'] });
    source.put(api);
    source.remove(keyOfResource(api));
    const summary = (await steps).map(({ changed, removed }) => [changed.length, removed.length]);
    expect(summary).to.deep.equal([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    expect((await firstValueFrom(agent.policies$)).current.size).to.equal(0);
    await agent.stop('leave');
  });

  it('tells of the limits that objects meet, and hands the dataplane none of these', async () => {
    const backend = new FakeBackend({ limits: [NO_UNTRACKED] });
    const { agent, source } = await setUp([backend]);
    source.put(...CLUSTER);
    source.markInSync();
    await agent.start();
    const steps: DiagnosticsChange[] = [];
    agent.diagnostics$.subscribe((step) => steps.push(step));
    source.put(UNTRACKED);
    await agent.applied();
    expect(backend.target.state().policies.size).to.equal(0);
    source.remove(keyOfResource(UNTRACKED));
    const summary = steps.map(({ current, met, cleared }) => [current.length, met.length, cleared.length]);
    expect(summary).to.deep.equal([
      [0, 0, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
    expect(steps[1]?.met[0]).to.include({ code: NO_UNTRACKED.code, field: 'spec.doNotTrack' });
    await agent.stop('leave');
  });

  it('tells of a policy that takes no effect for want of its tier, once the source is complete, until the tier comes', async () => {
    const { agent, source } = await setUp([new FakeBackend()]);
    const told: (readonly string[])[] = [];
    agent.problems$.subscribe(({ current }) => told.push(current.map(({ code, field }) => `${code} ${field}`)));
    await agent.start();
    source.put(
      ...CLUSTER,
      globalNetworkPolicyResource('late.rules', { tier: 'late', selector: 'all()', types: ['Ingress'] }),
    );
    expect(told.at(-1)).to.deep.equal([]);
    source.markInSync();
    expect(told.at(-1)).to.deep.equal(['PP_TIER_MISSING spec.tier']);
    expect(agent.status.problems).to.equal(1);
    source.put(
      parseResource({
        apiVersion: 'projectcalico.org/v3',
        kind: 'Tier',
        metadata: { name: 'late' },
        spec: { order: 1 },
      }),
    );
    expect(told.at(-1)).to.deep.equal([]);
    await agent.stop('leave');
  });

  it('hands out values that no subscriber can change for others', async () => {
    const { agent, source } = await setUp([new FakeBackend({ limits: [NO_UNTRACKED] })]);
    source.put(...CLUSTER, UNTRACKED);
    source.markInSync();
    await agent.start();
    const policy = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] };
    const handed: unknown[] = [];
    const streams: readonly Observable<unknown>[] = [
      agent.desired$,
      agent.services$,
      agent.endpoints$,
      agent.policies$,
      agent.diagnostics$,
      agent.status$,
      agent.problems$,
    ];
    for (const stream of streams) stream.subscribe((value) => handed.push(value));
    source.put(networkPolicyResource('shop/open', policy));
    const changeable: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof MapView) return;
      if (!Object.isFrozen(value)) changeable.push(path);
      for (const [name, part] of Object.entries(value)) look(part, `${path}.${name}`);
      if (value instanceof Set) expect(() => value.add('x'), path).to.throw(TypeError);
    };
    for (const [index, value] of handed.entries()) look(value, String(index));
    expect(changeable).to.deep.equal([]);
    expect(handed.length).to.be.greaterThan(streams.length);
    await agent.stop('leave');
  });

  it('tells of problems what is current, and what each step met and cleared', async () => {
    const batches$ = new Subject<SourceBatch>();
    const { agent } = await setUp([new FakeBackend()], { source: { batches$ } });
    const steps: string[] = [];
    const list = (problems: ProblemsChange['current']): string => problems.map(({ message }) => message).join();
    await agent.start();
    agent.problems$.subscribe(({ current, met, cleared }) => {
      steps.push(`${list(current)} +${list(met)} -${list(cleared)}`);
    });
    for (const messages of [['a'], ['a', 'b', 'a'], ['b', 'a'], ['b'], []]) {
      const problems = messages.map((message) => ({ error: new CoreError('PP_OBJECT_INVALID', message) }));
      batches$.next({ changes: [], problems, isInSync: false });
    }
    expect(steps).to.deep.equal([' + -', 'a +a -', 'a,b +b -', 'b + -a', ' + -b']);
    await agent.stop('leave');
  });

  it('hands the dataplane what a feature gate lets it do, and says which gates are on', async () => {
    const gated = { ...NO_UNTRACKED, liftedBy: { name: 'FakeUntracked', stage: 'alpha' } } as const;
    for (const [featureGates, policies] of [
      [{}, 0],
      [{ FakeUntracked: true }, 1],
    ] as const) {
      const backend = new FakeBackend({ limits: [gated] });
      const { agent, source } = await setUp([backend], { featureGates });
      source.put(...CLUSTER, UNTRACKED);
      source.markInSync();
      await agent.start();
      await agent.applied();
      expect(backend.target.state().policies.size).to.equal(policies);
      expect(agent.status.diagnostics).to.equal(1 - policies);
      expect(agent.status.featureGates).to.deep.equal({ FakeUntracked: policies === 1 });
      await agent.stop('leave');
    }
  });

  it('rejects to start with a feature gate that no backend has', async () => {
    const { agent } = await setUp([new FakeBackend()], { featureGates: { FakeUntracked: true } });
    expect(await codeOf(agent.start())).to.equal('PP_FEATURE_GATE_UNKNOWN');
    expect(agent.status.phase).to.equal('failed');
    await agent.stop('leave');
  });

  it('minds the limits that the backend found on this host', async () => {
    const { agent, source } = await setUp([new FakeBackend({ hostLimits: [NO_UNTRACKED] })]);
    source.put(...CLUSTER, UNTRACKED);
    source.markInSync();
    await agent.start();
    expect(agent.status.diagnostics).to.equal(1);
    await agent.stop('leave');
  });

  it('refuses, before any write, what it is told to refuse', async () => {
    const backend = new FakeBackend({ limits: [NO_UNTRACKED] });
    const { agent, source } = await setUp([backend], { onUnsupported: 'refuse' });
    source.put(...CLUSTER, UNTRACKED);
    source.markInSync();
    expect(await codeOf(agent.start())).to.equal('PP_LIMIT_REFUSED');
    await settle();
    expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe', 'open', 'release']);
    expect(await codeOf(agent.applied())).to.equal('PP_LIMIT_REFUSED');
  });

  it('takes what its backend’s options say of what is unsupported before what holds for all', async () => {
    const backend = new FakeBackend({ limits: [NO_UNTRACKED] });
    const { agent, source } = await setUp([backend], {
      onUnsupported: 'refuse',
      backends: { fake: { onUnsupported: { features: { doNotTrackPolicy: 'ignore' } } } },
    });
    source.put(...CLUSTER, UNTRACKED);
    source.markInSync();
    await agent.start();
    await agent.applied();
    expect([agent.status.diagnostics, backend.target.state().policies.size]).to.deep.equal([1, 0]);
    await agent.stop('leave');
  });

  it('hands a backend its options without what is the agent’s', async () => {
    const container = new Container();
    const backends = { vpp: { apiSocket: '/run/vpp/api.sock', onUnsupported: 'deny' } };
    await container.load(coreModule({ nodeName: 'node-1', source: new MemorySource(), backends }));
    expect(container.get(backendOptionsToken('vpp'))).to.deep.equal({ apiSocket: '/run/vpp/api.sock' });
    const wrong = () =>
      coreModule({ nodeName: 'n', source: new MemorySource(), backends: { vpp: { onUnsupported: 1 } } });
    expect(wrong).to.throw(CoreError, 'backends.vpp.onUnsupported');
  });

  it('refuses what is no answer to what is unsupported', () => {
    // As a caller without types may write it.
    const options = { nodeName: 'n', source: new MemorySource(), onUnsupported: 'nope' as 'deny' };
    expect(() => coreModule(options))
      .to.throw(CoreError, /^onUnsupported: /)
      .with.property('code', 'PP_AGENT_OPTIONS_INVALID');
  });

  it('logs the first few of many objects that meet a limit at once, and how many more there are', async () => {
    const lines: string[] = [];
    const say = (_: object, message: string): void => void lines.push(message);
    const logger = { debug: () => undefined, info: () => undefined, warn: say, error: say };
    const slices: Limit = { ...NO_UNTRACKED, code: 'PP_LIMIT_FAKE_SLICES', feature: 'endpointSlices', effect: 'warn' };
    const { agent, source } = await setUp([new FakeBackend({ limits: [slices] })], { logger });
    const many = Array.from({ length: 100 }, (_, index) =>
      endpointSliceResource(`shop/s-${index}`, { addresses: ['10.0.0.1'], port: 80, node: 'node-1' }),
    );
    source.put(...many);
    source.markInSync();
    await agent.start();
    expect(agent.status.diagnostics).to.equal(100);
    const told = lines.filter((line) => line.includes('PP_LIMIT_FAKE_SLICES') || line.includes('EndpointSlice'));
    expect(told).to.have.length(11);
    expect(told.at(-1)).to.equal('90 more objects meet PP_LIMIT_FAKE_SLICES');
    await agent.stop('leave');
  });

  it('refuses to start where a limit on a setting says so, whatever it is told', async () => {
    const bgp: Limit = { ...NO_UNTRACKED, code: 'PP_LIMIT_FAKE_BGP', feature: 'bgpDisabled', effect: 'refuseToStart' };
    const { agent, source } = await setUp([new FakeBackend({ limits: [bgp] })]);
    await agent.start();
    source.put(
      ...CLUSTER,
      parseResource({
        apiVersion: 'operator.tigera.io/v1',
        kind: 'Installation',
        metadata: { name: 'default' },
        spec: { calicoNetwork: { bgp: 'Disabled' } },
      }),
    );
    source.markInSync();
    expect(await codeOf(agent.applied())).to.equal('PP_LIMIT_REFUSED');
    expect(agent.status.failure?.message).to.contain('spec.calicoNetwork.bgp');
  });

  it('rejects those who wait when it is stopped', async () => {
    const { agent } = await setUp([new FakeBackend()]);
    await agent.start();
    const applied = codeOf(agent.applied());
    await settle();
    await agent.stop('leave');
    expect(await applied).to.equal('PP_AGENT_STOPPED');
  });
});
