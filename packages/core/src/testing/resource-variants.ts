/** Many small variants of API objects of every kind, of few names and values so that they meet: for tests that try histories of a cluster. */
import { calico, inNamespace, type Manifest, NODE } from './manifests';

/** A family of objects of one kind, one for each index below `count`. */
export interface Variants {
  readonly count: number;
  at(index: number): Manifest;
}

type Choices<Fields> = { readonly [Field in keyof Fields]: readonly Fields[Field][] };

/** One object for every combination of the fields' values. */
function variants<Fields extends object>(choices: Choices<Fields>, make: (fields: Fields) => Manifest): Variants {
  // The keys of `choices` are those of `Fields`.
  const fields = Object.entries(choices) as [keyof Fields, readonly Fields[keyof Fields][]][];
  return {
    count: fields.reduce((count, [, values]) => count * values.length, 1),
    at(index) {
      let rest = index;
      const chosen = fields.map(([field, values]) => {
        const value = values[rest % values.length];
        rest = Math.floor(rest / values.length);
        return [field, value] as const;
      });
      // Each field has got one of its own values.
      return make(Object.fromEntries(chosen) as Fields);
    },
  };
}

/** Every choice of at most two of the values, in order, doubles included. */
function upToTwo<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  return [[], ...values.map((value) => [value]), ...values.flatMap((a) => values.map((b) => [a, b]))];
}

const NAMES = ['a', 'b'];
const NAMESPACES = ['red', 'blue'];
const SCOPES = [undefined, ...NAMESPACES];
const NODES = [NODE, 'n2'];
const LABELS: readonly object[] = [{}, { app: 'web' }, { app: 'db' }, { tier: 'web' }, { app: 'web', tier: 'db' }];
const TYPES = [['Ingress'], ['Egress'], ['Ingress', 'Egress']];
const LABEL_SELECTORS: readonly object[] = [
  {},
  { matchLabels: { app: 'web' } },
  { matchLabels: { app: 'db', tier: 'web' } },
  { matchLabels: { stage: 'prod' } },
  { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] },
];
const SELECTORS = [
  'all()',
  'app == "web"',
  'has(tier) && app != "db"',
  'projectcalico.org/namespace == "red"',
  '!has(projectcalico.org/namespace)',
];
const PEERS = upToTwo<object>([
  ...LABEL_SELECTORS.map((podSelector) => ({ podSelector })),
  ...LABEL_SELECTORS.map((namespaceSelector) => ({ namespaceSelector })),
  { namespaceSelector: LABEL_SELECTORS[3], podSelector: LABEL_SELECTORS[1] },
  { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
]);
const PORTS = upToTwo<object>([{ port: 80 }, { port: 81, endPort: 90 }, { port: 'http' }, { protocol: 'UDP' }]);
const ENDS: readonly object[] = [
  {},
  ...SELECTORS.map((selector) => ({ selector })),
  ...SELECTORS.map((notSelector) => ({ notSelector })),
  { selector: SELECTORS[1], notSelector: SELECTORS[2], nets: ['10.0.0.0/8'] },
  ...['all()', 'global()', 'stage == "prod"', 'projectcalico.org/name == "red"'].map((namespaceSelector) => ({
    namespaceSelector,
  })),
  { serviceAccounts: { names: ['default'] } },
  { serviceAccounts: { selector: 'app == "web"' } },
];
const RULES: readonly object[] = ['Allow', 'Deny', 'Pass', 'Log'].flatMap((action) =>
  ENDS.flatMap((source, index) => {
    const destination = ENDS[(index * 7 + 3) % ENDS.length];
    return [[], ['http'], ['http', 8080]].map((ports) => ({
      action,
      protocol: 'TCP',
      source,
      destination: ports.length === 0 ? destination : { ...destination, ports },
    }));
  }),
);
const SERVICE_REFERENCES = NAMES.flatMap((name) => NAMESPACES.map((namespace) => ({ name, namespace })));
/** What few rules ask for, as often as all else. */
const RARE: readonly object[] = [
  { selector: 'all()', serviceAccounts: { selector: 'app == "web"' } },
  { serviceAccounts: { selector: 'has(tier)' } },
].map((source) => ({ action: 'Allow', source }));
const often = <Value>(values: readonly Value[]) => Array.from({ length: 20 }, () => values).flat();
const INGRESS = [
  ...RULES,
  ...often([...RARE, ...SERVICE_REFERENCES.map((services) => ({ action: 'Allow', source: { services } }))]),
];
const EGRESS = [
  ...RULES,
  ...often(SERVICE_REFERENCES.map((services) => ({ action: 'Allow', destination: { services } }))),
];
const ENDPOINTS = upToTwo<object>(
  ['10.0.0.1', '10.0.0.2', '10.0.0.3'].flatMap((address, index) => [
    { addresses: [address], nodeName: NODES[index % 2] },
    { addresses: [address], nodeName: NODE, conditions: { ready: false, serving: true, terminating: true } },
    { addresses: [address], nodeName: 'n2', hints: { forZones: [{ name: `z${1 + (index % 2)}` }] } },
  ]),
);

const HINTED = upToTwo<object>([
  { addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'z1' }] } },
  { addresses: ['10.0.0.2'], hints: { forZones: [{ name: 'z2' }] } },
]);

