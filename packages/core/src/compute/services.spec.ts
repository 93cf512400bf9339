import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { resourceKey } from '../resources/resource';
import { DesiredStateStore, type ServicePort } from '../state';
import { ComputeGraph } from './graph';

describe('Service ports', () => {
  it('are one a port and IP family, each with its cluster IP', () => {
    const ports = computed(
      service({
        clusterIPs: ['10.96.0.1', 'fd00::1'],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [
          { name: 'web', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      }),
    );
    expect(ports.map(({ key }) => key)).to.have.members([
      'service/ns/s/web/tcp/4',
      'service/ns/s/dns/udp/4',
      'service/ns/s/web/tcp/6',
      'service/ns/s/dns/udp/6',
    ]);
    const [six] = ports.filter(({ family, portName }) => family === 6 && portName === 'dns');
    expect(six?.frontends).to.deep.equal([
      { kind: 'clusterIp', address: 'fd00::1', port: 53, trafficPolicy: 'cluster' },
    ]);
    expect(six?.origin.field).to.equal('spec.ports[1]');
  });

  it('do not exist for headless and ExternalName services, nor for another proxy’s', () => {
    expect(computed(service({ clusterIP: 'None' }))).to.deep.equal([]);
    expect(
      computed(service({ type: 'ExternalName', externalName: 'example.com', clusterIP: undefined })),
    ).to.deep.equal([]);
    expect(computed(service({}, { 'service.kubernetes.io/service-proxy-name': 'other' }))).to.deep.equal([]);
  });

  it('answer on node ports, external IPs and load-balancer IPs, each under the external traffic policy', () => {
    const [port] = computed(
      service(
        {
          type: 'LoadBalancer',
          ports: [{ name: 'web', port: 80, nodePort: 30080 }],
          externalIPs: ['203.0.113.9', '2001:db8::9'],
          externalTrafficPolicy: 'Local',
          internalTrafficPolicy: 'Cluster',
          healthCheckNodePort: 31000,
          loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8::/32'],
          sessionAffinity: 'ClientIP',
        },
        {},
        {
          loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2', ipMode: 'Proxy' }, { ip: '2001:db8::1' }] },
        },
      ),
    );
    expect(port?.frontends).to.deep.equal([
      { kind: 'clusterIp', address: '10.96.0.1', port: 80, trafficPolicy: 'cluster' },
      { kind: 'externalIp', address: '203.0.113.9', port: 80, trafficPolicy: 'local' },
      {
        kind: 'loadBalancerIp',
        address: '192.0.2.1',
        port: 80,
        trafficPolicy: 'local',
        sourceRanges: ['198.51.100.0/24'],
      },
      { kind: 'nodePort', port: 30080, trafficPolicy: 'local' },
    ]);
    expect(port?.affinityTimeoutSeconds).to.equal(10_800);
    expect(port?.healthCheckNodePort).to.equal(31_000);
  });

  it('drop all load-balancer traffic of a family that has no source range', () => {
    const [port] = computed(
      service(
        { type: 'LoadBalancer', loadBalancerSourceRanges: ['2001:db8::/32'] },
        {},
        { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      ),
    );
    expect(port?.frontends.find(({ kind }) => kind === 'loadBalancerIp')?.sourceRanges).to.deep.equal([]);
  });

  it('cost a change of one slice nothing of the other services', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([service(), slice('a', '10.0.0.1')].map(put));
    const changes = graph.apply([put(slice('a', '10.0.0.2'))]);
    expect(changes).to.have.length(1);
    expect(graph.apply([put(slice('a', '10.0.0.2'))])).to.deep.equal([]);
  });

  it('take Endpoints of the service while it has no slice', () => {
    const endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 's', namespace: 'ns' },
      subsets: [
        {
          addresses: [{ ip: '10.0.0.7', nodeName: 'n1' }],
          notReadyAddresses: [{ ip: '10.0.0.8' }],
          ports: [{ name: 'web', port: 8080 }],
        },
      ],
    };
    const addresses = (...manifests: readonly unknown[]) =>
      computed(service(), ...manifests)[0]?.clusterEndpoints.map(({ address, isLocal }) => `${address} ${isLocal}`);
    expect(addresses(endpoints)).to.deep.equal(['10.0.0.7 true']);
    expect(addresses(endpoints, slice('a', '10.0.0.1'))).to.deep.equal(['10.0.0.1 false']);
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([service(), endpoints].map(put));
    const [change] = graph.apply([{ op: 'remove', key: resourceKey('Endpoints', 'ns', 's') }]);
    expect(change?.op === 'put' && change.object.type === 'service' && change.object.hasEndpoints).to.equal(false);
  });

  it('follow a slice that moves to another service', () => {
    const store = new DesiredStateStore();
    const graph = new ComputeGraph({ nodeName: 'n1' });
    store.apply({ scope: 'full', changes: graph.apply([service(), slice('a', '10.0.0.1')].map(put)) });
    expect(store.services.values().next().value?.hasEndpoints).to.equal(true);
    store.apply({ scope: 'delta', changes: graph.apply([put(slice('a', '10.0.0.1', 'other'))]) });
    expect(store.services.values().next().value?.hasEndpoints).to.equal(false);
  });
});

function put(manifest: unknown) {
  return { op: 'put', resource: parseResource(manifest) } as const;
}

function computed(...manifests: readonly unknown[]): readonly ServicePort[] {
  const store = new DesiredStateStore();
  store.apply({ scope: 'full', changes: new ComputeGraph({ nodeName: 'n1' }).apply(manifests.map(put)) });
  return [...store.services.values()];
}

function service(spec: object = {}, labels: object = {}, status: object = {}): unknown {
  const ports = [{ name: 'web', port: 80 }];
  const metadata = { name: 's', namespace: 'ns', labels };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports, ...spec },
    status,
  };
}

function slice(name: string, address: string, serviceName = 's'): unknown {
  const metadata = { name, namespace: 'ns', labels: { 'kubernetes.io/service-name': serviceName } };
  const ports = [{ name: 'web', port: 8080 }];
  const endpoints = [{ addresses: [address] }];
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', ports, endpoints };
}
