import { expect } from 'chai';
import fc from 'fast-check';
import { CoreError } from '../core-error';
import { parseResource, readResource } from './parse';
import type { ResourceKind, ResourceOf } from './resource';
import { KIND_SCHEMAS, RESOURCE_KINDS } from './schema/kinds';

type Fields = Readonly<Record<string, unknown>>;

/** An object of a kind with the smallest metadata, and what is given. */
const objectOf = (kind: ResourceKind, fields: Fields, metadata: Fields = {}): Fields => {
  const { apiKind, apiVersions } = KIND_SCHEMAS[kind];
  return { apiVersion: apiVersions[0], kind: apiKind, metadata: { name: 'x', ...metadata }, ...fields };
};

const parse = <Kind extends ResourceKind>(kind: Kind, fields: Fields, metadata: Fields = {}): ResourceOf<Kind> =>
  parseResource(objectOf(kind, fields, metadata)) as ResourceOf<Kind>; // the object is of this kind

const specOf = <Kind extends ResourceKind>(kind: Kind, spec: Fields, metadata: Fields = {}) =>
  (parse(kind, { spec }, metadata) as { readonly spec?: unknown }).spec;

/** The fields at fault. */
const faults = (kind: ResourceKind, fields: Fields, metadata: Fields = {}): readonly (string | undefined)[] => {
  const read = readResource(objectOf(kind, fields, metadata));
  return read.outcome === 'faulty' ? read.faults.map(({ error }) => error.field) : [];
};
const specFaults = (kind: ResourceKind, spec: Fields, metadata: Fields = {}) => faults(kind, { spec }, metadata);

const port = (first: number, last = first) => ({ first, last });
const anyEnd = { nets: [], notNets: [], ports: [], notPorts: [] };

/** What stands where something else should. */
const SCRAPS = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1.5,
  1e99,
  Number.NaN,
  '',
  ' ',
  '0',
  'x'.repeat(65_536),
  '10.0.0.0/33',
  '999.1.1.1',
  'fd00::/129',
  '::ffff:1.2.3.4',
  'a\n-j ACCEPT',
  '__proto__',
  'global()',
  '((((',
  '99999:1',
  [],
  [[]],
  ['x', 'x'],
  [null],
  {},
  { constructor: { prototype: 1 } },
  JSON.parse('{"__proto__":{"a":1}}'),
);

/** A copy in which one value, found by `choose` on the way down, is another. */
const spoil = (value: unknown, choose: () => number, scrap: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || choose() % 6 === 0)
    return scrap;
  const keys = Object.keys(value);
  const chosen = keys[choose() % keys.length] ?? '';
  const copy = Object.entries(value).map(
    ([key, item]) => [key, key === chosen ? spoil(item, choose, scrap) : item] as const,
  );
  return Array.isArray(value) ? copy.map(([, item]) => item) : Object.fromEntries(copy);
};

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
const SAMPLES: Readonly<Record<ResourceKind, Fields>> = {
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
  Installation: {
    spec: {
      calicoNetwork: {
        nodeAddressAutodetectionV4: { firstFound: true, cidrs: ['10.0.0.0/8'] },
        ipPools: [{ cidr: '10.0.0.0/16', encapsulation: 'IPIP' }],
      },
    },
  },
};

