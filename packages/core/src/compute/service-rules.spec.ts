import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { DesiredStateStore, type ServicePort } from '../state';
import { ComputeGraph } from './graph';
import { CALICO_EBPF_RULES, type ServiceRules } from './service-rules';

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } },
};

describe('Rules by which services are read', () => {
  it('let partial hints count where the dataplane has it so, but not in topology mode Auto', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'z1' }] } },
      { addresses: ['10.0.0.2'], hints: { forNodes: [{ name: 'n1' }] } },
      { addresses: ['10.0.0.3'] },
    ];
    const used = (rules: Partial<ServiceRules>, mode: string) =>
      servicePort(rules, { mode }, endpoints).clusterEndpoints.map(({ address }) => address);
    const all = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    expect(used({}, 'Disabled')).to.deep.equal(all);
    expect(used(CALICO_EBPF_RULES, 'Disabled')).to.deep.equal(['10.0.0.2']);
    expect(used(CALICO_EBPF_RULES, 'Auto')).to.deep.equal(all);
  });

  it('let terminating endpoints stand in, or not', () => {
    const terminating = [{ addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } }];
    expect(servicePort({}, {}, terminating).hasEndpoints).to.equal(true);
    expect(servicePort({ usesTerminating: false }, {}, terminating).hasEndpoints).to.equal(false);
  });

  it('close external addresses to sources outside the ranges, or the load balancer’s only', () => {
    const spec = { externalIPs: ['192.0.2.9'], loadBalancerSourceRanges: ['198.51.100.0/24'] };
    const restricted = (rules: Partial<ServiceRules>) =>
      servicePort(rules, { spec }, []).frontends.flatMap(({ kind, sourceRanges }) => (sourceRanges ? [kind] : []));
    expect(restricted({})).to.deep.equal(['loadBalancerIp']);
    expect(restricted({ sourceRangesOn: 'externalIps' })).to.deep.equal(['externalIp', 'loadBalancerIp']);
  });

  it('leave addresses of proxying load balancers alone, or take all for the node’s', () => {
    const addresses = (rules: Partial<ServiceRules>) =>
      servicePort(rules, {}, []).frontends.flatMap(({ kind, address }) => (kind === 'loadBalancerIp' ? address : []));
    expect(addresses({})).to.deep.equal(['192.0.2.1']);
    expect(addresses({ honoursIpMode: false })).to.deep.equal(['192.0.2.1', '192.0.2.2']);
  });
});

function servicePort(
  serviceRules: Partial<ServiceRules>,
  { mode = 'Disabled', spec = {} }: { readonly mode?: string; readonly spec?: object },
  endpoints: readonly object[],
): ServicePort {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'ns', annotations: { 'service.kubernetes.io/topology-mode': mode } },
    spec: { type: 'LoadBalancer', clusterIP: '10.96.0.1', ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2', ipMode: 'Proxy' }] } },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's-1', namespace: 'ns', labels: { 'kubernetes.io/service-name': 's' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080 }],
    endpoints,
  };
  const store = new DesiredStateStore();
  const graph = new ComputeGraph({ nodeName: 'n1', serviceRules });
  const changes = [NODE, service, slice].map((manifest) => ({ op: 'put', resource: parseResource(manifest) }) as const);
  store.apply({ scope: 'full', changes: graph.apply(changes) });
  const [port] = store.services.values();
  if (port === undefined) throw new Error('no service port');
  return port;
}
