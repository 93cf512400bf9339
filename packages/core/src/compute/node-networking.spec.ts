import { expect } from 'chai';
import { type Route, SETTINGS_KEY, type WorkloadEndpoint } from '../state';
import {
  calico,
  computeState,
  inNamespace,
  type Manifest,
  NAMESPACE,
  node,
  pod,
  putManifest,
  withAnnotations,
} from '../testing/manifests';
import { ComputeGraph } from './graph';
import { poolKey, workloadKey } from './keys';

describe('Settings of the node', () => {
  const felix = (name: string, spec: object) => calico('FelixConfiguration', name, spec);
  const settingsOf = (...manifests: readonly Manifest[]) => computeState(manifests).settings.get(SETTINGS_KEY);

  it('closes tunnels to workloads, which hide what is sent in them, but for those that Felix allows', () => {
    const vxlan = { protocol: 17, port: 4789 };
    const ipip = { protocol: 4 };
    expect(settingsOf()?.closedToWorkloads).to.deep.equal([vxlan, ipip]);
    expect(settingsOf(felix('default', { vxlanPort: 4790 }))?.closedToWorkloads?.[0]).to.deep.equal({
      protocol: 17,
      port: 4790,
    });
    expect(settingsOf(felix('default', { allowVXLANPacketsFromWorkloads: true }))?.closedToWorkloads).to.deep.equal([
      ipip,
    ]);
    expect(settingsOf(felix('default', { allowIPIPPacketsFromWorkloads: true }))?.closedToWorkloads).to.deep.equal([
      vxlan,
    ]);
  });

  it('come from FelixConfiguration, the node’s own before the cluster’s, field by field', () => {
    const settings = settingsOf(
      felix('default', { defaultEndpointToHostAction: 'Accept', failsafeInboundHostPorts: [] }),
      felix('node.n1', { defaultEndpointToHostAction: 'Drop' }),
      felix('node.n2', { failsafeOutboundHostPorts: [] }),
    );
    expect(settings?.endpointToHostAction).to.equal('drop');
    expect(settings?.failsafeInbound).to.deep.equal([]);
    expect(settings?.failsafeOutbound).to.have.length(9);
  });

  it('read failsafe ports with their nets', () => {
    const port = { protocol: 'TCP', port: 22, net: '10.0.0.0/8' };
    const settings = settingsOf(felix('default', { failsafeInboundHostPorts: [port] }));
    expect(settings?.failsafeInbound).to.deep.equal([
      { protocol: 6, ports: { first: 22, last: 22 }, net: '10.0.0.0/8' },
    ]);
  });

  it('are the agent’s before any object’s', () => {
    const manifests = [felix('default', { defaultEndpointToHostAction: 'Accept' })];
    const state = computeState(manifests, { settings: { endpointToHostAction: 'drop' } });
    expect(state.settings.get(SETTINGS_KEY)?.endpointToHostAction).to.equal('drop');
  });

  it('keep announced service ranges from looping unless Felix is told not to', () => {
    const bgp = calico('BGPConfiguration', 'default', { serviceClusterIPs: [{ cidr: '10.96.0.0/16' }] });
    expect(settingsOf(bgp)?.serviceLoopPrevention).to.deep.equal({ action: 'drop', cidrs: ['10.96.0.0/16'] });
    const rejecting = felix('default', { serviceLoopPrevention: 'Reject' });
    expect(settingsOf(bgp, rejecting)?.serviceLoopPrevention?.action).to.equal('reject');
    const off = felix('default', { serviceLoopPrevention: 'Disabled' });
    expect(settingsOf(bgp, off)).to.not.have.property('serviceLoopPrevention');
  });

  it('say of BGP, Wireguard and address detection only what somebody wrote', () => {
    expect(settingsOf()).to.not.have.any.keys('isBgpEnabled', 'wireguardFamilies', 'autodetectedFamilies');
    const calicoNetwork = { bgp: 'Disabled', nodeAddressAutodetectionV4: {} };
    const installation = {
      ...calico('Installation', 'default', { calicoNetwork }),
      apiVersion: 'operator.tigera.io/v1',
    };
    const settings = settingsOf(installation, felix('default', { wireguardEnabled: true }));
    expect(settings).to.include({ isBgpEnabled: false });
    expect(settings?.wireguardFamilies).to.deep.equal([4]);
    expect(settings?.autodetectedFamilies).to.deep.equal([]);
  });
});