describe('parseResource', () => {
  it('throws an error that names the object, the field and the fault', () => {
    const pod = objectOf('Pod', { spec: { containers: [{ ports: [{ containerPort: 0 }] }] } });
    expect(() => parseResource(pod))
      .to.throw(CoreError, 'Pod default/x: spec.containers[0].ports[0].containerPort: 0 is not a port (1-65535)')
      .that.includes({ code: 'PP_OBJECT_INVALID', field: 'spec.containers[0].ports[0].containerPort' });
    expect(() => parseResource({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }))
      .to.throw(CoreError)
      .that.includes({ code: 'PP_OBJECT_UNKNOWN_KIND' });
  });

  it('throws nothing but its own errors, whatever it is given', () => {
    const hostile = fc.anything({ withNullPrototype: true, withMap: true, withDate: true, withBigInt: true });
    const kind = fc.constantFrom(...RESOURCE_KINDS);
    fc.assert(
      fc.property(kind, hostile, hostile, fc.dictionary(fc.string(), hostile), (some, spec, status, metadata) => {
        try {
          parseResource({ ...objectOf(some, { spec, status, endpoints: spec, subsets: spec }), metadata });
          parseResource(objectOf(some, { spec, status }));
        } catch (error) {
          expect(error).to.be.instanceOf(CoreError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('tells of a fault wherever a sound object is spoilt, or reads it still', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RESOURCE_KINDS), fc.infiniteStream(fc.nat()), SCRAPS, (kind, choices, scrap) => {
        const sound = objectOf(kind, SAMPLES[kind], { labels: { a: 'b' } });
        const read = readResource(spoil(sound, () => choices.next().value, scrap));
        if (read.outcome !== 'faulty') return;
        for (const { error } of read.faults) {
          expect(error).to.be.instanceOf(CoreError);
          expect(error.message.length).to.be.below(700);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('reads the sound objects themselves', () => {
    for (const kind of RESOURCE_KINDS) {
      const name = kind === 'BaselineAdminNetworkPolicy' ? 'default' : 'x';
      expect(faults(kind, SAMPLES[kind], { name }), kind).to.deep.equal([]);
    }
  });

  it('reads null as absent, as Go does', () => {
    expect(
      parse('Pod', { spec: null, status: null }, { labels: null, annotations: null, namespace: null }),
    ).to.deep.equal(parse('Pod', {}));
  });

  it('ignores fields that it does not know', () => {
    expect(parse('Namespace', { spec: { finalizers: ['kubernetes'] }, extra: 1 })).to.deep.equal(
      parse('Namespace', {}),
    );
  });

  it('reads 50,000 pods and 50,000 endpoint slices in seconds', function () {
    this.timeout(30_000);
    const started = performance.now();
    const endpoints = [1, 2, 3, 4].map((last) => ({ addresses: [`10.0.0.${last}`], conditions: { ready: true } }));
    for (let index = 0; index < 50_000; index++) {
      parse('Pod', {
        spec: { containers: [{ ports: [{ name: 'web', containerPort: 80 }] }] },
        status: { podIP: '10.0.0.1' },
      });
      parse('EndpointSlice', { addressType: 'IPv4', endpoints, ports: [{ port: 80 }] });
    }
    expect(performance.now() - started).to.be.below(10_000);
  });

  describe('metadata', () => {
    it('gives namespaced objects a namespace, and no other', () => {
      expect(parse('Pod', {}).metadata.namespace).to.equal('default');
      expect(parse('Node', {}, { namespace: 'ignored' }).metadata).not.to.have.property('namespace');
      expect(parse('Pod', {}).ref).to.deep.equal({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'x' });
    });

    it('refuses names, labels and annotations that break their syntax', () => {
      expect(faults('Pod', {}, { name: 'Upper' })).to.deep.equal(['metadata.name']);
      expect(faults('Pod', {}, { name: `${'a'.repeat(254)}` })).to.deep.equal(['metadata.name']);
      expect(faults('Namespace', {}, { name: 'a.b' })).to.deep.equal(['metadata.name']);
      expect(faults('Pod', {}, { name: undefined })).to.deep.equal(['metadata.name']);
      expect(faults('Pod', {}, { namespace: 'a/b' })).to.deep.equal(['metadata.namespace']);
      expect(faults('Pod', {}, { labels: { 'a b': 'x' } })).to.deep.equal(['metadata.labels["a b"]']);
      expect(faults('Pod', {}, { labels: { a: 'x'.repeat(64) } })).to.deep.equal(['metadata.labels.a']);
      expect(faults('Pod', {}, { labels: { a: 1 } })).to.deep.equal(['metadata.labels.a']);
      expect(faults('Pod', {}, { labels: 'text' })).to.deep.equal(['metadata.labels']);
      expect(faults('Pod', {}, { annotations: { a: 'x'.repeat(262_144) } })).to.deep.equal(['metadata.annotations']);
    });

    it('leaves out the copy of the object that kubectl keeps in an annotation', () => {
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'x' };
      expect(parse('Pod', {}, { annotations }).metadata.annotations).to.deep.equal({ kept: 'x' });
    });
  });

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
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'ExternalIP', address: 'fd00::1' },
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

  describe('Service', () => {
    const ports = [{ port: 80 }];

    it('has the defaults that the API server gives', () => {
      expect(specOf('Service', { clusterIP: '10.96.0.1', ports })).to.deep.equal({
        type: 'ClusterIP',
        clusterIPs: ['10.96.0.1'],
        ipFamilies: [4],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        externalIPs: [],
        sessionAffinity: 'None',
        affinityTimeoutSeconds: 10_800,
        internalTrafficPolicy: 'Cluster',
        externalTrafficPolicy: 'Cluster',
        loadBalancerSourceRanges: [],
        publishNotReadyAddresses: false,
      });
    });

    it('has no address when it is headless, not yet allocated or external', () => {
      for (const spec of [
        { clusterIP: 'None' },
        { clusterIPs: ['None'] },
        {},
        { type: 'ExternalName', externalName: 'a.b' },
      ]) {
        expect(specOf('Service', { ...spec, ports })).to.deep.include({ clusterIPs: [] });
      }
    });

    it('takes both families, and refuses two addresses of one', () => {
      const dual = specOf('Service', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1', '10.96.0.1'], ports });
      expect(dual).to.deep.include({ clusterIPs: ['fd00::1', '10.96.0.1'], ipFamilies: [6, 4] });
      expect(specFaults('Service', { clusterIPs: ['10.0.0.1', '10.0.0.2'], ports })).to.deep.equal(['spec.clusterIPs']);
      expect(specFaults('Service', { clusterIP: '10.0.0.3', clusterIPs: ['10.0.0.1'], ports })).to.deep.equal([
        'spec.clusterIPs[0]',
      ]);
    });

    it('gives the addresses of its load balancer, VIP unless they say Proxy', () => {
      const ingress = [{ ip: '1.2.3.4' }, { hostname: 'lb.example' }, { ip: '1.2.3.5', ipMode: 'Proxy' }];
      const service = parse('Service', {
        spec: { type: 'LoadBalancer', ports },
        status: { loadBalancer: { ingress } },
      });
      expect(service.status.loadBalancer).to.deep.equal([
        { ip: '1.2.3.4', ipMode: 'VIP' },
        { ip: '1.2.3.5', ipMode: 'Proxy' },
      ]);
    });

    it('refuses what its ports cannot be', () => {
      expect(specFaults('Service', {})).to.deep.equal(['spec.ports']);
      expect(specFaults('Service', { ports: [{ port: 80 }, { name: 'b', port: 81 }] })).to.deep.equal([
        'spec.ports[0].name',
      ]);
      expect(
        specFaults('Service', {
          ports: [
            { name: 'a', port: 80 },
            { name: 'a', port: 80 },
          ],
        }),
      ).to.deep.equal(['spec.ports[1].name', 'spec.ports[1].port']);
      expect(specFaults('Service', { ports: [{ port: 65_536, protocol: 'ICMP' }] })).to.deep.equal([
        'spec.ports[0].protocol',
        'spec.ports[0].port',
      ]);
      expect(
        specFaults('Service', { ports, sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }),
      ).to.deep.equal(['spec.sessionAffinityConfig.clientIP.timeoutSeconds']);
      expect(specFaults('Service', { ports, externalIPs: ['10.0.0.1', 'name'] })).to.deep.equal([
        'spec.externalIPs[1]',
      ]);
      expect(specFaults('Service', { ports, loadBalancerSourceRanges: ['10.0.0.0/33'] })).to.deep.equal([
        'spec.loadBalancerSourceRanges[0]',
      ]);
    });
  });

  describe('EndpointSlice and Endpoints', () => {
    it('fills in conditions and names its service', () => {
      const labels = { 'kubernetes.io/service-name': 'web' };
      const endpoints = [
        { addresses: ['10.0.0.1'] },
        { addresses: ['10.0.0.2'], conditions: { ready: false, terminating: true }, nodeName: 'n', zone: 'z' },
        { addresses: ['10.0.0.3'], hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n' }] } },
      ];
      const slice = parse(
        'EndpointSlice',
        { addressType: 'IPv4', endpoints, ports: [{ name: 'a', port: 80 }, {}] },
        { labels },
      );
      expect(slice.serviceName).to.equal('web');
      expect(slice.endpoints).to.deep.equal([
        { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false } },
        {
          addresses: ['10.0.0.2'],
          conditions: { ready: false, serving: false, terminating: true },
          nodeName: 'n',
          zone: 'z',
        },
        {
          addresses: ['10.0.0.3'],
          conditions: { ready: true, serving: true, terminating: false },
          forZones: ['z'],
          forNodes: ['n'],
        },
      ]);
      expect(slice.ports).to.deep.equal([
        { name: 'a', protocol: 'TCP', port: 80 },
        { name: '', protocol: 'TCP' },
      ]);
    });

    it('refuses addresses of another type, and passes over host names', () => {
      const endpoints = [{ addresses: ['fd00::1'] }];
      expect(faults('EndpointSlice', { addressType: 'IPv4', endpoints })).to.deep.equal(['endpoints[0].addresses[0]']);
      expect(faults('EndpointSlice', { addressType: 'IPv4', endpoints: [{ addresses: [] }] })).to.deep.equal([
        'endpoints[0].addresses',
      ]);
      expect(
        parse('EndpointSlice', { addressType: 'FQDN', endpoints: [{ addresses: ['a.b'] }] }).endpoints,
      ).to.deep.equal([]);
      expect(faults('EndpointSlice', {})).to.deep.equal(['addressType']);
    });

    it('reads the subsets of Endpoints', () => {
      const subsets = [
        { addresses: [{ ip: '10.0.0.1', nodeName: 'n' }], notReadyAddresses: null, ports: [{ port: 80 }] },
      ];
      expect(parse('Endpoints', { subsets }).subsets).to.deep.equal([
        {
          addresses: [{ ip: '10.0.0.1', nodeName: 'n' }],
          notReadyAddresses: [],
          ports: [{ name: '', protocol: 'TCP', port: 80 }],
        },
      ]);
      expect(faults('Endpoints', { subsets: [{ ports: [{ port: 1 }, { port: 2 }] }] })).to.deep.equal([
        'subsets[0].ports[0].name',
        'subsets[0].ports[1].name',
        'subsets[0].ports[1].name',
      ]);
    });
  });

  describe('NetworkPolicy', () => {
    it('infers its types', () => {
      const types = (spec: Fields) => parse('NetworkPolicy', { spec }).spec.policyTypes;
      expect(types({})).to.deep.equal(['Ingress']);
      expect(types({ egress: [{}] })).to.deep.equal(['Ingress', 'Egress']);
      expect(types({ egress: [{}], policyTypes: ['Egress'] })).to.deep.equal(['Egress']);
    });

    it('reads peers and ports', () => {
      const ingress = [
        {
          from: [{ podSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
          ports: [{ port: 80 }, { port: 80, endPort: 90, protocol: 'UDP' }, { port: 'web' }, {}],
        },
      ];
      expect(parse('NetworkPolicy', { spec: { podSelector: {}, ingress } }).spec.ingress).to.deep.equal([
        {
          peers: [
            { podSelector: { matchLabels: {}, matchExpressions: [] } },
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
          ],
          ports: [
            { protocol: 'TCP', port: port(80) },
            { protocol: 'UDP', port: port(80, 90) },
            { protocol: 'TCP', port: 'web' },
            { protocol: 'TCP' },
          ],
        },
      ]);
    });

    it('refuses what the API server refuses', () => {
      const peer = (from: Fields) => specFaults('NetworkPolicy', { ingress: [{ from: [from] }] });
      expect(peer({})).to.deep.equal(['spec.ingress[0].from[0]']);
      expect(peer({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} })).to.deep.equal([
        'spec.ingress[0].from[0].ipBlock',
      ]);
      expect(peer({ ipBlock: { cidr: '10.0.0.1' } })).to.deep.equal(['spec.ingress[0].from[0].ipBlock.cidr']);
      expect(peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8'] } })).to.deep.equal([
        'spec.ingress[0].from[0].ipBlock.except[0]',
        'spec.ingress[0].from[0].ipBlock.except[1]',
      ]);
      const selects = (expression: Fields) => peer({ podSelector: { matchExpressions: [expression] } });
      const field = 'spec.ingress[0].from[0].podSelector.matchExpressions[0]';
      expect(selects({ key: 'a b', operator: 'Exists' })).to.deep.equal([`${field}.key`]);
      expect(selects({ key: 'a', operator: 'Exists', values: ['x'] })).to.deep.equal([`${field}.values`]);
      expect(selects({ key: 'a', operator: 'In' })).to.deep.equal([`${field}.values`]);
      expect(selects({ key: 'a', operator: 'NotIn', values: ['x y'] })).to.deep.equal([`${field}.values[0]`]);
      const rulePort = (fields: Fields) => specFaults('NetworkPolicy', { egress: [{ ports: [fields] }] });
      expect(rulePort({ port: 'web', endPort: 90 })).to.deep.equal(['spec.egress[0].ports[0].endPort']);
      expect(rulePort({ port: 90, endPort: 80 })).to.deep.equal(['spec.egress[0].ports[0].endPort']);
      expect(rulePort({ port: '80' })).to.deep.equal(['spec.egress[0].ports[0].port']);
      expect(rulePort({ port: 80, protocol: 'tcp' })).to.deep.equal(['spec.egress[0].ports[0].protocol']);
      expect(specFaults('NetworkPolicy', { policyTypes: ['Ingress', 'Ingress'] })).to.deep.equal([
        'spec.policyTypes[1]',
      ]);
    });
  });

  describe('Calico policies', () => {
    it('infer their types from their rules, and have a tier and a selector', () => {
      const allow = [{ action: 'Allow' }];
      const spec = (fields: Fields) => parse('CalicoNetworkPolicy', { spec: fields }).spec;
      expect(spec({})).to.deep.equal({
        tier: 'default',
        selector: 'all()',
        types: ['Ingress'],
        ingress: [],
        egress: [],
      });
      expect(spec({ egress: allow }).types).to.deep.equal(['Egress']);
      expect(spec({ egress: allow, ingress: allow }).types).to.deep.equal(['Ingress', 'Egress']);
      expect(spec({ tier: 'platform', order: -1.5, selector: '' })).to.include({
        tier: 'platform',
        order: -1.5,
        selector: 'all()',
      });
    });

    it('read protocols by name and number, and ports by number, range and name', () => {
      const rule = {
        action: 'Log',
        protocol: '6',
        notProtocol: 'UDPLite',
        destination: { ports: [80, '81', '82:90', 'web'] },
      };
      expect(parse('GlobalNetworkPolicy', { spec: { ingress: [rule] } }).spec.ingress).to.deep.equal([
        {
          action: 'Log',
          protocol: 6,
          notProtocol: 136,
          source: anyEnd,
          destination: { ...anyEnd, ports: [port(80), port(81), port(82, 90), 'web'] },
        },
      ]);
    });

    it('read ICMP, HTTP, services, service accounts and global()', () => {
      const rule = {
        action: 'Allow',
        protocol: 'TCP',
        http: { methods: ['GET'], paths: [{ prefix: '/a' }] },
        source: { namespaceSelector: ' global() ', serviceAccounts: { names: ['a'], selector: 'has(b)' } },
      };
      const icmp = {
        action: 'Deny',
        protocol: 'ICMP',
        icmp: { type: 8, code: 0 },
        source: { services: { name: 's', namespace: 'n' } },
      };
      expect(parse('GlobalNetworkPolicy', { spec: { ingress: [rule, icmp] } }).spec.ingress).to.deep.equal([
        {
          action: 'Allow',
          protocol: 6,
          source: { ...anyEnd, namespaceSelector: 'global()', serviceAccounts: { names: ['a'], selector: 'has(b)' } },
          destination: anyEnd,
          http: { methods: ['GET'], paths: [{ prefix: '/a' }] },
        },
        {
          action: 'Deny',
          protocol: 1,
          icmp: { type: 8, code: 0 },
          source: { ...anyEnd, services: { name: 's', namespace: 'n' } },
          destination: anyEnd,
        },
      ]);
    });

    it('say where a rule is at fault', () => {
      const rules = (...ingress: readonly Fields[]) => specFaults('CalicoNetworkPolicy', { ingress });
      expect(rules({ action: 'allow' })).to.deep.equal(['spec.ingress[0].action']);
      expect(rules({ action: 'Allow' }, { action: 'Allow', source: { selector: 'a ==' } })).to.deep.equal([
        'spec.ingress[1].source.selector',
      ]);
      expect(rules({ action: 'Allow', source: { selector: `a == '${'x'.repeat(65_536)}'` } })).to.deep.equal([
        'spec.ingress[0].source.selector',
      ]);
      expect(rules({ action: 'Allow', destination: { nets: ['10.0.0.1/8', '10.0.0.1'] } })).to.deep.equal([
        'spec.ingress[0].destination.nets[0]',
        'spec.ingress[0].destination.nets[1]',
      ]);
      expect(rules({ action: 'Allow', destination: { ports: [0, '2:1', 'a b', 1e99] } })).to.deep.equal([
        'spec.ingress[0].destination.ports[0]',
        'spec.ingress[0].destination.ports[1]',
        'spec.ingress[0].destination.ports[2]',
        'spec.ingress[0].destination.ports[3]',
      ]);
    });

    it('are refused when staged for deletion with more than a tier', () => {
      expect(specOf('StagedNetworkPolicy', { stagedAction: 'Delete', tier: 't' })).to.include({
        stagedAction: 'Delete',
        tier: 't',
      });
      expect(specFaults('StagedNetworkPolicy', { stagedAction: 'Delete', order: 1 })).to.deep.equal(['spec.order']);
      expect(specFaults('StagedGlobalNetworkPolicy', { stagedAction: 'Delete', applyOnForward: true })).to.deep.equal([
        'spec.applyOnForward',
      ]);
      expect(specFaults('StagedKubernetesNetworkPolicy', { stagedAction: 'Delete', podSelector: {} })).to.deep.equal(
        [],
      );
      expect(specOf('StagedKubernetesNetworkPolicy', { podSelector: {} })).to.include({ stagedAction: 'Set' });
    });
  });

  describe('cluster-wide policies', () => {
    const subject = { namespaces: {} };
    const everything = { matchLabels: {}, matchExpressions: [] };

    it('read the rules of AdminNetworkPolicy', () => {
      const rule = {
        name: 'r',
        action: 'Pass',
        to: [{ networks: ['10.0.0.0/8'] }, { nodes: {} }, { domainNames: ['*.example.com'] }],
        ports: [{ portNumber: { protocol: 'UDP', port: 53 } }, { portRange: { protocol: 'TCP', start: 1, end: 2 } }],
      };
      expect(specOf('AdminNetworkPolicy', { priority: 5, subject, egress: [rule] })).to.deep.equal({
        priority: 5,
        subject: { kind: 'namespaces', namespaceSelector: everything },
        ingress: [],
        egress: [
          {
            name: 'r',
            action: 'Pass',
            peers: [
              { kind: 'networks', networks: ['10.0.0.0/8'] },
              { kind: 'nodes', nodeSelector: everything },
              { kind: 'domainNames', domainNames: ['*.example.com'] },
            ],
            ports: [
              { kind: 'numbers', protocol: 'UDP', ports: port(53) },
              { kind: 'numbers', protocol: 'TCP', ports: port(1, 2) },
            ],
          },
        ],
      });
    });

    it('read the rules of ClusterNetworkPolicy, whose Accept is Allow', () => {
      const rule = {
        action: 'Accept',
        from: [{ pods: { podSelector: {} } }],
        protocols: [
          { tcp: { destinationPort: { number: 80 } } },
          { sctp: { destinationPort: { range: { start: 1, end: 9 } } } },
          { destinationNamedPort: 'web' },
        ],
      };
      expect(specOf('ClusterNetworkPolicy', { tier: 'Baseline', priority: 0, subject, ingress: [rule] })).to.deep.equal(
        {
          tier: 'Baseline',
          priority: 0,
          subject: { kind: 'namespaces', namespaceSelector: everything },
          ingress: [
            {
              name: '',
              action: 'Allow',
              peers: [{ kind: 'pods', namespaceSelector: everything, podSelector: everything }],
              ports: [
                { kind: 'numbers', protocol: 'TCP', ports: port(80) },
                { kind: 'numbers', protocol: 'SCTP', ports: port(1, 9) },
                { kind: 'name', portName: 'web' },
              ],
            },
          ],
          egress: [],
        },
      );
    });

    it('refuse what their API refuses', () => {
      const admin = (fields: Fields) => specFaults('AdminNetworkPolicy', { priority: 1, subject, ...fields });
      expect(admin({ priority: 1001 })).to.deep.equal(['spec.priority']);
      expect(admin({ subject: {} })).to.deep.equal(['spec.subject']);
      expect(admin({ subject: { namespaces: {}, pods: {} } })).to.deep.equal(['spec.subject']);
      expect(admin({ ingress: [{ action: 'Allow', from: [] }] })).to.deep.equal(['spec.ingress[0].from']);
      expect(admin({ ingress: [{ action: 'Allow', from: [{ networks: ['10.0.0.0/8'] }] }] })).to.deep.equal([
        'spec.ingress[0].from[0]',
      ]);
      expect(
        admin({ egress: [{ action: 'Allow', to: [{ nodes: {} }], ports: [{ namedPort: 'web' }] }] }),
      ).to.deep.equal(['spec.egress[0].ports[0]']);
      const baseline = (fields: Fields, name = 'default') =>
        specFaults('BaselineAdminNetworkPolicy', { subject, ...fields }, { name });
      expect(baseline({}, 'other')).to.deep.equal(['metadata.name']);
      expect(baseline({ ingress: [{ action: 'Pass', from: [{ namespaces: {} }] }] })).to.deep.equal([
        'spec.ingress[0].action',
      ]);
    });
  });

  describe('sets, profiles and settings', () => {
    it('clear host bits and doubles of network sets', () => {
      expect(specOf('NetworkSet', { nets: ['10.0.0.1/8', '10.0.0.0/8', '1.2.3.4'] })).to.deep.equal({
        nets: ['10.0.0.0/8', '1.2.3.4/32'],
      });
      expect(specOf('GlobalNetworkSet', {})).to.deep.equal({ nets: [] });
    });

    it('keep apart what FelixConfiguration sets and what it leaves', () => {
      expect(specOf('FelixConfiguration', {})).to.deep.equal({});
      expect(
        specOf('FelixConfiguration', {
          defaultEndpointToHostAction: 'ACCEPT',
          failsafeInboundHostPorts: [
            { protocol: 'TCP', port: 22, net: '10.0.0.0/8' },
            { protocol: 'UDP', port: 0 },
          ],
          failsafeOutboundHostPorts: [],
          interfacePrefix: 'cali, tap',
          natPortRange: '32768:65535',
          bpfEnabled: false,
        }),
      ).to.deep.equal({
        defaultEndpointToHostAction: 'Accept',
        failsafeInboundHostPorts: [{ protocol: 6, port: 22, net: '10.0.0.0/8' }],
        failsafeOutboundHostPorts: [],
        interfacePrefix: ['cali', 'tap'],
        natPortRange: port(32_768, 65_535),
        bpfEnabled: false,
      });
      expect(specFaults('FelixConfiguration', { nodeSelector: 'all()' }, { name: 'node.a' })).to.deep.equal([
        'spec.nodeSelector',
      ]);
    });

    it('give an IP pool its modes, its block size and its uses', () => {
      expect(specOf('IPPool', { cidr: '10.0.0.0/16', vxlanMode: 'CrossSubnet' })).to.deep.equal({
        cidr: '10.0.0.0/16',
        ipipMode: 'Never',
        vxlanMode: 'CrossSubnet',
        natOutgoing: false,
        disabled: false,
        disableBGPExport: false,
        blockSize: 26,
        nodeSelector: 'all()',
        allowedUses: ['Workload', 'Tunnel'],
        assignmentMode: 'Automatic',
      });
    });

    it('read the pools and the address detection of an Installation', () => {
      const calicoNetwork = {
        bgp: 'Disabled',
        nodeAddressAutodetectionV4: { firstFound: false, cidrs: ['10.0.0.0/8'] },
        ipPools: [{ cidr: '10.0.0.0/16', encapsulation: 'VXLANCrossSubnet', natOutgoing: 'Disabled' }],
      };
      expect(specOf('Installation', { calicoNetwork })).to.deep.equal({
        calicoNetwork: {
          bgp: 'Disabled',
          nodeAddressAutodetectionV4: { firstFound: false, cidrs: ['10.0.0.0/8'] },
          ipPools: [
            {
              cidr: '10.0.0.0/16',
              ipipMode: 'Never',
              vxlanMode: 'CrossSubnet',
              natOutgoing: false,
              nodeSelector: 'all()',
            },
          ],
        },
      });
    });

    it('read BGP peers with their ports, and AS numbers in every form', () => {
      expect(specOf('BGPPeer', { peerIP: '[fd00::1]:179', asNumber: '1.10' })).to.deep.equal({
        peerIP: 'fd00::1',
        peerPort: 179,
        asNumber: 65_546,
      });
      expect(
        specOf('BGPConfiguration', { asNumber: 64_512, serviceClusterIPs: [{ cidr: '10.96.0.0/12' }] }),
      ).to.deep.equal({
        asNumber: 64_512,
        serviceClusterIPs: ['10.96.0.0/12'],
        serviceExternalIPs: [],
        serviceLoadBalancerIPs: [],
      });
      expect(specFaults('BGPPeer', { peerIP: '10.0.0.1', asNumber: 'x' })).to.deep.equal(['spec.asNumber']);
    });
  });
});
