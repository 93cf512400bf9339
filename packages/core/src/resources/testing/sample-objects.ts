/** A sound object of every kind, for tests that spoil them. */
import type { ResourceKind } from '../resource';
import type { Fields } from './api-objects';

const calicoRule = {
  action: 'Allow',
  ipVersion: 4,
  protocol: 'TCP',
  source: {
    nets: ['10.0.0.0/8'],
    notNets: ['10.1.0.0/16'],
    selector: "a == 'b'",
    namespaceSelector: 'global()',
    ports: [80, '1:2', 'web'],
    serviceAccounts: { names: ['a'], selector: 'has(b)' },
  },
  destination: { services: { name: 's', namespace: 'n' } },
  metadata: { annotations: { a: 'b' } },
};
const icmpRule = {
  action: 'Deny',
  protocol: 'ICMP',
  icmp: { type: 8, code: 0 },
  notICMP: { type: 3 },
  source: { notPorts: [] },
};
const httpRule = { action: 'Allow', http: { methods: ['GET'], paths: [{ exact: '/a' }] } };
const calicoSpec = {
  tier: 'default',
  order: 1.5,
  selector: 'all()',
  types: ['Ingress', 'Egress'],
  egress: [calicoRule, icmpRule],
  ingress: [httpRule],
};
const globalSpec = { ...calicoSpec, applyOnForward: true, doNotTrack: true, namespaceSelector: 'has(a)' };
const labelSelector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d'] }] };
const policySpec = {
  podSelector: labelSelector,
  ingress: [{ from: [{ namespaceSelector: labelSelector }], ports: [{ port: 80, endPort: 81 }] }],
  egress: [
    { to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 'web', protocol: 'UDP' }] },
  ],
  policyTypes: ['Egress'],
};
const adminSpec = {
  subject: { pods: { namespaceSelector: labelSelector, podSelector: {} } },
  ingress: [{ name: 'r', action: 'Allow', from: [{ namespaces: {} }], ports: [{ namedPort: 'web' }] }],
  egress: [
    {
      action: 'Deny',
      to: [{ networks: ['10.0.0.0/8'] }, { nodes: {} }],
      ports: [{ portNumber: { protocol: 'TCP', port: 1 } }],
    },
    { action: 'Deny', to: [{ namespaces: {} }], ports: [{ portRange: { start: 1, end: 2 } }] },
  ],
};
const servicePorts = [{ name: 'a', port: 80, nodePort: 30_080, protocol: 'SCTP' }];

