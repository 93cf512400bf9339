import { expect } from 'chai';
import { type Fields, faults, parse } from '../testing/api-objects';

describe('Node', () => {
  it('gives its internal and external addresses, each once, and its pod ranges', () => {
    const addresses = [
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'Hostname', address: 'node' },
      { type: 'ExternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: 'FD00::1' },
    ];
    const node = parse('Node', { spec: { podCIDR: '10.1.0.0/24' }, status: { addresses } });
    expect(node.spec.podCIDRs).to.deep.equal(['10.1.0.0/24']);
    expect(node.status.addresses).to.deep.equal([
      { type: 'InternalIP', address: '10.0.0.1', index: 0 },
      { type: 'ExternalIP', address: 'fd00::1', index: 3 },
    ]);
    expect(faults('Node', { status: { addresses: [{ type: 'InternalIP', address: 'node' }] } })).to.deep.equal([
      'status.addresses[0].address',
    ]);
  });
});

describe('Pod', () => {
  it('gives the ports of containers and sidecars, not of other init containers', () => {
    const ports = (containerPort: number) => [{ containerPort }];
    const spec = {
      containers: [{ ports: ports(80) }, {}],
      initContainers: [{ ports: ports(81) }, { ports: ports(82), restartPolicy: 'Always' }],
    };
    expect(parse('Pod', { spec }).spec.ports).to.deep.equal([
      { containerPort: 80, protocol: 'TCP' },
      { containerPort: 82, protocol: 'TCP' },
    ]);
  });

  it('takes podIPs, or podIP alone, one address of a family', () => {
    const ips = (status: Fields) => parse('Pod', { status }).status.podIPs;
    expect(ips({ podIP: '10.0.0.1' })).to.deep.equal(['10.0.0.1']);
    expect(ips({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] })).to.deep.equal([
      '10.0.0.1',
      'fd00::1',
    ]);
    expect(ips({ podIP: '', podIPs: [] })).to.deep.equal([]);
    expect(faults('Pod', { status: { podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.1' }] } })).to.deep.equal([
      'status.podIPs[0]',
    ]);
    expect(faults('Pod', { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] } })).to.deep.equal([
      'status.podIPs',
    ]);
    expect(faults('Pod', { status: { podIPs: [{ ip: '10.0.0.01' }] } })).to.deep.equal(['status.podIPs[0].ip']);
  });

  it('has a service account, a phase and no host network unless it says so', () => {
    expect(parse('Pod', {})).to.deep.include({
      spec: { hostNetwork: false, serviceAccountName: 'default', ports: [] },
      status: { podIPs: [], phase: 'Pending' },
    });
    expect(
      faults('Pod', { spec: { containers: [{ ports: [{ name: 'UPPER', containerPort: '80' }] }] } }),
    ).to.deep.equal(['spec.containers[0].ports[0].name', 'spec.containers[0].ports[0].containerPort']);
  });
});
