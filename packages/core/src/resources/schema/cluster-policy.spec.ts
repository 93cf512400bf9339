import { expect } from 'chai';
import { type Fields, specFaults, specOf } from '../testing/api-objects';

const port = (first: number, last = first) => ({ first, last });

describe('cluster-wide policies', () => {
  const subject = { namespaces: {} };
  const everything = { matchLabels: {}, matchExpressions: [] };

  it('read the rules of AdminNetworkPolicy', () => {
    const rule = {
      name: 'r',
      action: 'Pass',
      to: [{ networks: ['10.0.0.0/8'] }, { nodes: {} }, { domainNames: ['*.example.com'] }],
      ports: [{ portNumber: { protocol: 'UDP', port: 53 } }, { portRange: { protocol: 'TCP', start: 1, end: 2 } }],
    };
    expect(specOf('AdminNetworkPolicy', { priority: 5, subject, egress: [rule] })).to.deep.equal({
      priority: 5,
      subject: { kind: 'namespaces', namespaceSelector: everything },
      ingress: [],
      egress: [
        {
          name: 'r',
          action: 'Pass',
          peers: [
            { kind: 'networks', networks: ['10.0.0.0/8'] },
            { kind: 'nodes', nodeSelector: everything },
            { kind: 'domainNames', domainNames: ['*.example.com'] },
          ],
          ports: [
            { kind: 'numbers', protocol: 'UDP', protocolField: 'portNumber.protocol', ports: port(53) },
            { kind: 'numbers', protocol: 'TCP', protocolField: 'portRange.protocol', ports: port(1, 2) },
          ],
        },
      ],
    });
  });

  it('read the rules of ClusterNetworkPolicy, whose Accept is Allow', () => {
    const rule = {
      action: 'Accept',
      from: [{ pods: { podSelector: {} } }],
      protocols: [
        { tcp: { destinationPort: { number: 80 } } },
        { sctp: { destinationPort: { range: { start: 1, end: 9 } } } },
        { destinationNamedPort: 'web' },
      ],
    };
    expect(specOf('ClusterNetworkPolicy', { tier: 'Baseline', priority: 0, subject, ingress: [rule] })).to.deep.equal({
      tier: 'Baseline',
      priority: 0,
      subject: { kind: 'namespaces', namespaceSelector: everything },
      ingress: [
        {
          name: '',
          action: 'Allow',
          peers: [{ kind: 'pods', namespaceSelector: everything, podSelector: everything }],
          ports: [
            { kind: 'numbers', protocol: 'TCP', protocolField: 'tcp', ports: port(80) },
            { kind: 'numbers', protocol: 'SCTP', protocolField: 'sctp', ports: port(1, 9) },
            { kind: 'name', portName: 'web' },
          ],
        },
      ],
      egress: [],
    });
  });

  it('refuse what their API refuses', () => {
    const admin = (fields: Fields) => specFaults('AdminNetworkPolicy', { priority: 1, subject, ...fields });
    expect(admin({ priority: 1001 })).to.deep.equal(['spec.priority']);
    expect(admin({ subject: {} })).to.deep.equal(['spec.subject']);
    expect(admin({ subject: { namespaces: {}, pods: {} } })).to.deep.equal(['spec.subject']);
    expect(admin({ ingress: [{ action: 'Allow', from: [] }] })).to.deep.equal(['spec.ingress[0].from']);
    expect(admin({ ingress: [{ action: 'Allow', from: [{ networks: ['10.0.0.0/8'] }] }] })).to.deep.equal([
      'spec.ingress[0].from[0]',
    ]);
    expect(admin({ egress: [{ action: 'Allow', to: [{ nodes: {} }], ports: [{ namedPort: 'web' }] }] })).to.deep.equal([
      'spec.egress[0].ports[0]',
    ]);
    const baseline = (fields: Fields, name = 'default') =>
      specFaults('BaselineAdminNetworkPolicy', { subject, ...fields }, { name });
    expect(baseline({}, 'other')).to.deep.equal(['metadata.name']);
    expect(baseline({ ingress: [{ action: 'Pass', from: [{ namespaces: {} }] }] })).to.deep.equal([
      'spec.ingress[0].action',
    ]);
  });
});
