import { expect } from 'chai';
import { readResource } from '../resources/parse';
import type { ResourceChange } from '../resources/resource-change';
import { NodeSimulator } from '../simulator';
import { DesiredStateStore, parseIpAddress, parsePort, TCP } from '../state';
import { calico, globalPolicy, type Manifest, NODE, node, pod, removeManifest, tier } from '../testing/manifests';
import { ComputeGraph } from './graph';

const POD = pod('a', '10.0.0.1');
const HOST = '192.168.0.1';
const TIER = tier('early', 1, 'Pass');
const setOf = (...nets: readonly string[]): Manifest => calico('GlobalNetworkSet', 's', { nets }, { set: 's' });
const WHOLE = setOf('203.0.113.0/24');
const HALF = setOf('203.0.113.0/24', '198.51.100.0/33');
const ALLOW_ALL = globalPolicy('default.z', { ingress: [{ action: 'Allow' }] });

/** What counts of an object where there is no earlier version of it. */
function putWhatCounts(manifest: Manifest): ResourceChange {
  const read = readResource(manifest);
  const resource =
    read.outcome === 'resource' ? read.resource : read.outcome === 'faulty' ? read.closed?.resource : undefined;
  if (resource === undefined) throw new Error(`nothing counts of ${manifest.kind} ${manifest.metadata.name}`);
  return { op: 'put', resource };
}

/** Whether the pod is reached from an address in the set, from one that may be in what cannot be read, and from any other. */
class Reach {
  private readonly graph = new ComputeGraph({ nodeName: NODE });
  private readonly state = new DesiredStateStore();

  constructor(...manifests: readonly Manifest[]) {
    this.apply([node(NODE, HOST), POD, TIER, ...manifests].map(putWhatCounts));
  }

  apply(changes: readonly ResourceChange[]): this {
    this.state.apply({ scope: 'delta', changes: this.graph.apply(changes) });
    return this;
  }

  put(manifest: Manifest): this {
    return this.apply([putWhatCounts(manifest)]);
  }

  get verdicts(): string {
    return this.verdictsTo('10.0.0.1');
  }

  verdictsTo(destination: string): string {
    const simulator = new NodeSimulator(this.state);
    const from = (source: string): string =>
      simulator.judge({
        entry: { kind: 'network' },
        source: parseIpAddress(source),
        destination: parseIpAddress(destination),
        destinationPort: parsePort(80),
        protocol: TCP,
      }).verdict;
    return ['203.0.113.9', '198.51.100.9', '192.0.2.9'].map(from).join(' ');
  }
}

const rule = (action: string, source: object): Manifest =>
  globalPolicy('early.rules', { tier: 'early', ingress: [{ action, source }] });

describe('a network set with ranges that cannot be read', () => {
  it('allows from those that can be read', () => {
    const only = globalPolicy('default.a', { ingress: [{ action: 'Allow', source: { selector: "set == 's'" } }] });
    expect(new Reach(WHOLE, only).verdicts).to.equal('allow deny deny');
    expect(new Reach(HALF, only).verdicts).to.equal('allow deny deny');
  });

  it('denies everything where a rule denies what is in it', () => {
    const deny = rule('Deny', { selector: "set == 's'" });
    expect(new Reach(WHOLE, deny, ALLOW_ALL).verdicts).to.equal('deny allow allow');
    expect(new Reach(HALF, deny, ALLOW_ALL).verdicts).to.equal('deny deny deny');
  });

  it('allows nothing where a rule allows what is not in it, and denies where one denies that', () => {
    const others = (action: string) => rule(action, { notSelector: "set == 's'" });
    expect(new Reach(WHOLE, others('Allow'), globalPolicy('default.z', {})).verdicts).to.equal('deny allow allow');
    expect(new Reach(HALF, others('Allow'), globalPolicy('default.z', {})).verdicts).to.equal('deny deny deny');
    expect(new Reach(HALF, others('Deny'), ALLOW_ALL).verdicts).to.equal('allow deny deny');
  });

  it('passes what can be read, and denies what a rule may have passed', () => {
    const pass = globalPolicy('early.rules', {
      tier: 'early',
      ingress: [{ action: 'Pass', source: { selector: "set == 's'" } }, { action: 'Allow' }],
    });
    const denied = globalPolicy('default.z', {});
    expect(new Reach(WHOLE, pass, denied).verdicts).to.equal('deny allow allow');
    expect(new Reach(HALF, pass, denied).verdicts).to.equal('deny deny deny');
    expect(new Reach(HALF, pass, ALLOW_ALL).verdicts).to.equal('allow deny deny');
  });

  it('closes the rules of profiles, too', () => {
    const endpoint = calico('HostEndpoint', 'h', { node: NODE, interfaceName: 'eth0', profiles: ['p'] });
    const profile = calico('Profile', 'p', {
      ingress: [{ action: 'Deny', source: { selector: "set == 's'" } }, { action: 'Allow' }],
    });
    expect(new Reach(WHOLE, endpoint, profile).verdictsTo(HOST)).to.equal('deny allow allow');
    expect(new Reach(endpoint, profile, HALF).verdictsTo(HOST)).to.equal('deny deny deny');
  });

  it('is of no account to rules that do not select it, and to those that do once it is whole or gone', () => {
    const deny = rule('Deny', { selector: "set == 's'" });
    const other = rule('Deny', { selector: "set == 't'" });
    expect(new Reach(HALF, other, ALLOW_ALL).verdicts).to.equal('allow allow allow');
    const reach = new Reach(HALF, deny, ALLOW_ALL);
    expect(reach.put(WHOLE).verdicts).to.equal('deny allow allow');
    expect(reach.put(HALF).verdicts).to.equal('deny deny deny');
    expect(reach.apply([removeManifest('GlobalNetworkSet', 's', '')]).verdicts).to.equal('allow allow allow');
  });
});
