/** Random resources of every kind, of few names and values so that they meet. Holds no test of its own. */
import fc from 'fast-check';
import { parseResource } from '../resources/parse';
import type { Resource } from '../resources/resource';

/** The node whose desired state is computed. */
export const NODE = 'n1';

const names = fc.constantFrom('a', 'b');
const namespaces = fc.constantFrom('red', 'blue');
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('web', 'db'));
const nodes = fc.constantFrom(NODE, 'n2');
const kubernetesSelectors = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc.constant({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] }),
);
const policyPorts = fc.array(
  fc.constantFrom(
    { port: 80 },
    { port: 81, endPort: 90 },
    { port: 'http' },
    { protocol: 'UDP', port: 53 },
    { protocol: 'UDP' },
  ),
  { maxLength: 2 },
);
const peers = fc.array(
  fc.oneof(
    fc.record({ podSelector: kubernetesSelectors }),
    fc.record({ namespaceSelector: kubernetesSelectors }),
    fc.record({ podSelector: kubernetesSelectors, namespaceSelector: kubernetesSelectors }),
    fc.constant({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }),
  ),
  { maxLength: 2 },
);
const calicoSelectors = fc.constantFrom(
  'all()',
  'app == "web"',
  'has(tier) && app != "db"',
  'projectcalico.org/namespace == "red"',
  '!has(projectcalico.org/namespace)',
);
const calicoEnds = fc.record(
  {
    selector: calicoSelectors,
    notSelector: calicoSelectors,
    namespaceSelector: fc.constantFrom('all()', 'global()', 'stage == "prod"', 'projectcalico.org/name == "red"'),
    nets: fc.constant(['10.0.0.0/8']),
    serviceAccounts: fc.constantFrom({ names: ['default'] }, { selector: 'all()' }),
  },
  { requiredKeys: [] },
);
const calicoRule = fc
  .record({
    action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'),
    source: calicoEnds,
    destination: calicoEnds,
    ports: fc.constantFrom([], [80], ['http'], ['http', 8080]),
  })
  .map(({ action, source, destination, ports }): unknown => ({
    action,
    protocol: 'TCP',
    source,
    destination: ports.length === 0 ? destination : { ...destination, ports },
  }));
/** A service may be the source on ingress, the destination on egress. */
const rulesWithServices = (end: 'source' | 'destination') =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: calicoRule },
      {
        weight: 1,
        arbitrary: fc
          .record({ name: names, namespace: namespaces })
          .map((services): unknown => ({ action: 'Allow', [end]: { services } })),
      },
    ),
    { maxLength: 2 },
  );
const calicoTypes: fc.Arbitrary<readonly string[]> = fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']);
const tierNames = fc.constantFrom('default', 'secure');
const orders = fc.constantFrom(undefined, 1, 2);
const CALICO = 'projectcalico.org/v3';

const pods: fc.Arbitrary<unknown> = fc
  .record({
    name: names,
    namespace: namespaces,
    own: labels,
    nodeName: nodes,
    podIP: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.1.0.3', undefined),
    phase: fc.constantFrom('Running', 'Running', 'Pending', 'Succeeded'),
    hostNetwork: fc.constantFrom(false, false, false, true),
    containerPort: fc.constantFrom(80, 8080),
  })
  .map(({ name, namespace, own, nodeName, podIP, phase, hostNetwork, containerPort }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: own },
    spec: {
      nodeName,
      hostNetwork,
      containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort }] }],
    },
    status: { phase, ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }) },
  }));
