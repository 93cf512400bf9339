import { expect } from 'chai';
import { parse, specFaults, specOf } from '../testing/api-objects';

describe('Service', () => {
  const ports = [{ port: 80 }];

  it('has the defaults that the API server gives', () => {
    expect(specOf('Service', { clusterIP: '10.96.0.1', ports })).to.deep.equal({
      type: 'ClusterIP',
      clusterIPs: ['10.96.0.1'],
      isHeadless: false,
      ipFamilies: [4],
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
      externalIPs: [],
      sessionAffinity: 'None',
      affinityTimeoutSeconds: 10_800,
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      publishNotReadyAddresses: false,
    });
  });

  it('reads numbers with leading zeros as decimal, as Kubernetes does with objects from before it was strict', () => {
    const spec = { clusterIP: '172.30.0.041', externalIPs: ['192.168.099.022'], ports };
    expect(specOf('Service', { ...spec, loadBalancerSourceRanges: ['203.0.113.000/025'] })).to.deep.include({
      clusterIPs: ['172.30.0.41'],
      externalIPs: ['192.168.99.22'],
      loadBalancerSourceRanges: ['203.0.113.0/25'],
    });
    for (const address of ['172.30.0.0256', '172.30.0.0x1', '172.30.00', '0', '']) {
      expect(specFaults('Service', { ...spec, externalIPs: [address] })).to.deep.equal(['spec.externalIPs[0]']);
    }
  });

  it('has no address when it is headless, not yet allocated or external', () => {
    for (const spec of [{ clusterIP: 'None' }, { clusterIPs: ['None'] }]) {
      expect(specOf('Service', { ...spec, ports })).to.deep.include({ clusterIPs: [], isHeadless: true });
    }
    for (const spec of [{}, { type: 'ExternalName', externalName: 'a.b' }]) {
      expect(specOf('Service', { ...spec, ports })).to.deep.include({ clusterIPs: [], isHeadless: false });
    }
  });

  it('takes both families, and refuses two addresses of one', () => {
    const dual = specOf('Service', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1', '10.96.0.1'], ports });
    expect(dual).to.deep.include({ clusterIPs: ['fd00::1', '10.96.0.1'], ipFamilies: [6, 4] });
    expect(specFaults('Service', { clusterIPs: ['10.0.0.1', '10.0.0.2'], ports })).to.deep.equal(['spec.clusterIPs']);
    expect(specFaults('Service', { clusterIP: '10.0.0.3', clusterIPs: ['10.0.0.1'], ports })).to.deep.equal([
      'spec.clusterIPs[0]',
    ]);
  });

  it('gives the addresses of its load balancer, VIP unless they say Proxy', () => {
    const ingress = [{ ip: '1.2.3.4' }, { hostname: 'lb.example' }, { ip: '1.2.3.5', ipMode: 'Proxy' }];
    const service = parse('Service', {
      spec: { type: 'LoadBalancer', ports },
      status: { loadBalancer: { ingress } },
    });
    expect(service.status.loadBalancer).to.deep.equal([
      { ip: '1.2.3.4', ipMode: 'VIP' },
      { ipMode: 'VIP' },
      { ip: '1.2.3.5', ipMode: 'Proxy' },
    ]);
  });

  it('refuses what its ports cannot be', () => {
    expect(specFaults('Service', {})).to.deep.equal(['spec.ports']);
    expect(specFaults('Service', { ports: [{ port: 80 }, { name: 'b', port: 81 }] })).to.deep.equal([
      'spec.ports[0].name',
    ]);
    expect(
      specFaults('Service', {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 80 },
        ],
      }),
    ).to.deep.equal(['spec.ports[1].name', 'spec.ports[1].port']);
    expect(specFaults('Service', { ports: [{ port: 65_536, protocol: 'ICMP' }] })).to.deep.equal([
      'spec.ports[0].protocol',
      'spec.ports[0].port',
    ]);
    expect(
      specFaults('Service', { ports, sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }),
    ).to.deep.equal(['spec.sessionAffinityConfig.clientIP.timeoutSeconds']);
    expect(specFaults('Service', { ports, externalIPs: ['10.0.0.1', 'name'] })).to.deep.equal(['spec.externalIPs[1]']);
    expect(specFaults('Service', { ports, loadBalancerSourceRanges: ['10.0.0.0/33'] })).to.deep.equal([
      'spec.loadBalancerSourceRanges[0]',
    ]);
  });
});
