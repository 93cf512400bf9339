import { expect } from 'chai';
import fc from 'fast-check';
import { parseResource } from '../resources/parse';
import { keyOfResource, type Resource, type ResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { formatObjectRef } from '../state';
import { DeclaredFeatures } from './declared-features';
import type { FeatureUse } from './feature-use';

const FLOATING = { 'cni.projectcalico.org/floatingIPs': '["172.30.0.200"]' };

const felix = (name: string, spec: object): Resource =>
  parseResource({ apiVersion: 'projectcalico.org/v3', kind: 'FelixConfiguration', metadata: { name }, spec });
const pod = (name: string, nodeName: string, annotations: object = {}, phase = 'Running'): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', annotations },
    spec: { nodeName },
    status: { phase, podIP: '10.0.0.1' },
  });
const node = (name: string, operatingSystem: string, architecture = 'amd64'): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { nodeInfo: { operatingSystem, architecture } },
  });
const slice = (name: string, service = 'web'): Resource =>
  parseResource({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
  });
const endpoints = (name: string, ip = '10.0.0.1'): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace: 'shop' },
    subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }],
  });
const service = (name: string, clusterIP: string): Resource =>
  parseResource({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { clusterIP, ports: [{ port: 80 }] },
  });
const installation = parseResource({
  apiVersion: 'operator.tigera.io/v1',
  kind: 'Installation',
  metadata: { name: 'default' },
  spec: {
    calicoNetwork: { bgp: 'Disabled', linuxDataplane: 'BPF', nodeAddressAutodetectionV4: { firstFound: false } },
  },
});

const put = (resource: Resource): ResourceChange => ({ op: 'put', resource });
const remove = (resource: Resource): ResourceChange => ({ op: 'remove', key: keyOfResource(resource) });

/** What is declared after all the batches, as `feature Kind name field`, with `without loss` where nothing is lost. */
function declaredAfter(...batches: readonly (readonly ResourceChange[])[]): readonly string[] {
  const features = new DeclaredFeatures('node-1');
  const declared = new Map<ResourceKey, readonly FeatureUse[]>();
  for (const batch of batches) for (const [key, uses] of features.apply(batch)) declared.set(key, uses);
  return [...declared.values()]
    .flat()
    .map(
      ({ feature, object, field, withoutLoss }) =>
        `${feature} ${formatObjectRef(object)} ${field}${withoutLoss === undefined ? '' : ' without loss'}`,
    )
    .sort();
}

