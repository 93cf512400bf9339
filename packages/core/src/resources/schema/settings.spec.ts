import { expect } from 'chai';
import { specFaults, specOf } from '../testing/api-objects';

const port = (first: number, last = first) => ({ first, last });

describe('sets, profiles and settings', () => {
  it('clear host bits and doubles of network sets', () => {
    expect(specOf('NetworkSet', { nets: ['10.0.0.1/8', '10.0.0.0/8', '1.2.3.4'] })).to.deep.equal({
      nets: ['10.0.0.0/8', '1.2.3.4/32'],
    });
    expect(specOf('GlobalNetworkSet', {})).to.deep.equal({ nets: [] });
  });

  it('keep apart what FelixConfiguration sets and what it leaves', () => {
    expect(specOf('FelixConfiguration', {})).to.deep.equal({});
    expect(
      specOf('FelixConfiguration', {
        defaultEndpointToHostAction: 'ACCEPT',
        failsafeInboundHostPorts: [
          { protocol: 'TCP', port: 22, net: '10.0.0.0/8' },
          { protocol: 'UDP', port: 0 },
        ],
        failsafeOutboundHostPorts: [],
        interfacePrefix: 'cali, tap',
        natPortRange: '32768:65535',
        bpfEnabled: false,
      }),
    ).to.deep.equal({
      defaultEndpointToHostAction: 'Accept',
      failsafeInboundHostPorts: [{ protocol: 6, port: 22, net: '10.0.0.0/8' }],
      failsafeOutboundHostPorts: [],
      interfacePrefix: ['cali', 'tap'],
      natPortRange: port(32_768, 65_535),
      bpfEnabled: false,
    });
    expect(specFaults('FelixConfiguration', { nodeSelector: 'all()' }, { name: 'node.a' })).to.deep.equal([
      'spec.nodeSelector',
    ]);
  });

  it('give an IP pool its modes, its block size and its uses', () => {
    expect(specOf('IPPool', { cidr: '10.0.0.0/16', vxlanMode: 'CrossSubnet' })).to.deep.equal({
      cidr: '10.0.0.0/16',
      ipipMode: 'Never',
      vxlanMode: 'CrossSubnet',
      natOutgoing: false,
      disabled: false,
      disableBGPExport: false,
      blockSize: 26,
      nodeSelector: 'all()',
      allowedUses: ['Workload', 'Tunnel'],
      assignmentMode: 'Automatic',
    });
  });

  it('read the pools and the address detection of an Installation', () => {
    const calicoNetwork = {
      bgp: 'Disabled',
      nodeAddressAutodetectionV4: { firstFound: false, cidrs: ['10.0.0.0/8'] },
      ipPools: [{ cidr: '10.0.0.0/16', encapsulation: 'VXLANCrossSubnet', natOutgoing: 'Disabled' }],
    };
    expect(specOf('Installation', { calicoNetwork })).to.deep.equal({
      calicoNetwork: {
        bgp: 'Disabled',
        nodeAddressAutodetectionV4: { firstFound: false, cidrs: ['10.0.0.0/8'] },
        ipPools: [
          {
            cidr: '10.0.0.0/16',
            ipipMode: 'Never',
            vxlanMode: 'CrossSubnet',
            natOutgoing: false,
            nodeSelector: 'all()',
          },
        ],
      },
    });
  });

  it('read BGP peers with their ports, and AS numbers in every form', () => {
    expect(specOf('BGPPeer', { peerIP: '[fd00::1]:179', asNumber: '1.10' })).to.deep.equal({
      peerIP: 'fd00::1',
      peerPort: 179,
      asNumber: 65_546,
    });
    expect(
      specOf('BGPConfiguration', { asNumber: 64_512, serviceClusterIPs: [{ cidr: '10.96.0.0/12' }] }),
    ).to.deep.equal({
      asNumber: 64_512,
      serviceClusterIPs: ['10.96.0.0/12'],
      serviceExternalIPs: [],
      serviceLoadBalancerIPs: [],
    });
    expect(specFaults('BGPPeer', { peerIP: '10.0.0.1', asNumber: 'x' })).to.deep.equal(['spec.asNumber']);
  });
});
