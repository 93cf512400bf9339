import { expect } from 'chai';
import { loadManifests } from '../resources/load';
import { NodeSimulator } from '../simulator/simulator';
import { DesiredStateStore, parseIpAddress, parsePort, TCP } from '../state';
import {
  allMembers,
  globalPolicy,
  type Manifest,
  NODE,
  networkPolicy,
  node,
  pod,
  policyOf,
  removeManifest,
  tier,
} from '../testing/manifests';
import { ComputeGraph } from './graph';
import { workloadKey } from './keys';

const SERVER = pod('server', '10.0.0.1', {}, {}, { app: 'server' });
const CLIENT = pod('client', '10.0.0.2', {}, {}, { app: 'client' });
const GROUND = [node(NODE, '192.0.2.1'), SERVER, CLIENT];

describe('A cluster of extremes', () => {
  it('judges by the last of 10,000 rules of a policy', () => {
    const ingress = Array.from({ length: 10_000 }, (_, index) => ({
      from: [{ ipBlock: { cidr: `172.16.${index >> 8}.${index & 255}/32` } }],
      ports: [{ protocol: 'TCP', port: 80 }],
    }));
    ingress[9_999] = { from: [{ ipBlock: { cidr: '10.0.0.2/32' } }], ports: [{ protocol: 'TCP', port: 80 }] };
    const { state, problems } = load(...GROUND, networkPolicy('long', { podSelector: {}, ingress }));
    expect(problems).to.deep.equal([]);
    expect(policyOf(state, 'NetworkPolicy', 'long', 'ns')?.ingress).to.have.length(10_000);
    expect(verdict(state, 80)).to.equal('allow');
    expect(verdict(state, 81)).to.equal('deny');
  });

  it('walks 1,000 tiers in their order', () => {
    const tiers = Array.from({ length: 1_000 }, (_, index) => tier(`t${index}`, 1_000 - index, 'Pass'));
    const policies = tiers.map(({ metadata: { name } }) =>
      globalPolicy(`${name}.pass`, { tier: name, ingress: [{ action: 'Pass' }] }),
    );
    // The tier of the highest order is asked last.
    policies[0] = globalPolicy('t0.deny', { tier: 't0', ingress: [{ action: 'Deny' }] });
    const { state, problems } = load(...GROUND, ...tiers, ...policies);
    expect(problems).to.deep.equal([]);
    const names = state.workloads.get(workloadKey('ns', 'server'))?.tiers.map(({ name }) => name);
    expect(names).to.have.length(1_000);
    expect([names?.at(0), names?.at(-1)]).to.deep.equal(['t999', 't0']);
    expect(verdict(state, 80)).to.equal('deny');
  });

  it('takes a selector as long as the API does, and refuses one of 64 KiB or of deep parentheses without losing the rest', () => {
    const alternatives = Array.from({ length: 4_000 }, (_, index) => `app == 'x${index}'`);
    const { state, problems } = load(
      ...GROUND,
      globalPolicy('long', { selector: [...alternatives.slice(0, 60), "app == 'server'"].join(' || ') }),
      globalPolicy('too-long', { selector: alternatives.join('||') }),
      globalPolicy('deep', { selector: `${'('.repeat(500)}all()${')'.repeat(500)}` }),
    );
    expect(problems.map(({ object, field, error }) => [object?.name, field, error.code])).to.deep.equal([
      ['too-long', 'spec.selector', 'PP_OBJECT_INVALID'],
      ['deep', 'spec.selector', 'PP_OBJECT_INVALID'],
    ]);
    expect(policyOf(state, 'GlobalNetworkPolicy', 'long')).not.to.equal(undefined);
    expect(verdict(state, 80)).to.equal('deny');
  });

  it('goes on without what a policy refers to in vain', () => {
    const { state, graph } = load(
      ...GROUND,
      globalPolicy('orphan', { tier: 'nowhere', ingress: [{ action: 'Deny' }] }),
      networkPolicy('to-nobody', {
        podSelector: { matchLabels: { app: 'server' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'nobody' } } }] }],
      }),
    );
    expect(graph.problems.map(({ error }) => error.code)).to.deep.equal(['PP_TIER_MISSING']);
    expect(policyOf(state, 'GlobalNetworkPolicy', 'orphan')).to.equal(undefined);
    expect(verdict(state, 80)).to.equal('deny');
  });

  it('keeps an address that two pods have as long as one of them lives', () => {
    const twin = pod('twin', '10.0.0.2', {}, {}, { app: 'client' });
    const fromClients = networkPolicy('from-clients', {
      podSelector: { matchLabels: { app: 'server' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }],
    });
    const { state, graph } = load(...GROUND, twin, fromClients);
    expect(verdict(state, 80)).to.equal('allow');
    state.apply({ scope: 'delta', changes: graph.apply([removeManifest('Pod', 'twin')]) });
    expect(verdict(state, 80)).to.equal('allow');
    state.apply({ scope: 'delta', changes: graph.apply([removeManifest('Pod', 'client')]) });
    expect(allMembers(state)).to.deep.equal([]);
  });

  it('lets the later of two objects of one name count, and says so', () => {
    const first = networkPolicy('same', { podSelector: {}, ingress: [{}] });
    const second = networkPolicy('same', { podSelector: {}, ingress: [] });
    const { state, problems } = load(...GROUND, first, second);
    expect(problems.map(({ error }) => error.code)).to.deep.equal(['PP_OBJECT_DUPLICATE']);
    expect(verdict(state, 80)).to.equal('deny');
  });
});

/** Everything from text on, as a source does it. */
function load(...manifests: readonly Manifest[]) {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
  const { resources, problems } = loadManifests(text, 'extremes.json');
  const graph = new ComputeGraph({ nodeName: NODE });
  const state = new DesiredStateStore();
  const changes = resources.map(({ resource }) => ({ op: 'put', resource }) as const);
  state.apply({ scope: 'full', changes: graph.apply(changes) });
  return { state, problems, graph };
}

/** What becomes of a connection from the client to the server. */
function verdict(state: DesiredStateStore, port: number): string {
  const packet = {
    entry: { kind: 'workload', workload: workloadKey('ns', 'client') },
    source: parseIpAddress('10.0.0.2'),
    destination: parseIpAddress('10.0.0.1'),
    destinationPort: parsePort(port),
    protocol: TCP,
  } as const;
  return new NodeSimulator(state).judge(packet).verdict;
}
