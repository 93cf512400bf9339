import { expect } from 'chai';
import { loadManifests } from '../resources/load';
import { clusterFeatures } from './cluster-features';
import { ClusterIndex } from './cluster-index';

/** `feature Kind name field`, of everything that the manifests ask for. */
function uses(...documents: readonly string[]): readonly string[] {
  const { resources, problems } = loadManifests(documents.join('\n---\n'), 'cluster.yaml');
  expect(problems).to.deep.equal([]);
  const cluster = new ClusterIndex(resources.map(({ resource }) => resource));
  return clusterFeatures(cluster).map(
    ({ feature, object, field }) => `${feature} ${object.kind} ${object.name} ${field}`,
  );
}

const calico = (kind: string, name: string, spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}`;
const felix = (name: string, spec: string) => calico('FelixConfiguration', name, spec);
const installation = (calicoNetwork: string) =>
  `{apiVersion: operator.tigera.io/v1, kind: Installation, metadata: {name: default}, spec: {calicoNetwork: ${calicoNetwork}}}`;
const node = (labels: string, nodeInfo = '{}') =>
  `{apiVersion: v1, kind: Node, metadata: {name: node, labels: ${labels}}, status: {nodeInfo: ${nodeInfo}}}`;
const POD =
  '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: node}, status: {phase: Running, podIP: 10.0.0.1}}';

describe('what a cluster needs of a dataplane', () => {
  it('is nothing where nobody wrote a setting', () => {
    expect(uses(installation('{}'), felix('default', '{}'), node('{}'), POD)).to.deep.equal([]);
  });

  it('is named by the very rule of a policy', () => {
    const rules =
      '[{action: Allow}, {action: Log}, {action: Deny, protocol: SCTP}, {action: Allow, notProtocol: SCTP}]';
    expect(uses(calico('GlobalNetworkPolicy', 'g', `{types: [Egress], egress: ${rules}}`))).to.deep.equal([
      'logAction GlobalNetworkPolicy g spec.egress[1].action',
      'sctpPolicy GlobalNetworkPolicy g spec.egress[2].protocol',
      'sctpPolicy GlobalNetworkPolicy g spec.egress[3].notProtocol',
    ]);
  });

  it('is nothing for a staged policy, which is not enforced', () => {
    expect(
      uses(calico('StagedGlobalNetworkPolicy', 'g', '{types: [Ingress], ingress: [{action: Log}]}')),
    ).to.deep.equal([]);
  });

  it('is named wherever IPv6 is written', () => {
    const ranges = '{destination: {notNets: [2001:db8::/32]}, action: Allow}';
    expect(
      uses(
        calico('GlobalNetworkPolicy', 'g', `{types: [Ingress], ingress: [${ranges}, {action: Allow, ipVersion: 6}]}`),
        calico('GlobalNetworkSet', 's', '{nets: [10.0.0.0/8, 2001:db8::/32]}'),
        calico('IPPool', 'pool', '{cidr: 2001:db8::/64}'),
        calico('IPPool', 'unused', '{cidr: 2001:db8:1::/64, disabled: true}'),
        installation(
          '{nodeAddressAutodetectionV6: {firstFound: true}, ipPools: [{cidr: 10.0.0.0/16}, {cidr: 2001:db8::/64}]}',
        ),
        '{apiVersion: v1, kind: Service, metadata: {name: waiting}, spec: {ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}}',
        '{apiVersion: v1, kind: Pod, metadata: {name: six}, status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}, {ip: 2001:db8::2}]}}',
      ),
    ).to.deep.equal([
      'ipv6 GlobalNetworkPolicy g spec.ingress[0].destination.notNets[0]',
      'ipv6 GlobalNetworkPolicy g spec.ingress[1].ipVersion',
      'ipv6 GlobalNetworkSet s spec.nets[1]',
      'ipv6 IPPool pool spec.cidr',
      'ipv6 Installation default spec.calicoNetwork.nodeAddressAutodetectionV6',
      'ipv6 Installation default spec.calicoNetwork.ipPools[1].cidr',
      'ipv6 Service waiting spec.ipFamilies[1]',
      'ipv6 Pod six status.podIPs[1].ip',
    ]);
  });

  it('is nothing of the rules of a direction that a policy’s types leave out', () => {
    expect(
      uses(
        calico('GlobalNetworkPolicy', 'g', '{types: [Ingress], egress: [{action: Log}]}'),
        '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{protocol: SCTP}]}]}}',
      ),
    ).to.deep.equal([]);
  });

  it('is none of IPv6 where a rule speaks of everything but ICMPv6', () => {
    expect(
      uses(
        calico(
          'GlobalNetworkPolicy',
          'g',
          '{ingress: [{action: Allow, notProtocol: ICMPv6}, {action: Allow, protocol: 58}]}',
        ),
      ),
    ).to.deep.equal(['ipv6 GlobalNetworkPolicy g spec.ingress[1].protocol']);
  });

  it('is named by the very address of a node, and of a workload', () => {
    const addresses =
      '[{type: Hostname, address: node}, {type: InternalIP, address: 192.0.2.1}, {type: InternalIP, address: 2001:db8::1}]';
    const nat = (last: number) => `{internalIP: 10.0.0.1, externalIP: 192.0.2.${last}}`;
    expect(
      uses(
        `{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: ${addresses}}}`,
        calico(
          'WorkloadEndpoint',
          'node-k8s-p-eth0',
          `{orchestrator: k8s, node: node, pod: p, endpoint: eth0, interfaceName: cali1, ipNetworks: [10.0.0.1/32], ipNATs: [${nat(1)}, ${nat(2)}]}`,
        ),
      ),
    ).to.deep.equal([
      'ipv6 Node node status.addresses[2].address',
      'floatingIp WorkloadEndpoint node-k8s-p-eth0 spec.ipNATs[0]',
      'floatingIp WorkloadEndpoint node-k8s-p-eth0 spec.ipNATs[1]',
    ]);
  });

  it('is named by the very address of a load balancer, whatever else it is known by', () => {
    const ingress = '[{hostname: lb.example}, {ip: 192.0.2.1}, {ip: 2001:db8::1}]';
    expect(
      uses(
        `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: LoadBalancer, ports: [{port: 80}]}, status: {loadBalancer: {ingress: ${ingress}}}}`,
      ),
    ).to.deep.equal(['ipv6 Service s status.loadBalancer.ingress[2].ip']);
  });

  it('is IPv6 where a service requires both families, whatever addresses it has', () => {
    const service = (spec: string) =>
      `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {${spec}, ports: [{port: 80}]}}`;
    expect(uses(service('ipFamilyPolicy: RequireDualStack'))).to.deep.equal(['ipv6 Service s spec.ipFamilyPolicy']);
    expect(uses(service('ipFamilyPolicy: PreferDualStack'))).to.deep.equal([]);
    expect(uses(service('ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6]'))).to.deep.equal([
      'ipv6 Service s spec.ipFamilies[1]',
    ]);
  });

  it('is nothing for a headless service, of which no dataplane translates anything', () => {
    const service = (clusterIP: string) =>
      `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {${clusterIP}ipFamilies: [IPv6], sessionAffinity: ClientIP, ports: [{port: 80, protocol: SCTP}]}}`;
    expect(uses(service(''))).to.have.length(3);
    expect(uses(service('clusterIP: None, '))).to.deep.equal([]);
  });

  it('takes a node’s own word for its machine before its labels', () => {
    expect(uses(node('{kubernetes.io/arch: arm64}'))).to.deep.equal([
      'architectureArm64 Node node metadata.labels["kubernetes.io/arch"]',
    ]);
    expect(uses(node('{kubernetes.io/arch: arm64}', '{architecture: amd64}'))).to.deep.equal([]);
    expect(uses(node('{kubernetes.io/os: windows, kubernetes.io/arch: arm64}'))).to.deep.equal([
      'hybridCluster Node node metadata.labels["kubernetes.io/os"]',
    ]);
  });

  it('tells arm64 from architectures that no dataplane has learnt since', () => {
    for (const architecture of ['s390x', 'ppc64le', '386']) {
      expect(uses(node('{}', `{architecture: '${architecture}'}`))).to.deep.equal([
        'architectureOther Node node status.nodeInfo.architecture',
      ]);
    }
    expect(uses(node('{}', '{architecture: arm64}'))).to.deep.equal([
      'architectureArm64 Node node status.nodeInfo.architecture',
    ]);
  });

  it('sees a hybrid cluster where one node is configured unlike the others', () => {
    expect(uses(felix('default', '{bpfEnabled: true}'), felix('node.n', '{bpfEnabled: false}'))).to.deep.equal([
      'hybridCluster FelixConfiguration node.n spec.bpfEnabled',
    ]);
    expect(uses(felix('default', '{bpfEnabled: true}'), felix('node.n', '{bpfEnabled: true}'))).to.deep.equal([]);
  });

  it('sees none where all nodes that are known come to one dataplane', () => {
    const linux = (name: string) => `{apiVersion: v1, kind: Node, metadata: {name: ${name}}}`;
    const on = (name: string) => felix(`node.${name}`, '{bpfEnabled: true}');
    expect(uses(on('a'), on('b'), linux('a'), linux('b'))).to.deep.equal([]);
    const found = ['hybridCluster FelixConfiguration node.a spec.bpfEnabled'];
    expect(uses(on('a'), linux('a'), linux('b'))).to.deep.equal(found);
    expect(uses(on('a'))).to.deep.equal(found);
    expect(uses(on('a'), felix('node.b', '{bpfEnabled: false}'), linux('a'))).to.deep.equal(found);
  });

  it('takes the dataplane of an Installation for the cluster’s where no default FelixConfiguration has one', () => {
    const ebpf = installation('{linuxDataplane: BPF}');
    expect(uses(ebpf, felix('node.n', '{bpfEnabled: true}'))).to.deep.equal([]);
    expect(uses(ebpf, felix('node.n', '{bpfEnabled: false}'))).to.deep.equal([
      'hybridCluster FelixConfiguration node.n spec.bpfEnabled',
    ]);
    expect(uses(ebpf, felix('default', '{bpfEnabled: false}'), felix('node.n', '{bpfEnabled: false}'))).to.deep.equal(
      [],
    );
  });

  it('minds Wireguard that only one node has, whether pods run or not', () => {
    const own = felix('node.n', '{wireguardEnabled: true}');
    expect(uses(own)).to.deep.equal(['wireguardToggle FelixConfiguration node.n spec.wireguardEnabled']);
    expect(uses(felix('default', '{wireguardEnabled: true}'), own)).to.deep.equal([]);
  });

  it('asks for autodetection only of who switched it off', () => {
    const v4 = (spec: string) => uses(installation(`{nodeAddressAutodetectionV4: ${spec}}`));
    expect(v4('{firstFound: true}')).to.deep.equal([]);
    expect(v4('{firstFound: false, interface: eth0}')).to.deep.equal([]);
    expect(v4('{cidrs: [10.0.0.0/8]}')).to.deep.equal([]);
    const field = 'spec.calicoNetwork.nodeAddressAutodetectionV4';
    expect(v4('{}')).to.deep.equal([`nodeIpNotAutodetected Installation default ${field}`]);
    expect(v4('{firstFound: false}')).to.deep.equal([`nodeIpNotAutodetected Installation default ${field}.firstFound`]);
  });

  it('is nothing for a pod that has ended', () => {
    const ended = (phase: string) =>
      `{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {cni.projectcalico.org/floatingIPs: '["192.0.2.1"]'}}, status: {phase: ${phase}, podIP: 2001:db8::2}}`;
    expect(uses(ended('Running'))).to.have.length(2);
    expect(uses(ended('Succeeded'))).to.deep.equal([]);
    expect(uses(ended('Failed'))).to.deep.equal([]);
  });

  it('minds Wireguard and the choice of the dataplane only where pods run', () => {
    const settings = felix('default', '{wireguardEnabled: true, bpfEnabled: true}');
    expect(uses(settings)).to.deep.equal([]);
    expect(uses(settings, POD)).to.deep.equal([
      'wireguardToggle FelixConfiguration default spec.wireguardEnabled',
      'takeOverOfConnections FelixConfiguration default spec.bpfEnabled',
      'undisturbedDisabling FelixConfiguration default spec.bpfEnabled',
    ]);
    expect(uses(settings, POD.replace('nodeName: node', 'nodeName: node, hostNetwork: true'))).to.deep.equal([]);
    expect(uses(felix('default', '{wireguardEnabled: false}'), POD)).to.deep.equal([]);
  });

  it('wants a pod’s floating IPs unless they are switched off', () => {
    const floating = (list: string) =>
      `{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {cni.projectcalico.org/floatingIPs: '${list}'}}}`;
    const use = 'floatingIp Pod p metadata.annotations["cni.projectcalico.org/floatingIPs"]';
    expect(uses(floating('["192.0.2.1"]'))).to.deep.equal([use]);
    expect(uses(floating('[]'))).to.deep.equal([]);
    expect(uses(floating('no list'))).to.deep.equal([]);
    expect(uses(floating('["192.0.2.1"]'), felix('default', '{floatingIPs: Disabled}'))).to.deep.equal([]);
  });
});
