/** Builders of desired-state objects for tests: each takes what matters to the test and fills in the rest. */
import {
  ANY_END,
  type Cidr,
  type ClusterNode,
  type DesiredObject,
  DesiredStateStore,
  type EndpointTier,
  type Frontend,
  familyOf,
  type HostEndpoint,
  type HostEndpointKey,
  type InterfaceName,
  type IpAddress,
  type IpPool,
  type IpSet,
  type IpSetKey,
  type IpSetMember,
  type NodeKey,
  type NodeSettings,
  type ObjectRef,
  type Policy,
  type PolicyKey,
  type PoolKey,
  type PortRange,
  type Profile,
  type ProfileKey,
  parseCidr,
  parseIpAddress,
  parsePort,
  parsePortRange,
  type Route,
  type RouteKey,
  type RouteTarget,
  type Rule,
  type RuleAction,
  type RuleEnd,
  ruleInItsFamily,
  SETTINGS_KEY,
  type ServiceEndpoint,
  type ServicePort,
  type ServicePortKey,
  TCP,
  type WorkloadEndpoint,
  type WorkloadKey,
} from '../state';

/** A state that holds these objects. */
export function stateOf(...objects: readonly DesiredObject[]): DesiredStateStore {
  const store = new DesiredStateStore();
  store.apply({ scope: 'full', changes: objects.map((object) => ({ op: 'put', object })) });
  return store;
}

/** Settings of a node, with what a test changes. */
export function buildSettings(overrides: Partial<NodeSettings> = {}): NodeSettings {
  return {
    type: 'settings',
    key: SETTINGS_KEY,
    nodeName: 'node-1',
    nodeAddresses: [parseIpAddress('192.168.0.1')],
    localhostNodePorts: true,
    masqueradeAll: false,
    localDetector: { kind: 'cidrs', cidrs: [parseCidr('10.0.0.0/8')] },
    workloadInterfacePrefixes: ['cali'],
    endpointToHostAction: 'drop',
    failsafeInbound: [],
    failsafeOutbound: [],
    ...overrides,
  };
}

/** Another node of the cluster. */
export function buildClusterNode(
  name: string,
  addresses: readonly string[],
  overrides: Partial<ClusterNode> = {},
): ClusterNode {
  return {
    type: 'node',
    key: `node/${name}` as NodeKey,
    origin: { object: { apiVersion: 'v1', kind: 'Node', name }, field: '' },
    name,
    isLocal: false,
    addresses: addresses.map(parseIpAddress),
    podCidrs: [],
    ...overrides,
  };
}

/** A pool without encapsulation and NAT. */
export function buildPool(name: string, cidr: string, overrides: Partial<IpPool> = {}): IpPool {
  return {
    type: 'pool',
    key: `pool/${name}` as PoolKey,
    origin: { object: calico('IPPool', name), field: '' },
    name,
    cidr: parseCidr(cidr),
    encapsulation: 'none',
    crossSubnetOnly: false,
    natOutgoing: false,
    ...overrides,
  };
}

/** A route, with what a test changes. */
export function buildRoute(destination: string, target: RouteTarget): Route {
  const cidr = parseCidr(destination);
  return {
    type: 'route',
    key: `route/${cidr}` as RouteKey,
    origin: { object: calico('IPPool', 'pods'), field: '' },
    destination: cidr,
    target,
  };
}

/** A pod `default/name`; without tiers and profiles it is closed. */
export function buildWorkload(
  name: string,
  addresses: string | readonly string[],
  overrides: Partial<WorkloadEndpoint> = {},
): WorkloadEndpoint {
  return {
    type: 'workload',
    key: `workload/default/${name}` as WorkloadKey,
    origin: { object: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name }, field: '' },
    namespace: 'default',
    name,
    interfaceName: `cali-${name}`.slice(0, 15) as InterfaceName,
    addresses: [addresses].flat().map(parseIpAddress),
    allowedSources: [],
    tiers: [],
    profiles: [],
    ...overrides,
  };
}

/** A host endpoint on every interface without policy. */
export function buildHostEndpoint(name: string, overrides: Partial<HostEndpoint> = {}): HostEndpoint {
  return {
    type: 'hostEndpoint',
    key: `hostEndpoint/${name}` as HostEndpointKey,
    origin: { object: calico('HostEndpoint', name), field: '' },
    name,
    scope: { kind: 'allInterfaces' },
    expectedAddresses: [],
    tiers: [],
    forwardTiers: [],
    preDnatTiers: [],
    untrackedTiers: [],
    profiles: [],
    ...overrides,
  };
}

/** A tier whose policies act in the directions in which they have rules or none at all. */
export function buildTier(policies: readonly Policy[], overrides: Partial<EndpointTier> = {}): EndpointTier {
  const acting = (direction: 'ingress' | 'egress', other: 'ingress' | 'egress'): readonly PolicyKey[] =>
    policies.filter((policy) => policy[direction].length > 0 || policy[other].length === 0).map(({ key }) => key);
  return {
    name: 'default',
    defaultAction: 'deny',
    ingress: acting('ingress', 'egress'),
    egress: acting('egress', 'ingress'),
    ...overrides,
  };
}

