import { expect } from 'chai';
import { type Fields, parse, specFaults, specOf } from '../testing/api-objects';

const port = (first: number, last = first) => ({ first, last });
const anyEnd = { nets: [], notNets: [], ports: [], notPorts: [] };

describe('Calico policies', () => {
  it('infer their types from their rules, and have a tier and a selector', () => {
    const allow = [{ action: 'Allow' }];
    const spec = (fields: Fields) => parse('CalicoNetworkPolicy', { spec: fields }).spec;
    expect(spec({})).to.deep.equal({
      tier: 'default',
      selector: 'all()',
      types: ['Ingress'],
      ingress: [],
      egress: [],
    });
    expect(spec({ egress: allow }).types).to.deep.equal(['Egress']);
    expect(spec({ egress: allow, ingress: allow }).types).to.deep.equal(['Ingress', 'Egress']);
    expect(spec({ tier: 'platform', order: -1.5, selector: '' })).to.include({
      tier: 'platform',
      order: -1.5,
      selector: 'all()',
    });
  });

  it('read protocols by name and number, and ports by number, range and name', () => {
    const rule = {
      action: 'Log',
      protocol: '6',
      notProtocol: 'UDPLite',
      destination: { ports: [80, '81', '82:90', 'web'] },
    };
    expect(parse('GlobalNetworkPolicy', { spec: { ingress: [rule] } }).spec.ingress).to.deep.equal([
      {
        action: 'Log',
        protocol: 6,
        notProtocol: 136,
        source: anyEnd,
        destination: { ...anyEnd, ports: [port(80), port(81), port(82, 90), 'web'] },
      },
    ]);
  });

  it('read ICMP, HTTP, services, service accounts and global()', () => {
    const rule = {
      action: 'Allow',
      protocol: 'TCP',
      http: { methods: ['GET'], paths: [{ prefix: '/a' }] },
      source: { namespaceSelector: ' global() ', serviceAccounts: { names: ['a'], selector: 'has(b)' } },
    };
    const icmp = {
      action: 'Deny',
      protocol: 'ICMP',
      icmp: { type: 8, code: 0 },
      source: { services: { name: 's', namespace: 'n' } },
    };
    expect(parse('GlobalNetworkPolicy', { spec: { ingress: [rule, icmp] } }).spec.ingress).to.deep.equal([
      {
        action: 'Allow',
        protocol: 6,
        source: { ...anyEnd, namespaceSelector: 'global()', serviceAccounts: { names: ['a'], selector: 'has(b)' } },
        destination: anyEnd,
        http: { methods: ['GET'], paths: [{ prefix: '/a' }] },
      },
      {
        action: 'Deny',
        protocol: 1,
        icmp: { type: 8, code: 0 },
        source: { ...anyEnd, services: { name: 's', namespace: 'n' } },
        destination: anyEnd,
      },
    ]);
  });

  it('say where a rule is at fault', () => {
    const rules = (...ingress: readonly Fields[]) => specFaults('CalicoNetworkPolicy', { ingress });
    expect(rules({ action: 'allow' })).to.deep.equal(['spec.ingress[0].action']);
    expect(rules({ action: 'Allow' }, { action: 'Allow', source: { selector: 'a ==' } })).to.deep.equal([
      'spec.ingress[1].source.selector',
    ]);
    expect(rules({ action: 'Allow', source: { selector: `a == '${'x'.repeat(65_536)}'` } })).to.deep.equal([
      'spec.ingress[0].source.selector',
    ]);
    expect(rules({ action: 'Allow', destination: { nets: ['10.0.0.1/8', '10.0.0.1'] } })).to.deep.equal([
      'spec.ingress[0].destination.nets[0]',
      'spec.ingress[0].destination.nets[1]',
    ]);
    expect(rules({ action: 'Allow', destination: { ports: [0, '2:1', 'a b', 1e99] } })).to.deep.equal([
      'spec.ingress[0].destination.ports[0]',
      'spec.ingress[0].destination.ports[1]',
      'spec.ingress[0].destination.ports[2]',
      'spec.ingress[0].destination.ports[3]',
    ]);
  });

  it('are refused when staged for deletion with more than a tier', () => {
    expect(specOf('StagedNetworkPolicy', { stagedAction: 'Delete', tier: 't' })).to.include({
      stagedAction: 'Delete',
      tier: 't',
    });
    expect(specFaults('StagedNetworkPolicy', { stagedAction: 'Delete', order: 1 })).to.deep.equal(['spec.order']);
    expect(specFaults('StagedGlobalNetworkPolicy', { stagedAction: 'Delete', applyOnForward: true })).to.deep.equal([
      'spec.applyOnForward',
    ]);
    expect(specFaults('StagedKubernetesNetworkPolicy', { stagedAction: 'Delete', podSelector: {} })).to.deep.equal([]);
    expect(specOf('StagedKubernetesNetworkPolicy', { podSelector: {} })).to.include({ stagedAction: 'Set' });
  });
});
