/** Properties over arbitrary states and packets of a small world, in which everything meets everything. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Change,
  DesiredStateStore,
  type EndpointTier,
  ICMP,
  ICMPV6,
  type InterfaceName,
  type IpSetMember,
  type Policy,
  parseCidr,
  parseIpAddress,
  parsePort,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '../state';
import {
  buildClusterNode,
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildPool,
  buildProfile,
  buildRoute,
  buildRuleIfAny,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildWorkload,
  ipSetKey,
  ports,
} from '../testing/desired-objects';
import type { Packet } from './packet';
import { NodeSimulator } from './simulator';

const ADDRESSES = [
  '10.0.1.1',
  '10.0.1.1',
  '10.0.1.1',
  '10.0.1.2',
  '10.0.2.1',
  '192.168.0.1',
  '203.0.113.9',
  '127.0.0.1',
  'fd00::1',
  'fd00::2',
];
const CIDRS = ['0.0.0.0/0', '10.0.0.0/8', '10.0.1.0/31', '10.0.1.2/32', '192.168.0.0/16', '::/0', 'fd00::/127'];
const NAMES = ['a', 'b', 'c'];
/** TCP to port 80 comes up often, so that objects meet at one place. */
const PORTS = [80, 80, 8080, 30080];
const PROTOCOLS = [TCP, TCP, TCP, UDP, SCTP, ICMP, ICMPV6, UDPLITE];

const name = fc.constantFrom(...NAMES);
const address = fc.constantFrom(...ADDRESSES).map(parseIpAddress);
const cidr = fc.constantFrom(...CIDRS).map(parseCidr);
const cidrs = fc.uniqueArray(cidr, { maxLength: 3 });
const portRanges = fc.constantFrom(ports(), ports(80), ports([0, 8080]));
const protocol = fc.constantFrom(...PROTOCOLS);
const icmp = fc.record({ type: fc.constantFrom(0, 8, 128), code: fc.constantFrom(0, 1) }, { requiredKeys: ['type'] });
const addressPort = fc.constantFrom(
  '10.0.1.1,tcp:80',
  '10.0.2.1,udp:8080',
  'fd00::2,tcp:80',
) as fc.Arbitrary<IpSetMember>;

const ruleEnd = fc.record(
  {
    nets: cidrs,
    notNets: cidrs,
    ipSets: fc.uniqueArray(name.map(ipSetKey), { maxLength: 1 }),
    notIpSets: fc.uniqueArray(name.map(ipSetKey), { maxLength: 1 }),
    ports: portRanges,
    notPorts: portRanges,
    namedPorts: fc.uniqueArray(name.map(ipSetKey), { maxLength: 1 }),
    notNamedPorts: fc.uniqueArray(name.map(ipSetKey), { maxLength: 1 }),
    addressPortSets: fc.uniqueArray(name.map(ipSetKey), { maxLength: 1 }),
  },
  { requiredKeys: [] },
);

const rule = fc
  .tuple(
    fc.constantFrom('allow', 'deny', 'pass', 'log' as const),
    fc.record(
      {
        family: fc.constantFrom(4, 6 as const),
        protocol,
        notProtocol: protocol,
        icmp,
        notIcmp: icmp,
        source: ruleEnd,
        destination: ruleEnd,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([action, match]) => buildRuleIfAny(action, match))
  .filter((rule) => rule !== undefined);
const rules = fc.array(rule, { maxLength: 3 });

const policy = fc
  .tuple(name, fc.record({ ingress: rules, egress: rules }), fc.boolean())
  .map(([id, given, isStaged]): Policy => buildPolicy(id, given, { isStaged }));

const policyKeys = fc.uniqueArray(name.map((id) => buildPolicy(id, {}).key));
const tier = fc.record({
  name,
  defaultAction: fc.constantFrom('deny', 'pass' as const),
  ingress: policyKeys,
  egress: policyKeys,
}) satisfies fc.Arbitrary<EndpointTier>;
const tiers = fc.array(tier, { maxLength: 2 });
const profileKeys = fc.uniqueArray(name.map((id) => buildProfile(id, {}).key));

const frontend = fc
  .tuple(
    fc.constantFrom('clusterIp', 'externalIp', 'loadBalancerIp', 'nodePort' as const),
    fc.constantFrom(...PORTS),
    fc.constantFrom(...ADDRESSES),
    fc.record(
      { trafficPolicy: fc.constantFrom('cluster', 'local' as const), sourceRanges: cidrs },
      { requiredKeys: ['trafficPolicy'] },
    ),
  )
  .map(([kind, port, at, rest]) => buildFrontend(kind, port, kind === 'nodePort' ? undefined : at, rest));

const endpoint = fc
  .tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...PORTS), fc.boolean())
  .map(([at, port, isLocal]) => buildServiceEndpoint(at, port, isLocal));

