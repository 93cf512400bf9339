import { expect } from 'chai';
import { faults, parse } from '../testing/api-objects';

describe('EndpointSlice and Endpoints', () => {
  it('fills in conditions, serving too where it is not ready, and names its service', () => {
    const labels = { 'kubernetes.io/service-name': 'web' };
    const endpoints = [
      { addresses: ['10.0.0.1'] },
      { addresses: ['10.0.0.2'], conditions: { ready: false, terminating: true }, nodeName: 'n', zone: 'z' },
      { addresses: ['10.0.0.3'], hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n' }] } },
    ];
    const slice = parse(
      'EndpointSlice',
      { addressType: 'IPv4', endpoints, ports: [{ name: 'a', port: 80 }, {}] },
      { labels },
    );
    expect(slice.serviceName).to.equal('web');
    expect(slice.endpoints).to.deep.equal([
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false } },
      {
        addresses: ['10.0.0.2'],
        conditions: { ready: false, serving: true, terminating: true },
        nodeName: 'n',
        zone: 'z',
      },
      {
        addresses: ['10.0.0.3'],
        conditions: { ready: true, serving: true, terminating: false },
        forZones: ['z'],
        forNodes: ['n'],
      },
    ]);
    expect(slice.ports).to.deep.equal([
      { name: 'a', protocol: 'TCP', port: 80 },
      { name: '', protocol: 'TCP' },
    ]);
  });

  it('refuses addresses of another type, and passes over host names', () => {
    const endpoints = [{ addresses: ['fd00::1'] }];
    expect(faults('EndpointSlice', { addressType: 'IPv4', endpoints })).to.deep.equal(['endpoints[0].addresses[0]']);
    expect(faults('EndpointSlice', { addressType: 'IPv4', endpoints: [{ addresses: [] }] })).to.deep.equal([
      'endpoints[0].addresses',
    ]);
    expect(
      parse('EndpointSlice', { addressType: 'FQDN', endpoints: [{ addresses: ['a.b'] }] }).endpoints,
    ).to.deep.equal([]);
    expect(faults('EndpointSlice', {})).to.deep.equal(['addressType']);
  });

  it('reads the subsets of Endpoints', () => {
    const subsets = [
      { addresses: [{ ip: '10.0.0.1', nodeName: 'n' }], notReadyAddresses: null, ports: [{ port: 80 }] },
    ];
    expect(parse('Endpoints', { subsets }).subsets).to.deep.equal([
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'n' }],
        notReadyAddresses: [],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
      },
    ]);
    expect(faults('Endpoints', { subsets: [{ ports: [{ port: 1 }, { port: 2 }] }] })).to.deep.equal([
      'subsets[0].ports[0].name',
      'subsets[0].ports[1].name',
      'subsets[0].ports[1].name',
    ]);
  });
});