function scoped(namespace: string | undefined, global: string, manifest: Manifest): Manifest {
  return namespace === undefined ? { ...manifest, kind: global } : inNamespace(namespace, manifest);
}

function kubernetes(apiVersion: string, kind: string, name: string, labels: object, rest: object): Manifest {
  return { apiVersion, kind, metadata: { name, ...{ labels } }, ...rest };
}

/** Families of all kinds; those that others depend on come more than once. */
export const RESOURCE_VARIANTS: readonly Variants[] = [
  ...[1, 2, 3, 4].map(() =>
    variants(
      {
        name: NAMES,
        namespace: NAMESPACES,
        labels: LABELS,
        nodeName: NODES,
        podIP: ['10.0.0.1', '10.0.0.2', '10.1.0.3', undefined],
        phase: ['Running', 'Running', 'Running', 'Succeeded'],
        hostNetwork: [false, false, false, true],
        containerPort: [80, 8080],
      },
      ({ name, namespace, labels, nodeName, podIP, phase, hostNetwork, containerPort }) =>
        inNamespace(
          namespace,
          kubernetes('v1', 'Pod', name, labels, {
            spec: {
              nodeName,
              hostNetwork,
              containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort }] }],
            },
            status: { phase, ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }) },
          }),
        ),
    ),
  ),
  ...[1, 2].map(() =>
    variants(
      {
        name: NAMES,
        namespace: NAMESPACES,
        podSelector: LABEL_SELECTORS,
        policyTypes: TYPES,
        ports: PORTS,
        from: PEERS,
        to: PEERS,
      },
      ({ name, namespace, podSelector, policyTypes, ports, from, to }) =>
        inNamespace(
          namespace,
          kubernetes(
            'networking.k8s.io/v1',
            'NetworkPolicy',
            name,
            {},
            {
              spec: { podSelector, policyTypes, ingress: [{ from, ports }], egress: [{ to, ports }] },
            },
          ),
        ),
    ),
  ),
  ...[1, 2].map(() =>
    variants(
      {
        name: NAMES,
        namespace: SCOPES,
        tier: ['default', 'secure'],
        order: [undefined, 1, 2],
        selector: SELECTORS,
        types: TYPES,
        ingress: INGRESS,
        egress: EGRESS,
      },
      ({ name, namespace, tier, order, selector, types, ingress, egress }) =>
        scoped(
          namespace,
          'GlobalNetworkPolicy',
          calico('NetworkPolicy', `${tier}.${name}`, {
            tier,
            ...(order !== undefined && { order }),
            selector,
            types,
            ...(types.includes('Ingress') && { ingress: [ingress] }),
            ...(types.includes('Egress') && { egress: [egress] }),
          }),
        ),
    ),
  ),
  variants({ name: NAMES, flag: ['preDNAT', 'doNotTrack', 'applyOnForward'] }, ({ name, flag }) => {
    const spec = { selector: 'has(host)', order: 5, types: ['Ingress'], applyOnForward: true, [flag]: true };
    return calico('GlobalNetworkPolicy', `default.host-${name}`, { ...spec, ingress: [{ action: 'Deny' }] });
  }),
  variants({ order: [undefined, 1, 2], defaultAction: ['Pass', 'Deny'] }, ({ order, defaultAction }) =>
    calico('Tier', 'secure', { defaultAction, ...(order !== undefined && { order }) }),
  ),
  variants({ name: NAMES, node: NODES, labels: [{ host: 'x' }, { app: 'web' }] }, ({ name, node, labels }) => {
    const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
    return calico(
      'HostEndpoint',
      name,
      { node, interfaceName: 'eth0', expectedIPs: ['192.168.0.1'], profiles: ['a'], ports },
      labels,
    );
  }),
  variants(
    {
      name: [...NODES, 'n3'],
      address: ['192.168.0.1', '192.168.0.2'],
      zone: ['z1', 'z2'],
      subnet: ['192.168.0.1/24', '192.168.0.1/32'],
      range: ['10.2.1.0/24', '10.3.1.0/24'],
    },
    ({ name, address, zone, subnet, range }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        ...{
          labels: { 'topology.kubernetes.io/zone': zone },
          annotations: { 'projectcalico.org/IPv4Address': subnet },
        },
      },
      spec: { podCIDR: range, podCIDRs: [range] },
      status: { addresses: [{ type: 'InternalIP', address }] },
    }),
  ),
  variants({ name: NAMESPACES, labels: [{}, { stage: 'prod' }, { stage: 'test', app: 'web' }] }, ({ name, labels }) =>
    kubernetes('v1', 'Namespace', name, labels, {}),
  ),
  variants({ name: ['default', 'b'], namespace: NAMESPACES, labels: LABELS }, ({ name, namespace, labels }) =>
    inNamespace(namespace, kubernetes('v1', 'ServiceAccount', name, labels, {})),
  ),
  ...[1, 2].map(() =>
    variants(
      { name: NAMES, namespace: NAMESPACES, type: ['ClusterIP', 'NodePort', 'headless'], policy: ['Cluster', 'Local'] },
      ({ name, namespace, type, policy }) => {
        const isNodePort = type === 'NodePort';
        const spec = {
          type: isNodePort ? type : 'ClusterIP',
          clusterIP: type === 'headless' ? 'None' : '10.96.0.1',
          ports: [{ name: 'web', port: 80, ...(isNodePort && { nodePort: 30080 }) }],
          ...(isNodePort && { externalTrafficPolicy: policy }),
        };
        return inNamespace(namespace, kubernetes('v1', 'Service', name, {}, { spec }));
      },
    ),
  ),
  variants(
    { name: NAMES, namespace: NAMESPACES, service: NAMES, endpoints: [...ENDPOINTS, ...often(HINTED)] },
    ({ name, namespace, service, endpoints }) =>
      inNamespace(
        namespace,
        kubernetes(
          'discovery.k8s.io/v1',
          'EndpointSlice',
          name,
          { 'kubernetes.io/service-name': service },
          {
            addressType: 'IPv4',
            ports: [{ name: 'web', port: 8080 }],
            endpoints,
          },
        ),
      ),
  ),
  variants(
    { name: NAMES, namespace: NAMESPACES, field: ['addresses', 'notReadyAddresses'] },
    ({ name, namespace, field }) => {
      const subset = { [field]: [{ ip: '10.0.0.9', nodeName: NODE }], ports: [{ name: 'web', port: 80 }] };
      return inNamespace(namespace, kubernetes('v1', 'Endpoints', name, {}, { subsets: [subset] }));
    },
  ),
  variants(
    {
      kind: ['AdminNetworkPolicy', 'ClusterNetworkPolicy', 'BaselineAdminNetworkPolicy'],
      name: NAMES,
      priority: [1, 2],
      tier: ['Admin', 'Baseline'],
      isAllowed: [true, false],
      subject: LABEL_SELECTORS,
      peer: [
        ...LABEL_SELECTORS.map((namespaces): object => ({ namespaces })),
        { pods: { namespaceSelector: {}, podSelector: LABEL_SELECTORS[1] } },
        { nodes: { matchLabels: { 'topology.kubernetes.io/zone': 'z1' } } },
        { networks: ['10.0.0.0/8'] },
      ],
    },
    ({ kind, name, priority, tier, isAllowed, subject, peer }) => {
      const isCluster = kind === 'ClusterNetworkPolicy';
      const isBaseline = kind === 'BaselineAdminNetworkPolicy';
      const action = isAllowed ? (isCluster ? 'Accept' : 'Allow') : 'Deny';
      const apiVersion = `policy.networking.k8s.io/${isCluster ? 'v1alpha2' : 'v1alpha1'}`;
      return kubernetes(
        apiVersion,
        kind,
        isBaseline ? 'default' : name,
        {},
        {
          spec: {
            ...(isCluster && { tier }),
            ...(!isBaseline && { priority }),
            subject: { namespaces: subject },
            egress: [{ action, to: [peer] }],
          },
        },
      );
    },
  ),
  variants(
    { name: NAMES, namespace: SCOPES, labels: LABELS, nets: upToTwo(['10.0.0.1/32', '10.9.0.0/16', '192.0.2.0/24']) },
    ({ name, namespace, labels, nets }) =>
      scoped(namespace, 'GlobalNetworkSet', calico('NetworkSet', name, { nets: [...new Set(nets)] }, labels)),
  ),
  variants(
    { name: NAMES, namespace: SCOPES, action: ['Set', 'Delete'], selector: SELECTORS },
    ({ name, namespace, action, selector }) => {
      const rules = { selector, types: ['Ingress'], ingress: [{ action: 'Allow', source: { selector } }] };
      const spec = { stagedAction: action, ...(action === 'Set' && rules) };
      return scoped(namespace, 'StagedGlobalNetworkPolicy', calico('StagedNetworkPolicy', `default.${name}`, spec));
    },
  ),
  variants({ name: NAMES, selector: SELECTORS, labels: LABELS }, ({ name, selector, labels }) =>
    calico('Profile', name, { labelsToApply: labels, ingress: [{ action: 'Allow', source: { selector } }] }),
  ),
  variants(
    { name: NAMES, pod: NAMES, namespace: NAMESPACES, node: NODES, address: ['10.0.0.1', '10.0.0.7'], labels: LABELS },
    ({ name, pod, namespace, node, address, labels }) => {
      const spec = {
        orchestrator: 'k8s',
        workload: pod,
        pod,
        node,
        endpoint: 'eth0',
        interfaceName: `cali-${name}`,
        ipNetworks: [`${address}/32`],
        profiles: NAMES,
        allowSpoofedSourcePrefixes: ['198.51.100.0/24'],
      };
      return inNamespace(namespace, calico('WorkloadEndpoint', `${name}-eth0`, spec, labels));
    },
  ),
  variants(
    { name: ['default', `node.${NODE}`], hostAction: [undefined, 'Accept'], spoofing: [undefined, 'Any'] },
    ({ name, hostAction, spoofing }) =>
      calico('FelixConfiguration', name, {
        ...(hostAction !== undefined && { defaultEndpointToHostAction: hostAction }),
        ...(spoofing !== undefined && { workloadSourceSpoofing: spoofing }),
      }),
  ),
  variants({ name: NAMES, vxlanMode: ['Never', 'Always', 'CrossSubnet'] }, ({ name, vxlanMode }) =>
    calico('IPPool', name, { cidr: name === 'a' ? '10.0.0.0/8' : '10.2.0.0/16', vxlanMode }),
  ),
];