const objectOfEndpoints = fc.oneof(
  fc
    .record({
      nodeAddresses: fc.uniqueArray(address, { maxLength: 2 }),
      nodePortAddresses: cidrs,
      localhostNodePorts: fc.boolean(),
      masqueradeAll: fc.boolean(),
      localDetector: fc.oneof(
        cidrs.map((list) => ({ kind: 'cidrs', cidrs: list }) as const),
        fc.constantFrom({ kind: 'none' } as const, { kind: 'workloadInterfaces' } as const),
      ),
      endpointToHostAction: fc.constantFrom('drop', 'return', 'accept' as const),
    })
    .map(buildSettings),
  fc.tuple(name, fc.uniqueArray(cidr)).map(([id, members]) => buildIpSet(id, 'net', members)),
  fc.tuple(name, fc.uniqueArray(addressPort)).map(([id, members]) => buildIpSet(id, 'addressPort', members)),
  policy,
  fc.tuple(name, fc.record({ ingress: rules, egress: rules })).map(([id, given]) => buildProfile(id, given)),
  fc
    .tuple(name, fc.uniqueArray(fc.constantFrom(...ADDRESSES), { maxLength: 2 }), cidrs, tiers, profileKeys)
    .map(([id, at, allowedSources, given, profiles]) =>
      buildWorkload(id, at, { allowedSources, tiers: given, profiles }),
    ),
  fc
    .record({
      scope: fc.constantFrom(
        { kind: 'allInterfaces' } as const,
        { kind: 'addresses' } as const,
        { kind: 'interface', interfaceName: 'eth0' as InterfaceName } as const,
      ),
      expectedAddresses: fc.uniqueArray(address, { maxLength: 1 }),
      tiers,
      forwardTiers: tiers,
      preDnatTiers: tiers,
      untrackedTiers: tiers,
      profiles: profileKeys,
    })
    .chain((given) => name.map((id) => buildHostEndpoint(id, given))),
  fc
    .tuple(name, fc.array(frontend, { maxLength: 2 }), fc.array(endpoint, { maxLength: 2 }), fc.boolean(), protocol)
    .map(([id, frontends, endpoints, hasEndpoints, spoken]) =>
      buildService(id, frontends, endpoints, { hasEndpoints, protocol: spoken }),
    ),
);

const objectOfHost = fc.oneof(
  fc.tuple(name, cidr, fc.boolean()).map(([id, range, natOutgoing]) => buildPool(id, range, { natOutgoing })),
  fc
    .tuple(name, fc.uniqueArray(fc.constantFrom(...ADDRESSES), { maxLength: 2 }), fc.boolean())
    .map(([id, at, isLocal]) => buildClusterNode(id, at, { isLocal })),
  fc.tuple(cidr, name, fc.constantFrom('none', 'vxlan', 'ipip' as const)).map(([destination, id, encapsulation]) => {
    const gateway = parseIpAddress('192.168.0.2');
    return buildRoute(destination, { kind: 'node', node: buildClusterNode(id, []).key, gateway, encapsulation });
  }),
  fc
    .tuple(cidr, name)
    .map(([destination, id]) => buildRoute(destination, { kind: 'workload', workload: buildWorkload(id, []).key })),
);

