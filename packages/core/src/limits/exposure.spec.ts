import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { exposuresOf } from './exposure';

/** How a service of type LoadBalancer with these entries of `status.loadBalancer.ingress` is reached. */
function exposuresWith(ingress: readonly object[]): readonly string[] {
  const service = parseResource({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'LoadBalancer', clusterIP: '10.96.0.1', ports: [{ port: 80, nodePort: 30080 }] },
    status: { loadBalancer: { ingress } },
  });
  return service.kind === 'Service' ? exposuresOf(service) : [];
}

describe('how a service is reached from outside', () => {
  it('is by the address of its load balancer, which it will get if it has none yet', () => {
    expect(exposuresWith([])).to.deep.equal(['nodePort', 'external']);
    expect(exposuresWith([{ hostname: 'lb.example' }, { ip: '192.0.2.1' }])).to.deep.equal(['nodePort', 'external']);
  });

  it('is by node ports alone where the load balancer is known by a host name only, or proxies', () => {
    expect(exposuresWith([{ hostname: 'lb.example' }])).to.deep.equal(['nodePort']);
    expect(exposuresWith([{ ip: '192.0.2.1', ipMode: 'Proxy' }])).to.deep.equal(['nodePort']);
  });
});