describe('Workload endpoints of Calico', () => {
  const endpoint = (spec: object): Manifest =>
    inNamespace(
      NAMESPACE,
      calico('WorkloadEndpoint', 'n1-k8s-a-eth0', {
        orchestrator: 'k8s',
        workload: 'a',
        pod: 'a',
        node: 'n1',
        endpoint: 'eth0',
        interfaceName: 'cali12345',
        ipNetworks: ['10.0.0.1/32'],
        profiles: ['kns.ns'],
        ...spec,
      }),
    );
  const workload = (...manifests: readonly Manifest[]): WorkloadEndpoint | undefined =>
    computeState(manifests).workloads.get(workloadKey(NAMESPACE, 'a'));

  it('name the interface of their pod', () => {
    expect(workload(pod('a', '10.0.0.9'), endpoint({}))).to.deep.include({
      interfaceName: 'cali12345',
      addresses: ['10.0.0.9'],
    });
  });

  it('stand for a pod that has no object', () => {
    expect(workload(endpoint({}))).to.deep.include({ addresses: ['10.0.0.1'], profiles: ['profile/kns.ns'] });
    expect(workload(endpoint({ node: 'n2' }))).to.equal(undefined);
  });

  it('leave a pod that they described before', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([putManifest(endpoint({}))]);
    const changes = graph.apply([putManifest(endpoint({ pod: 'b', workload: 'b' }))]);
    const workloads = changes.flatMap((change) =>
      change.op === 'put' && change.object.type === 'workload' ? [change.object.name] : [],
    );
    expect(workloads).to.deep.equal(['b']);
    expect(changes).to.deep.include({ op: 'remove', key: workloadKey(NAMESPACE, 'a') });
  });

  it('may use other sources and floating addresses only where Felix lets them', () => {
    const annotations = {
      'cni.projectcalico.org/allowedSourcePrefixes': '["198.51.100.0/24"]',
      'cni.projectcalico.org/floatingIPs': '["203.0.113.5", "nonsense", "2001:db8::5"]',
    };
    const annotated = withAnnotations(annotations, pod('a', '10.0.0.1'));
    const closed = workload(annotated);
    expect(closed?.allowedSources).to.deep.equal([]);
    expect(closed).to.not.have.property('floatingAddresses');
    const felix = calico('FelixConfiguration', 'default', { workloadSourceSpoofing: 'Any', floatingIPs: 'Enabled' });
    const open = workload(annotated, felix);
    expect(open?.allowedSources).to.deep.equal(['198.51.100.0/24']);
    expect(open?.floatingAddresses).to.deep.equal([{ address: '203.0.113.5', target: '10.0.0.1' }]);
  });

  it('take annotations that are no list of texts as none', () => {
    const felix = calico('FelixConfiguration', 'default', { workloadSourceSpoofing: 'Any' });
    for (const text of ['', '{', '{"a":1}', '[1]', '["10.0.0.0/99"]']) {
      const annotated = withAnnotations({ 'cni.projectcalico.org/allowedSourcePrefixes': text }, pod('a', '10.0.0.1'));
      expect(workload(annotated, felix)?.allowedSources, text).to.deep.equal([]);
    }
  });
});

describe('Routes and pools', () => {
  const routes = (...manifests: readonly Manifest[]): readonly string[] =>
    [...computeState(manifests).routes.values()].map(formatRoute);
  const pool = (spec: object) => calico('IPPool', 'pool', { cidr: '10.2.0.0/16', ...spec });
  const here = withAnnotations({ 'projectcalico.org/IPv4Address': '192.168.0.1/24' }, node('n1', '192.168.0.1'));

  it('lead to the node’s workloads and to other nodes’ pod ranges', () => {
    const there = node('n2', '192.168.0.2', { podCIDR: '10.2.2.0/24', podCIDRs: ['10.2.2.0/24'] });
    expect(routes(here, there, pod('a', '10.2.1.5'), pod('b', '10.2.2.5', { nodeName: 'n2' }))).to.have.members([
      '10.2.1.5/32 workload/ns/a',
      '10.2.2.0/24 node/n2 192.168.0.2 none',
    ]);
  });

  it('wrap packets to other nodes as the pool wants, across subnets only if it says so', () => {
    const near = node('n2', '192.168.0.2', { podCIDR: '10.2.2.0/24', podCIDRs: ['10.2.2.0/24'] });
    const far = node('n3', '172.16.0.3', { podCIDR: '10.2.3.0/24', podCIDRs: ['10.2.3.0/24'] });
    const encapsulations = (spec: object) =>
      routes(here, near, far, pool(spec)).map((route) => route.split(' ').at(-1));
    expect(encapsulations({})).to.deep.equal(['none', 'none']);
    expect(encapsulations({ vxlanMode: 'Always' })).to.deep.equal(['vxlan', 'vxlan']);
    expect(encapsulations({ ipipMode: 'CrossSubnet' })).to.deep.equal(['none', 'ipip']);
  });

  it('go to one workload where two have an address, and to the other when it is gone', () => {
    const graph = new ComputeGraph({ nodeName: 'n1' });
    graph.apply([pod('b', '10.0.0.1'), pod('a', '10.0.0.1')].map(putManifest));
    const [change] = graph
      .apply([putManifest(pod('a', undefined))])
      .filter((one) => one.op === 'put' && one.object.type === 'route');
    expect(change?.op === 'put' && change.object.type === 'route' && formatRoute(change.object)).to.equal(
      '10.0.0.1/32 workload/ns/b',
    );
  });

  it('say of a pool how it travels and whether it is masqueraded', () => {
    const state = computeState([pool({ vxlanMode: 'CrossSubnet', natOutgoing: true, disabled: true })]);
    expect(state.pools.get(poolKey('pool'))).to.deep.include({
      cidr: '10.2.0.0/16',
      encapsulation: 'vxlan',
      crossSubnetOnly: true,
      natOutgoing: true,
    });
  });
});

function formatRoute({ destination, target }: Route): string {
  if (target.kind === 'workload') return `${destination} ${target.workload}`;
  return `${destination} ${target.node} ${target.gateway} ${target.encapsulation}`;
}