const object = fc.oneof({ weight: 3, arbitrary: objectOfEndpoints }, { weight: 1, arbitrary: objectOfHost });

const key = object.map((any) => any.key);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: object.map((put): Change => ({ op: 'put', object: put })) },
  { weight: 1, arbitrary: key.map((gone): Change => ({ op: 'remove', key: gone })) },
  {
    weight: 1,
    arbitrary: fc.tuple(name, fc.uniqueArray(cidr), fc.boolean()).map(([id, members, isAdding]): Change => {
      const [added, removed] = isAdding ? [members, []] : [[], members];
      return { op: 'members', key: ipSetKey(id), added, removed };
    }),
  },
);

const packet: fc.Arbitrary<Packet> = fc.record(
  {
    entry: fc.oneof(
      name.map((id) => ({ kind: 'workload', workload: buildWorkload(id, []).key }) as const),
      fc.constant({ kind: 'host' } as const),
      fc.constantFrom({ kind: 'network' } as const, { kind: 'network', interfaceName: 'eth1' } as const),
    ),
    source: address,
    sourcePort: fc.constantFrom(...PORTS).map(parsePort),
    destination: address,
    destinationPort: fc.constantFrom(...PORTS).map(parsePort),
    protocol,
    icmp,
  },
  { requiredKeys: ['entry', 'source', 'destination', 'protocol'] },
);

/** The changes that fit the state they meet: members of the wrong form never reach a set. */
function applyFitting(state: DesiredStateStore, simulator: NodeSimulator, changes: readonly Change[]): void {
  for (const one of changes) {
    if (one.op === 'members' && state.ipSets.get(one.key)?.kind !== 'net') continue;
    state.apply({ scope: 'delta', changes: [one] });
    simulator.apply({ scope: 'delta', changes: [one] });
  }
}

describe('NodeSimulator, whatever the state', () => {
  it('judges any packet, and says why where it refuses one', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.array(packet, { maxLength: 10 }), (changes, packets) => {
        const simulator = new NodeSimulator(new DesiredStateStore());
        applyFitting(new DesiredStateStore(), simulator, changes);
        for (const sent of packets) {
          const { verdict, steps, destinations } = simulator.judge(sent);
          if (destinations.length === 0) expect(steps.at(-1)?.outcome).to.equal(verdict);
          for (const destination of destinations.filter((one) => one.verdict !== 'allow')) {
            expect(destination.steps.at(-1)?.outcome).to.equal(destination.verdict);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('judges after any changes as a new simulator of the same state does', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.array(packet, { maxLength: 10 }), (changes, packets) => {
        const state = new DesiredStateStore();
        const simulator = new NodeSimulator(state);
        applyFitting(state, simulator, changes);
        const fresh = new NodeSimulator(state);
        for (const sent of packets) expect(simulator.judge(sent)).to.deep.equal(fresh.judge(sent));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same judgement whatever the order in which the objects came', () => {
    const objectsOfKeys = fc.uniqueArray(object, { maxLength: 25, selector: ({ key: id }) => id });
    fc.assert(
      fc.property(objectsOfKeys, fc.array(packet, { maxLength: 10 }), (objects, packets) => {
        const judgeIn = (order: typeof objects): unknown => {
          const simulator = new NodeSimulator(new DesiredStateStore());
          simulator.apply({ scope: 'full', changes: order.map((put) => ({ op: 'put', object: put })) });
          return packets.map((sent) => simulator.judge(sent));
        };
        expect(judgeIn([...objects].reverse())).to.deep.equal(judgeIn(objects));
      }),
      { numRuns: 300 },
    );
  });
});