/** A sound object of every kind, without metadata, with something in most fields. */
export const SAMPLES: Readonly<Record<ResourceKind, Fields>> = {
  Node: {
    spec: { podCIDRs: ['10.0.0.0/24'] },
    status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], nodeInfo: { architecture: 'amd64' } },
  },
  Namespace: {},
  ServiceAccount: {},
  Pod: {
    spec: { nodeName: 'n', serviceAccountName: 'a', containers: [{ ports: [{ name: 'web', containerPort: 80 }] }] },
    status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], phase: 'Running' },
  },
  Service: {
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ipFamilies: ['IPv4'],
      ports: servicePorts,
      externalIPs: ['1.2.3.4'],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
      healthCheckNodePort: 30_000,
      loadBalancerSourceRanges: [' 10.0.0.0/8'],
    },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'Proxy' }] } },
  },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1', nodeName: 'n' }], ports: [{ name: 'a', port: 80 }] }] },
  EndpointSlice: {
    addressType: 'IPv6',
    endpoints: [{ addresses: ['fd00::1'], conditions: { ready: true }, hints: { forZones: [{ name: 'z' }] } }],
    ports: [{ name: 'a', port: 80 }],
  },
  NetworkPolicy: { spec: policySpec },
  AdminNetworkPolicy: { spec: { priority: 1, ...adminSpec } },
  BaselineAdminNetworkPolicy: { spec: adminSpec },
  ClusterNetworkPolicy: {
    spec: {
      tier: 'Admin',
      priority: 1,
      subject: { namespaces: labelSelector },
      ingress: [{ action: 'Accept', from: [{ pods: {} }], protocols: [{ tcp: { destinationPort: { number: 80 } } }] }],
      egress: [
        {
          action: 'Pass',
          to: [{ domainNames: ['a.b'] }],
          protocols: [{ udp: { destinationPort: { range: { start: 1, end: 2 } } } }],
        },
      ],
    },
  },
  CalicoNetworkPolicy: { spec: calicoSpec },
  GlobalNetworkPolicy: { spec: globalSpec },
  StagedNetworkPolicy: { spec: { ...calicoSpec, stagedAction: 'Set' } },
  StagedGlobalNetworkPolicy: { spec: globalSpec },
  StagedKubernetesNetworkPolicy: { spec: policySpec },
  Tier: { spec: { order: 1, defaultAction: 'Pass' } },
  Profile: { spec: { ingress: [calicoRule], labelsToApply: { a: 'b' } } },
  NetworkSet: { spec: { nets: ['10.0.0.1', '10.0.0.0/8'] } },
  GlobalNetworkSet: { spec: { nets: ['fd00::/8'] } },
  HostEndpoint: {
    spec: {
      node: 'n',
      interfaceName: 'eth0',
      expectedIPs: ['10.0.0.1'],
      profiles: ['p'],
      ports: [{ name: 'a', protocol: 'TCP', port: 80 }],
    },
  },
  WorkloadEndpoint: {
    spec: {
      node: 'n',
      interfaceName: 'cali1',
      ipNetworks: ['10.0.0.1/32'],
      ipNATs: [{ internalIP: '10.0.0.1', externalIP: '1.2.3.4' }],
      ports: [{ name: 'a', protocol: 'TCP', port: 80, hostPort: 81 }],
      allowSpoofedSourcePrefixes: ['10.0.0.0/8'],
      mac: '00:11:22:33:44:55',
    },
  },
  IPPool: {
    spec: {
      cidr: '10.0.0.0/16',
      vxlanMode: 'Always',
      blockSize: 26,
      nodeSelector: 'has(a)',
      allowedUses: ['Workload'],
    },
  },
  FelixConfiguration: {
    spec: {
      failsafeInboundHostPorts: [{ protocol: 'TCP', port: 22, net: '10.0.0.0/8' }],
      kubeNodePortRanges: ['30000:32767'],
      natOutgoingAddress: '1.2.3.4',
      bpfLogFilters: { eth0: 'x' },
      bpfConntrackTimeouts: { tcpSynSent: '20s' },
      routeTableRanges: [{ min: 1, max: 2 }],
      mtuIfacePattern: '^eth.*',
      healthTimeoutOverrides: [{ name: 'a', timeout: '1s' }],
      istioDSCPMark: 'AF11',
      logPrefix: 'calico',
    },
  },
  BGPConfiguration: {
    spec: {
      asNumber: '64512',
      listenPort: 179,
      serviceClusterIPs: [{ cidr: '10.0.0.0/12' }],
      communities: [{ name: 'c', value: '1:2' }],
      prefixAdvertisements: [{ cidr: '10.0.0.0/8', communities: ['c', '1:2:3'] }],
    },
  },
  BGPPeer: { spec: { nodeSelector: 'all()', peerIP: '10.0.0.1:179', asNumber: 64_512, reachableBy: '10.0.0.2' } },
  BGPFilter: {
    spec: {
      exportV4: [
        { cidr: '10.0.0.0/8', matchOperator: 'In', prefixLength: { min: 16 }, interface: 'eth*', action: 'Reject' },
        { source: 'RemotePeers', action: 'Accept', operations: [{ addCommunity: { value: '1:2' } }] },
      ],
      importV6: [{ peerType: 'eBGP', communities: { values: ['1:2:3'] }, asPathPrefix: [64_512], action: 'Accept' }],
    },
  },
  IPReservation: { spec: { reservedCIDRs: ['10.0.0.0/24', 'fd00::1'] } },
  BlockAffinity: { spec: { state: 'confirmed', node: 'n', cidr: '10.0.0.0/26', deleted: false } },
  KubeControllersConfiguration: {
    spec: {
      logSeverityScreen: 'Info',
      healthChecks: 'Enabled',
      etcdV3CompactionPeriod: '10m',
      prometheusMetricsPort: 9094,
      controllers: {
        node: { syncLabels: 'Enabled', hostEndpoint: { templates: [{ generateName: 'a', nodeSelector: 'all()' }] } },
        policy: { reconcilerPeriod: '5m' },
        loadBalancer: { assignIPs: 'AllServices' },
      },
    },
  },
  CalicoNode: {
    spec: {
      bgp: { ipv4Address: '10.0.0.1/24', asNumber: 64_512, routeReflectorClusterID: '244.0.0.1' },
      vxlanTunnelMACAddr: '66:5a:00:00:00:01',
      addresses: [{ address: '10.0.0.1/24', type: 'CalicoNodeIP' }],
    },
    status: { podCIDRs: ['10.1.0.0/24'] },
  },
  Installation: {
    spec: {
      calicoNetwork: {
        nodeAddressAutodetectionV4: { firstFound: true, cidrs: ['10.0.0.0/8'] },
        ipPools: [{ cidr: '10.0.0.0/16', encapsulation: 'IPIP' }],
      },
    },
  },
};