const rawResources: fc.Arbitrary<unknown> = fc.oneof(
  fc
    .tuple(nodes, fc.constantFrom('192.168.0.1', '192.168.0.2'), fc.constantFrom('z1', 'z2'))
    .map(([name, address, zone]) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
      status: { addresses: [{ type: 'InternalIP', address }] },
    })),
  fc.tuple(namespaces, fc.constantFrom({}, { stage: 'prod' }, { stage: 'test', app: 'web' })).map(([name, own]) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: own },
  })),
  pods,
  pods,
  pods,
  fc
    .record({
      name: names,
      namespace: namespaces,
      type: fc.constantFrom('ClusterIP', 'NodePort'),
      local: fc.boolean(),
      headless: fc.constantFrom(false, false, true),
    })
    .map(({ name, namespace, type, local, headless }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        type: headless ? 'ClusterIP' : type,
        clusterIP: headless ? 'None' : '10.96.0.1',
        ports: [{ name: 'web', port: 80, ...(type === 'NodePort' && !headless && { nodePort: 30080 }) }],
        ...(local && type === 'NodePort' && !headless && { externalTrafficPolicy: 'Local' }),
      },
    })),
  fc
    .record({
      name: names,
      namespace: namespaces,
      service: names,
      endpoints: fc.array(
        fc.record({
          address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
          ready: fc.boolean(),
          terminating: fc.boolean(),
          nodeName: nodes,
          zone: fc.constantFrom(undefined, 'z1', 'z2'),
        }),
        { maxLength: 4 },
      ),
    })
    .map(({ name, namespace, service, endpoints }) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports: [{ name: 'web', port: 8080 }],
      endpoints: endpoints.map(({ address, ready, terminating, nodeName, zone }) => ({
        addresses: [address],
        conditions: { ready: ready && !terminating, serving: ready, terminating },
        nodeName,
        ...(zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
      })),
    })),
  fc
    .record({
      name: names,
      namespace: namespaces,
      podSelector: kubernetesSelectors,
      from: peers,
      to: peers,
      ports: policyPorts,
      policyTypes: calicoTypes,
    })
    .map(({ name, namespace, podSelector, from, to, ports, policyTypes }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec: { podSelector, policyTypes, ingress: [{ from, ports }], egress: [{ to, ports }] },
    })),
  fc
    .record({
      name: names,
      namespace: fc.option(namespaces, { nil: undefined }),
      tier: tierNames,
      order: orders,
      selector: calicoSelectors,
      types: calicoTypes,
      ingress: rulesWithServices('source'),
      egress: rulesWithServices('destination'),
    })
    .map(({ name, namespace, tier, order, selector, types, ingress, egress }) => ({
      apiVersion: CALICO,
      kind: namespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
      metadata: { name: `${tier}.${name}`, ...(namespace !== undefined && { namespace }) },
      spec: {
        tier,
        ...(order !== undefined && { order }),
        selector,
        types,
        ...(types.includes('Ingress') && { ingress }),
        ...(types.includes('Egress') && { egress }),
      },
    })),
  fc.tuple(names, fc.constantFrom('preDNAT', 'doNotTrack', 'applyOnForward')).map(([name, flag]) => ({
    apiVersion: CALICO,
    kind: 'GlobalNetworkPolicy',
    metadata: { name: `default.host-${name}` },
    spec: {
      selector: 'has(host)',
      order: 5,
      types: ['Ingress'],
      applyOnForward: true,
      [flag]: true,
      ingress: [{ action: 'Deny' }],
    },
  })),
  fc.tuple(fc.constantFrom('secure'), orders, fc.constantFrom('Pass', 'Deny')).map(([name, order, defaultAction]) => ({
    apiVersion: CALICO,
    kind: 'Tier',
    metadata: { name },
    spec: { defaultAction, ...(order !== undefined && { order }) },
  })),
  fc
    .record({ name: names, node: nodes, own: fc.constantFrom({ host: 'x' }, { app: 'web' }) })
    .map(({ name, node, own }) => ({
      apiVersion: CALICO,
      kind: 'HostEndpoint',
      metadata: { name, labels: own },
      spec: {
        node,
        interfaceName: 'eth0',
        expectedIPs: ['192.168.0.1'],
        ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      },
    })),
);