/** Rules given in one direction only; `origin.field` is set to their place. */
export function buildPolicy(
  name: string,
  rules: { readonly ingress?: readonly Rule[]; readonly egress?: readonly Rule[] },
  overrides: Partial<Policy> = {},
): Policy {
  const object = calico('GlobalNetworkPolicy', name);
  return {
    type: 'policy',
    key: `policy/${name}` as PolicyKey,
    origin: { object, field: '' },
    tier: 'default',
    stage: 'normal',
    isStaged: false,
    appliesOnForward: false,
    ...placeRules(object, rules),
    ...overrides,
  };
}

/** A profile, with what a test changes. */
export function buildProfile(
  name: string,
  rules: { readonly ingress?: readonly Rule[]; readonly egress?: readonly Rule[] },
): Profile {
  const object = calico('Profile', name);
  return {
    type: 'profile',
    key: `profile/${name}` as ProfileKey,
    origin: { object, field: '' },
    ...placeRules(object, rules),
  };
}

/** What a rule asks of a packet; what is not given it does not ask. */
export type RuleMatchSpec = Partial<Omit<Rule, 'action' | 'source' | 'destination'>> & {
  readonly source?: Partial<RuleEnd>;
  readonly destination?: Partial<RuleEnd>;
};

/** A rule that matches everything but for what is given. Throws where that is of two IP families. */
export function buildRule(action: RuleAction, match: RuleMatchSpec = {}): Rule {
  const rule = buildRuleIfAny(action, match);
  if (rule === undefined) throw new Error('no packet can match a rule of two IP families');
  return rule;
}

/** The same; undefined where no packet can match. */
export function buildRuleIfAny(action: RuleAction, match: RuleMatchSpec): Rule | undefined {
  return ruleInItsFamily({
    origin: { object: calico('GlobalNetworkPolicy', 'unplaced'), field: '' },
    ...match,
    action,
    source: { ...ANY_END, ...match.source },
    destination: { ...ANY_END, ...match.destination },
  });
}

/** `net` set of ranges or addresses, or an `addressPort` set. */
export function buildIpSet(name: string, kind: IpSet['kind'], members: readonly string[]): IpSet {
  const parsed: readonly IpSetMember[] = kind === 'net' ? members.map(parseCidr) : (members as readonly IpSetMember[]);
  return { type: 'ipSet', key: ipSetKey(name), kind, members: new Set(parsed), description: name };
}

/** The key of an IP set for tests. */
export function ipSetKey(name: string): IpSetKey {
  return `ipSet/${name}` as IpSetKey;
}

/** A service port of `default/name` over TCP; the same endpoints serve both traffic policies unless said otherwise. */
export function buildService(
  name: string,
  frontends: readonly Frontend[],
  endpoints: readonly ServiceEndpoint[],
  overrides: Partial<ServicePort> = {},
): ServicePort {
  return {
    type: 'service',
    key: `service/default/${name}` as ServicePortKey,
    origin: { object: { apiVersion: 'v1', kind: 'Service', namespace: 'default', name }, field: 'spec.ports[0]' },
    namespace: 'default',
    name,
    portName: '',
    family: familyOf((frontends[0]?.address ?? '0.0.0.0') as IpAddress),
    protocol: TCP,
    frontends,
    clusterEndpoints: endpoints,
    localEndpoints: endpoints.filter(({ isLocal }) => isLocal),
    hasEndpoints: endpoints.length > 0,
    localReadyEndpoints: endpoints.filter(({ isLocal }) => isLocal).length,
    ...overrides,
  };
}

/** A frontend of a service, with what a test changes. */
export function buildFrontend(
  kind: Frontend['kind'],
  port: number,
  address?: string,
  overrides: Partial<Frontend> = {},
): Frontend {
  return {
    kind,
    port: parsePort(port),
    ...(address === undefined ? {} : { address: parseIpAddress(address) }),
    trafficPolicy: 'cluster',
    ...overrides,
  };
}

/** An endpoint of a service, with what a test changes. */
export function buildServiceEndpoint(address: string, port: number, isLocal: boolean): ServiceEndpoint {
  return { address: parseIpAddress(address), port: parsePort(port), isLocal };
}

/** Members of a `net` set. */
export function nets(...texts: readonly string[]): readonly Cidr[] {
  return texts.map(parseCidr);
}

/** Single ports and `[first, last]` ranges. */
export function ports(...values: readonly (number | readonly [number, number])[]): readonly PortRange[] {
  return values.map((value) => {
    const [first, last] = typeof value === 'number' ? ([value, value] as const) : value;
    return parsePortRange(first, last);
  });
}

function placeRules(
  object: ObjectRef,
  rules: { readonly ingress?: readonly Rule[]; readonly egress?: readonly Rule[] },
): { readonly ingress: readonly Rule[]; readonly egress: readonly Rule[] } {
  const place = (direction: 'ingress' | 'egress'): readonly Rule[] =>
    (rules[direction] ?? []).map((rule, index) => ({
      ...rule,
      origin: { object, field: `spec.${direction}[${index}]` },
    }));
  return { ingress: place('ingress'), egress: place('egress') };
}

function calico(kind: string, name: string): ObjectRef {
  return { apiVersion: 'projectcalico.org/v3', kind, name };
}
