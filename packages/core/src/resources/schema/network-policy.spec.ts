import { expect } from 'chai';
import { type Fields, parse, specFaults } from '../testing/api-objects';

const port = (first: number, last = first) => ({ first, last });

describe('NetworkPolicy', () => {
  it('infers its types', () => {
    const types = (spec: Fields) => parse('NetworkPolicy', { spec }).spec.policyTypes;
    expect(types({})).to.deep.equal(['Ingress']);
    expect(types({ egress: [{}] })).to.deep.equal(['Ingress', 'Egress']);
    expect(types({ egress: [{}], policyTypes: ['Egress'] })).to.deep.equal(['Egress']);
  });

  it('reads peers and ports', () => {
    const ingress = [
      {
        from: [{ podSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
        ports: [{ port: 80 }, { port: 80, endPort: 90, protocol: 'UDP' }, { port: 'web' }, {}],
      },
    ];
    expect(parse('NetworkPolicy', { spec: { podSelector: {}, ingress } }).spec.ingress).to.deep.equal([
      {
        peers: [
          { podSelector: { matchLabels: {}, matchExpressions: [] } },
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
        ],
        ports: [
          { protocol: 'TCP', port: port(80) },
          { protocol: 'UDP', port: port(80, 90) },
          { protocol: 'TCP', port: 'web' },
          { protocol: 'TCP' },
        ],
      },
    ]);
  });

  it('refuses what the API server refuses', () => {
    const peer = (from: Fields) => specFaults('NetworkPolicy', { ingress: [{ from: [from] }] });
    expect(peer({})).to.deep.equal(['spec.ingress[0].from[0]']);
    expect(peer({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} })).to.deep.equal([
      'spec.ingress[0].from[0].ipBlock',
    ]);
    expect(peer({ ipBlock: { cidr: '10.0.0.1' } })).to.deep.equal(['spec.ingress[0].from[0].ipBlock.cidr']);
    expect(peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8'] } })).to.deep.equal([
      'spec.ingress[0].from[0].ipBlock.except[0]',
      'spec.ingress[0].from[0].ipBlock.except[1]',
    ]);
    const selects = (expression: Fields) => peer({ podSelector: { matchExpressions: [expression] } });
    const field = 'spec.ingress[0].from[0].podSelector.matchExpressions[0]';
    expect(selects({ key: 'a b', operator: 'Exists' })).to.deep.equal([`${field}.key`]);
    expect(selects({ key: 'a', operator: 'Exists', values: ['x'] })).to.deep.equal([`${field}.values`]);
    expect(selects({ key: 'a', operator: 'In' })).to.deep.equal([`${field}.values`]);
    expect(selects({ key: 'a', operator: 'NotIn', values: ['x y'] })).to.deep.equal([`${field}.values[0]`]);
    const rulePort = (fields: Fields) => specFaults('NetworkPolicy', { egress: [{ ports: [fields] }] });
    expect(rulePort({ port: 'web', endPort: 90 })).to.deep.equal(['spec.egress[0].ports[0].endPort']);
    expect(rulePort({ port: 90, endPort: 80 })).to.deep.equal(['spec.egress[0].ports[0].endPort']);
    expect(rulePort({ port: '80' })).to.deep.equal(['spec.egress[0].ports[0].port']);
    expect(rulePort({ port: 80, protocol: 'tcp' })).to.deep.equal(['spec.egress[0].ports[0].protocol']);
    expect(specFaults('NetworkPolicy', { policyTypes: ['Ingress', 'Ingress'] })).to.deep.equal(['spec.policyTypes[1]']);
  });
});