describe('what a cluster asks of a node beyond the desired state', () => {
  it('is told by settings, by the fields that say it', () => {
    expect(declaredAfter([put(installation)])).to.deep.equal([
      'bgpDisabled Installation default spec.calicoNetwork.bgp',
      'nodeIpNotAutodetected Installation default spec.calicoNetwork.nodeAddressAutodetectionV4.firstFound',
    ]);
  });

  it('counts Wireguard and the choice of the dataplane while any pod of the cluster lives', () => {
    const wireguard = felix('default', { wireguardEnabled: true });
    const elsewhere = pod('web', 'node-2');
    const told = ['wireguardToggle FelixConfiguration default spec.wireguardEnabled'];
    expect(declaredAfter([put(wireguard)])).to.deep.equal([]);
    expect(declaredAfter([put(wireguard)], [put(elsewhere)])).to.deep.equal(told);
    expect(declaredAfter([put(elsewhere)], [put(wireguard)])).to.deep.equal(told);
    expect(declaredAfter([put(wireguard), put(elsewhere)], [put(pod('web', 'node-2', {}, 'Succeeded'))])).to.deep.equal(
      [],
    );
    expect(declaredAfter([put(wireguard), put(elsewhere)], [remove(elsewhere)])).to.deep.equal([]);
  });

  it('sees other nodes only for not running this dataplane', () => {
    const cluster = [put(node('windows-1', 'windows')), put(node('arm-1', 'linux', 'arm64'))];
    expect(declaredAfter(cluster)).to.deep.equal(['hybridCluster Node windows-1 status.nodeInfo.operatingSystem']);
    expect(declaredAfter(cluster, [put(node('node-1', 'linux', 'arm64'))])).to.include(
      'architectureArm64 Node node-1 status.nodeInfo.architecture',
    );
  });

  it('sees a node that is configured unlike the others, and no more once the others follow', () => {
    const unlike = put(felix('node.node-2', { bpfEnabled: false }));
    const others = put(felix('default', { bpfEnabled: true }));
    expect(declaredAfter([unlike], [others])).to.deep.equal([
      'hybridCluster FelixConfiguration node.node-2 spec.bpfEnabled',
    ]);
    expect(declaredAfter([unlike, others], [put(felix('default', { bpfEnabled: false }))])).to.deep.equal([]);
  });

  it('counts the floating addresses of local pods unless they are switched off', () => {
    const local = pod('mail', 'node-1', FLOATING);
    const field = 'metadata.annotations["cni.projectcalico.org/floatingIPs"]';
    expect(declaredAfter([put(pod('mail', 'node-2', FLOATING))])).to.deep.equal([]);
    expect(declaredAfter([put(local)])).to.deep.equal([`floatingIp Pod shop/mail ${field}`]);
    expect(declaredAfter([put(local)], [put(felix('default', { floatingIPs: 'Disabled' }))])).to.deep.equal([]);
    expect(declaredAfter([put(local)], [put(felix('default', { floatingIPs: 'Enabled' }))])).to.deep.equal([
      'floatingIp FelixConfiguration default spec.floatingIPs',
      `floatingIp Pod shop/mail ${field}`,
    ]);
  });

  it('asks nothing of pools that are disabled', () => {
    const pool = (disabled: boolean): Resource =>
      parseResource({
        apiVersion: 'projectcalico.org/v3',
        kind: 'IPPool',
        metadata: { name: 'six' },
        spec: { cidr: 'fd00:1::/64', disabled },
      });
    expect(declaredAfter([put(pool(false))])).to.deep.equal(['ipv6 IPPool six spec.cidr']);
    expect(declaredAfter([put(pool(false))], [put(pool(true))])).to.deep.equal([]);
  });

  it('touches one slice where one slice changes', () => {
    const features = new DeclaredFeatures('node-1');
    const slices = Array.from({ length: 100 }, (_, index) => slice(`s-${index}`));
    features.apply([...slices, pod('web', 'node-1')].map(put));
    const touched = features.apply([put(slice('s-7'))]);
    expect([...touched.keys()]).to.deep.equal(['EndpointSlice/shop/s-7']);
  });

  it('loses nothing of a slice while an Endpoints object holds its addresses, or its service is headless', () => {
    const lost = ['endpointSlices EndpointSlice shop/s kind'];
    const held = ['endpointSlices EndpointSlice shop/s kind without loss'];
    const there = [put(slice('s'))];
    expect(declaredAfter(there)).to.deep.equal(lost);
    expect(declaredAfter(there, [put(endpoints('web'))])).to.deep.equal(held);
    expect(declaredAfter([put(endpoints('web'))], there)).to.deep.equal(held);
    expect(declaredAfter(there, [put(endpoints('web'))], [put(endpoints('web', '10.0.0.2'))])).to.deep.equal(lost);
    expect(declaredAfter(there, [put(endpoints('web'))], [remove(endpoints('web'))])).to.deep.equal(lost);
    expect(declaredAfter(there, [put(endpoints('other'))])).to.deep.equal(lost);
    expect(declaredAfter(there, [put(service('web', 'None'))])).to.deep.equal(held);
    expect(declaredAfter(there, [put(service('web', 'None'))], [remove(service('web', 'None'))])).to.deep.equal(lost);
  });

  it('touches the slices of its own service where an Endpoints object comes or goes', () => {
    const features = new DeclaredFeatures('node-1');
    features.apply([slice('a'), slice('b'), slice('c', 'other')].map(put));
    const own = ['EndpointSlice/shop/a', 'EndpointSlice/shop/b'];
    expect([...features.apply([put(endpoints('web'))]).keys()]).to.deep.equal(own);
    expect([...features.apply([remove(endpoints('web'))]).keys()]).to.include.members(own);
    expect([...features.apply([put(endpoints('other'))]).keys()]).to.deep.equal(['EndpointSlice/shop/c']);
  });

  it('depends on what is there, not on the way it came', () => {
    const variants = [
      [installation],
      [felix('default', { wireguardEnabled: true }), felix('default', { floatingIPs: 'Disabled', bpfEnabled: true })],
      [felix('node.node-2', { bpfEnabled: false }), felix('node.node-2', { bpfEnabled: true, wireguardEnabled: true })],
      [node('node-2', 'linux')],
      [node('node-1', 'linux')],
      [pod('a', 'node-1', FLOATING), pod('a', 'node-2', FLOATING), pod('a', 'node-1', {}, 'Failed')],
      [pod('b', 'node-2')],
      [node('windows-1', 'windows'), node('windows-1', 'linux')],
      [slice('s'), slice('s', 'other')],
      [slice('t', 'other')],
      [endpoints('web'), endpoints('web', '10.0.0.2')],
      [endpoints('other')],
      [service('web', 'None'), service('web', '10.96.0.1')],
    ];
    const all = variants.flat();
    const change = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...all).map(put) },
      { weight: 1, arbitrary: fc.constantFrom(...all).map(remove) },
    );
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 10 }), (history) => {
        const last = new Map<ResourceKey, Resource>();
        for (const step of history.flat()) {
          if (step.op === 'remove') last.delete(step.key);
          else last.set(keyOfResource(step.resource), step.resource);
        }
        expect(declaredAfter(...history)).to.deep.equal(declaredAfter([...last.values()].map(put)));
      }),
      { numRuns: 500 },
    );
  });
});