/** The kinds beside those above; each touches an object of another kind in some way. */
const furtherResources: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ name: names, namespace: namespaces, own: labels }).map(({ name, namespace, own }) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: name === 'a' ? 'default' : name, namespace, labels: own },
  })),
  fc
    .record({
      name: names,
      namespace: namespaces,
      address: fc.constantFrom('10.0.0.1', '10.0.0.9'),
      ready: fc.boolean(),
    })
    .map(({ name, namespace, address, ready }) => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace },
      subsets: [
        {
          [ready ? 'addresses' : 'notReadyAddresses']: [{ ip: address, nodeName: NODE }],
          ports: [{ name: 'web', port: 80 }],
        },
      ],
    })),
  fc
    .record({
      kind: fc.constantFrom('AdminNetworkPolicy', 'ClusterNetworkPolicy', 'BaselineAdminNetworkPolicy'),
      name: names,
      priority: fc.constantFrom(1, 2),
      tier: fc.constantFrom('Admin', 'Baseline'),
      action: fc.constantFrom('Allow', 'Deny', 'Pass'),
      subject: kubernetesSelectors,
      peer: fc.oneof(
        kubernetesSelectors.map((namespaceSelector) => ({ namespaces: namespaceSelector })),
        kubernetesSelectors.map((podSelector) => ({ pods: { namespaceSelector: {}, podSelector } })),
        fc.constant({ nodes: { matchLabels: { 'topology.kubernetes.io/zone': 'z1' } } }),
        fc.constant({ networks: ['10.0.0.0/8'] }),
      ),
    })
    .map(({ kind, name, priority, tier, action, subject, peer }) => {
      const isCluster = kind === 'ClusterNetworkPolicy';
      const isBaseline = kind === 'BaselineAdminNetworkPolicy';
      const permitted = isBaseline && action === 'Pass' ? 'Deny' : action;
      return {
        apiVersion: `policy.networking.k8s.io/${isCluster ? 'v1alpha2' : 'v1alpha1'}`,
        kind,
        metadata: { name: isBaseline ? 'default' : name },
        spec: {
          ...(isCluster && { tier }),
          ...(!isBaseline && { priority }),
          subject: { namespaces: subject },
          egress: [{ action: isCluster && permitted === 'Allow' ? 'Accept' : permitted, to: [peer] }],
        },
      };
    }),
  fc
    .record({
      name: names,
      namespace: fc.option(namespaces, { nil: undefined }),
      own: labels,
      nets: fc.subarray(['10.0.0.1/32', '10.9.0.0/16', '192.0.2.0/24']),
    })
    .map(({ name, namespace, own, nets }) => ({
      apiVersion: CALICO,
      kind: namespace === undefined ? 'GlobalNetworkSet' : 'NetworkSet',
      metadata: { name, labels: own, ...(namespace !== undefined && { namespace }) },
      spec: { nets },
    })),
  fc
    .record({
      name: names,
      namespace: fc.option(namespaces, { nil: undefined }),
      action: fc.constantFrom('Set', 'Delete'),
      selector: calicoSelectors,
    })
    .map(({ name, namespace, action, selector }) => ({
      apiVersion: CALICO,
      kind: namespace === undefined ? 'StagedGlobalNetworkPolicy' : 'StagedNetworkPolicy',
      metadata: { name: `default.${name}`, ...(namespace !== undefined && { namespace }) },
      spec: {
        stagedAction: action,
        ...(action === 'Set' && { selector, types: ['Ingress'], ingress: [{ action: 'Allow', source: { selector } }] }),
      },
    })),
  fc.record({ name: names, selector: calicoSelectors, own: labels }).map(({ name, selector, own }) => ({
    apiVersion: CALICO,
    kind: 'Profile',
    metadata: { name },
    spec: { labelsToApply: own, ingress: [{ action: 'Allow', source: { selector } }] },
  })),
  fc
    .record({
      name: names,
      namespace: namespaces,
      node: nodes,
      address: fc.constantFrom('10.0.0.1', '10.0.0.7'),
      own: labels,
    })
    .map(({ name, namespace, node, address, own }) => ({
      apiVersion: CALICO,
      kind: 'WorkloadEndpoint',
      metadata: { name: `${node}-k8s-${name}-eth0`, namespace, labels: own },
      spec: {
        orchestrator: 'k8s',
        workload: name,
        pod: name,
        node,
        endpoint: 'eth0',
        interfaceName: `cali-${name}`,
        ipNetworks: [`${address}/32`],
        profiles: ['a', 'b'],
        allowSpoofedSourcePrefixes: ['198.51.100.0/24'],
      },
    })),
  fc
    .record({
      name: fc.constantFrom('default', `node.${NODE}`),
      hostAction: fc.constantFrom(undefined, 'Accept'),
      spoofing: fc.constantFrom(undefined, 'Any'),
    })
    .map(({ name, hostAction, spoofing }) => ({
      apiVersion: CALICO,
      kind: 'FelixConfiguration',
      metadata: { name },
      spec: {
        ...(hostAction !== undefined && { defaultEndpointToHostAction: hostAction }),
        ...(spoofing !== undefined && { workloadSourceSpoofing: spoofing }),
      },
    })),
  fc
    .record({ name: names, vxlanMode: fc.constantFrom('Never', 'Always', 'CrossSubnet') })
    .map(({ name, vxlanMode }) => ({
      apiVersion: CALICO,
      kind: 'IPPool',
      metadata: { name },
      spec: { cidr: name === 'a' ? '10.0.0.0/8' : '10.2.0.0/16', vxlanMode },
    })),
  fc
    .record({
      name: fc.constantFrom(NODE, 'n2', 'n3'),
      subnet: fc.constantFrom('192.168.0.1/24', '192.168.0.1/32'),
      range: fc.constantFrom('10.2.1.0/24', '10.3.1.0/24'),
    })
    .map(({ name, subnet, range }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, annotations: { 'projectcalico.org/IPv4Address': subnet } },
      spec: { podCIDR: range, podCIDRs: [range] },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.0.2' }] },
    })),
);

export const arbitraryResource: fc.Arbitrary<Resource> = fc
  .oneof({ weight: 2, arbitrary: rawResources }, { weight: 1, arbitrary: furtherResources })
  .map(parseResource);
