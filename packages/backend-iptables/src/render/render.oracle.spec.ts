import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Cidr,
  cidrContains,
  type DesiredObject,
  type DesiredState,
  familyOf,
  formatProtocol,
  ICMP,
  ICMPV6,
  type IpAddress,
  type Port,
  type Protocol,
  parseCidr,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type Rule,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import { NodeSimulator, type Packet } from '@polyplane/core/simulator';
import {
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildProfile,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
  stateOf,
} from '@polyplane/core/testing';
import { DEFAULT_MARK_MASK, marksOf } from './marks';
import { Renderer } from './render';
import type { BaseChain, FamilyRules, KernelSet, Ruleset, TableName } from './ruleset';

const WORKLOADS = { web: '10.0.0.2', api: '10.0.0.3' } as const;
const FAR = '10.0.1.2';
const NODE = '192.168.0.1';
const CLIENT = '203.0.113.9';
const OTHER_CLIENT = '198.51.100.7';
const VIPS = ['10.96.0.1', '10.96.0.2', '203.0.113.80'] as const;
const UPLINK = 'eth0';

describe('The rendered rules', () => {
  it('do to every packet what the simulator says', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(arbitraryState, fc.array(arbitraryPacket, { minLength: 10, maxLength: 30 }), (objects, packets) => {
        const state = stateOf(...objects);
        const oracle = new NodeSimulator(state);
        const model = new NetfilterModel(state);
        for (const packet of packets) {
          if (isUntrackedToItself(state, packet)) continue;
          expect(model.outcomes(packet), describePacket(packet)).to.deep.equal(predictedOutcomes(oracle, packet));
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** The simulator lets such a packet in unasked; here the loopback interface’s policy is asked, as the kernel’s order of hooks has it. */
function isUntrackedToItself(state: DesiredState, { entry, destination }: Packet): boolean {
  const isUntracked = [...state.hostEndpoints.values()].some(({ untrackedTiers }) => untrackedTiers.length > 0);
  return isUntracked && entry.kind === 'host' && destination === NODE;
}

/** Every way a packet can go, as text: `allow 10.0.0.2:80 masqueraded`, `drop`, `reject`; sorted, each once. */
function predictedOutcomes(oracle: NodeSimulator, packet: Packet): readonly string[] {
  const { verdict, destinations } = oracle.judge(packet);
  if (destinations.length === 0) return [verdict === 'deny' ? 'drop' : verdict];
  const outcomes = destinations.map(({ address, port, verdict: own, isMasqueraded }) =>
    own === 'allow' ? formatAllowed(address, port, isMasqueraded) : own === 'deny' ? 'drop' : own,
  );
  return [...new Set(outcomes)].sort();
}

function formatAllowed(address: string, port: number | undefined, isMasqueraded: boolean): string {
  return `allow ${address}:${port ?? ''}${isMasqueraded ? ' masqueraded' : ''}`;
}

function describePacket(packet: Packet): string {
  return JSON.stringify(packet);
}

// ---------------------------------------------------------------------------------------------------------------------
// States and packets

const arbitraryPort = fc.constantFrom(80, 81, 90, 443, 8080, 30080, 40000);
const arbitraryRange: fc.Arbitrary<number | readonly [number, number]> = fc.oneof(
  arbitraryPort,
  fc.constantFrom<readonly [number, number]>([80, 90], [1, 79], [400, 8080]),
);
const arbitraryPorts: fc.Arbitrary<readonly (number | readonly [number, number])[]> = fc.oneof(
  fc.constant([]),
  fc.array(arbitraryRange, { maxLength: 3 }),
  fc.constant([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 80, [443, 500]]),
);
const arbitraryNets = fc.oneof(
  fc.constant([]),
  fc.array(
    fc.constantFrom('10.0.0.0/24', '10.0.0.2/32', '10.0.0.3/32', '203.0.113.0/24', '0.0.0.0/0', 'fd00::/8', FAR),
    { maxLength: 3 },
  ),
);
const arbitrarySets = fc.subarray([ipSetKey('friends'), ipSetKey('empty'), ipSetKey('unknown')], { maxLength: 2 });
const arbitraryPortSets = fc.subarray([ipSetKey('named'), ipSetKey('services')], { maxLength: 1 });
const rarely = <Value>(arbitrary: fc.Arbitrary<readonly Value[]>): fc.Arbitrary<readonly Value[]> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary });

const arbitraryEnd = fc
  .record({
    nets: rarely(arbitraryNets),
    notNets: rarely(arbitraryNets),
    ipSets: rarely(arbitrarySets),
    notIpSets: rarely(arbitrarySets),
    ports: rarely(arbitraryPorts),
    notPorts: rarely(arbitraryPorts),
    namedPorts: rarely(arbitraryPortSets),
    notNamedPorts: rarely(arbitraryPortSets),
    addressPortSets: rarely(arbitraryPortSets),
  })
  .map((end) => ({
    ...end,
    nets: nets(...end.nets),
    notNets: nets(...end.notNets),
    ports: ports(...end.ports),
    notPorts: ports(...end.notPorts),
  }));

const arbitraryIcmp = fc.constantFrom({ type: 8 }, { type: 8, code: 0 }, { type: 3, code: 1 });
const arbitraryProtocol = fc.constantFrom(TCP, UDP, ICMP, SCTP, parseProtocol(47));
const arbitraryRule: fc.Arbitrary<Rule> = fc
  .record(
    {
      family: fc.constantFrom<4 | 6>(4, 4, 6),
      protocol: fc.constantFrom(TCP, TCP, UDP, ICMP, SCTP),
      notProtocol: arbitraryProtocol,
      icmp: arbitraryIcmp,
      notIcmp: arbitraryIcmp,
      source: arbitraryEnd,
      destination: arbitraryEnd,
    },
    { requiredKeys: ['source', 'destination'] },
  )
  .chain((match) =>
    fc.record({
      action: fc.constantFrom('allow', 'allow', 'deny', 'pass', 'log'),
      match: fc.constantFrom(match, { source: match.source, destination: match.destination }, without(match)),
    }),
  )
  .map(({ action, match }) => buildRule(action as Rule['action'], match));

/** Rules with every criterion at once rarely match. */
function without<Match extends { icmp?: unknown; notIcmp?: unknown; notProtocol?: unknown }>(match: Match): Match {
  const { icmp, notIcmp, notProtocol, ...rest } = match;
  // What is left out is optional.
  return rest as Match;
}

const arbitraryRules = fc.array(arbitraryRule, { maxLength: 4 });
const POLICY_NAMES = ['a', 'b', 'c'] as const;
const arbitraryPolicies = fc.tuple(
  ...POLICY_NAMES.map((name) =>
    fc
      .record({ ingress: arbitraryRules, egress: arbitraryRules, isStaged: fc.constantFrom(false, false, false, true) })
      .map(({ ingress, egress, isStaged }) => buildPolicy(name, { ingress, egress }, { isStaged })),
  ),
);
const arbitraryTier = fc.record({
  name: fc.constantFrom('one', 'two'),
  defaultAction: fc.constantFrom<'deny' | 'pass'>('deny', 'pass'),
  ingress: fc.subarray([...POLICY_NAMES].map((name) => buildPolicy(name, {}).key)),
  egress: fc.subarray([...POLICY_NAMES].map((name) => buildPolicy(name, {}).key)),
});
const arbitraryTiers = fc.array(arbitraryTier, { maxLength: 2 });
const arbitraryProfiles = fc.subarray([buildProfile('p', {}).key, buildProfile('gone', {}).key]);

const arbitraryWorkloads = fc.tuple(
  ...Object.entries(WORKLOADS).map(([name, address]) =>
    fc
      .record({
        tiers: arbitraryTiers,
        profiles: arbitraryProfiles,
        allowedSources: fc.constantFrom([], nets('10.7.0.0/16')),
      })
      .map((overrides) => buildWorkload(name, address, overrides)),
  ),
);

const arbitraryHostEndpoint = fc
  .record({
    scope: fc.constantFrom(
      { kind: 'allInterfaces' } as const,
      { kind: 'interface', interfaceName: UPLINK as never } as const,
      {
        kind: 'addresses',
      } as const,
    ),
    tiers: arbitraryTiers,
    forwardTiers: arbitraryTiers,
    preDnatTiers: fc.oneof(fc.constant([]), arbitraryTiers),
    untrackedTiers: fc.oneof(fc.constant([]), fc.constant([]), arbitraryTiers),
    profiles: arbitraryProfiles,
  })
  .map((overrides) => buildHostEndpoint('host', { ...overrides, expectedAddresses: [parseIpAddress(NODE)] }));

const arbitraryEndpoints = fc.subarray([
  buildServiceEndpoint(WORKLOADS.web, 8080, true),
  buildServiceEndpoint(WORKLOADS.api, 80, true),
  buildServiceEndpoint(FAR, 443, false),
]);
const arbitraryFrontend = fc
  .record({
    kind: fc.constantFrom('clusterIp', 'externalIp', 'loadBalancerIp', 'nodePort'),
    address: fc.constantFrom(...VIPS, NODE),
    // Not the node port: an external address of the node itself with a node port's number is two frontends in one place.
    port: arbitraryPort.filter((port) => port !== 30080),
    trafficPolicy: fc.constantFrom<'cluster' | 'local'>('cluster', 'local'),
    sourceRanges: fc.constantFrom(
      undefined,
      undefined,
      nets('203.0.113.0/24'),
      nets('10.0.0.0/8', 'fd00::/8'),
      nets('192.168.0.0/24'),
    ),
  })
  .map(({ kind, address, port, trafficPolicy, sourceRanges }) =>
    buildFrontend(kind as 'clusterIp', kind === 'nodePort' ? 30080 : port, kind === 'nodePort' ? undefined : address, {
      trafficPolicy,
      ...(kind === 'loadBalancerIp' && sourceRanges !== undefined ? { sourceRanges } : {}),
    }),
  );
const arbitraryServices = fc.tuple(
  ...['s1', 's2'].map((name) =>
    fc
      .record({
        frontends: fc.array(arbitraryFrontend, { minLength: 1, maxLength: 3 }),
        endpoints: arbitraryEndpoints,
        protocol: fc.constantFrom(TCP, UDP, SCTP),
      })
      .map(({ frontends, endpoints, protocol }) => buildService(name, frontends, endpoints, { protocol, family: 4 })),
  ),
);

const arbitrarySettings = fc
  .record({
    localhostNodePorts: fc.boolean(),
    masqueradeAll: fc.constantFrom(false, false, true),
    localDetector: fc.constantFrom(
      { kind: 'cidrs', cidrs: nets('10.0.0.0/24') } as const,
      { kind: 'cidrs', cidrs: nets('10.0.0.0/25', '10.0.0.128/25', 'fd00::/8') } as const,
      { kind: 'workloadInterfaces' } as const,
      { kind: 'none' } as const,
    ),
    endpointToHostAction: fc.constantFrom<'drop' | 'return' | 'accept'>('drop', 'return', 'accept'),
    failsafeInbound: fc.constantFrom([], [{ protocol: TCP, ports: { first: 80 as Port, last: 81 as Port } }]),
    failsafeOutbound: fc.constantFrom(
      [],
      [{ protocol: UDP, ports: { first: 443 as Port, last: 443 as Port }, net: parseCidr(`${CLIENT}/32`) }],
    ),
    nodePortAddresses: fc.constantFrom(undefined, nets('192.168.0.0/24'), nets('172.16.0.0/12')),
  })
  .map(({ nodePortAddresses, ...settings }) =>
    buildSettings({ ...settings, ...(nodePortAddresses === undefined ? {} : { nodePortAddresses }) }),
  );

const SETS: readonly DesiredObject[] = [
  buildIpSet('friends', 'net', ['10.0.0.3', '203.0.113.0/24', 'fd00::/8']),
  buildIpSet('empty', 'net', []),
  buildIpSet('named', 'addressPort', [
    '10.0.0.2,tcp:8080',
    '10.0.0.3,udp:80',
    '203.0.113.9,tcp:40000',
    'fd00::1,tcp:80',
  ]),
  buildIpSet('services', 'addressPort', ['10.0.0.2,tcp:8080', '10.0.1.2,tcp:443', '10.0.0.2,sctp:8080']),
];
const arbitraryState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .record({
    settings: arbitrarySettings,
    policies: arbitraryPolicies,
    profile: fc.record({ ingress: arbitraryRules, egress: arbitraryRules }).map((rules) => buildProfile('p', rules)),
    workloads: arbitraryWorkloads,
    hosts: fc.oneof(fc.constant([]), fc.tuple(arbitraryHostEndpoint)),
    services: arbitraryServices,
  })
  .map(({ settings, policies, profile, workloads, hosts, services }) => [
    settings,
    ...SETS,
    ...policies,
    profile,
    ...workloads,
    ...hosts,
    ...services,
  ]);

const [WEB, API] = Object.entries(WORKLOADS).map(([name, address]) => buildWorkload(name, address).key);
const arbitraryEntry = fc.constantFrom<readonly [Packet['entry'], string]>(
  [{ kind: 'workload', workload: WEB as NonNullable<typeof WEB> }, WORKLOADS.web],
  [{ kind: 'workload', workload: WEB as NonNullable<typeof WEB> }, '10.7.0.1'],
  [{ kind: 'workload', workload: API as NonNullable<typeof API> }, WORKLOADS.api],
  [{ kind: 'host' }, NODE],
  [{ kind: 'network' }, CLIENT],
  [{ kind: 'network' }, OTHER_CLIENT],
  [{ kind: 'network' }, FAR],
);
const arbitraryPacket: fc.Arbitrary<Packet> = fc
  .record({
    entry: arbitraryEntry,
    destination: fc.constantFrom(...Object.values(WORKLOADS), FAR, NODE, NODE, CLIENT, ...VIPS, ...VIPS),
    sourcePort: fc.constantFrom(40000, 50000),
    destinationPort: fc.constantFrom(80, 80, 81, 90, 443, 8080, 30080, 30080),
    protocol: fc.constantFrom(TCP, TCP, UDP, SCTP, ICMP, parseProtocol(47)),
    icmp: arbitraryIcmp,
  })
  .map(({ entry: [entry, source], destination, sourcePort, destinationPort, protocol, icmp }) => ({
    entry,
    source: parseIpAddress(source),
    destination: parseIpAddress(destination),
    protocol,
    ...(protocol === ICMP ? { icmp: { code: 0, ...icmp } } : {}),
    ...(protocol === TCP || protocol === UDP || protocol === SCTP
      ? { sourcePort: parsePort(sourcePort), destinationPort: parsePort(destinationPort) }
      : {}),
  }));

// ---------------------------------------------------------------------------------------------------------------------
// Netfilter, as far as the rendered rules use it

/** A packet on its way; every random choice of a rule makes two of it. */
interface Walker {
  readonly protocol: Protocol;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly icmp: Packet['icmp'];
  readonly inInterface: string;
  readonly outInterface: string;
  readonly mark: number;
  readonly isTranslated: boolean;
  readonly isUntracked: boolean;
  readonly isMasqueraded: boolean;
}

type ChainEnd = 'accept' | 'drop' | 'reject' | 'fallThrough';

/** Runs packets through the rules' text: the kernel's hooks in their order, for the first packet of a flow. */
class NetfilterModel {
  private readonly rules: FamilyRules;
  private readonly sets: ReadonlyMap<string, KernelSet>;
  private readonly interfaces: ReadonlyMap<string, string>;

  constructor(state: DesiredState) {
    const marks = marksOf(DEFAULT_MARK_MASK);
    if (marks === undefined) throw new Error('the default mask has too few bits');
    const ruleset: Ruleset = new Renderer(marks).render(state, new Map([[UPLINK, [parseIpAddress(NODE)]]]));
    const rules = ruleset.families.get(4);
    if (rules === undefined) throw new Error('nothing was rendered');
    this.rules = rules;
    this.sets = ruleset.sets;
    this.interfaces = new Map(
      [...state.workloads.values()].map((workload) => [workload.addresses.join(), workload.interfaceName]),
    );
  }

  outcomes(packet: Packet): readonly string[] {
    const walker: Walker = {
      protocol: packet.protocol,
      source: packet.source,
      destination: packet.destination,
      sourcePort: packet.sourcePort,
      destinationPort: packet.destinationPort,
      icmp: packet.icmp,
      inInterface: '',
      outInterface: '',
      mark: 0,
      isTranslated: false,
      isUntracked: false,
      isMasqueraded: false,
    };
    const { entry } = packet;
    const found =
      entry.kind === 'host'
        ? this.fromHost(walker)
        : this.fromInterface({
            ...walker,
            inInterface: entry.kind === 'network' ? UPLINK : `cali-${entry.workload.split('/').pop()}`,
          });
    return [...new Set(found)].sort();
  }

  private fromInterface(walker: Walker): readonly string[] {
    return this.through(walker, ['raw', 'mangle', 'nat'], 'PREROUTING', (routed) => {
      const outInterface = this.route(routed);
      const isToHost = outInterface === 'lo';
      const next = { ...routed, outInterface: isToHost ? '' : outInterface };
      return this.through(next, ['mangle', 'filter'], isToHost ? 'INPUT' : 'FORWARD', (passed) =>
        isToHost
          ? [this.arrived(passed)]
          : this.through(passed, ['mangle', 'nat'], 'POSTROUTING', (left) => [this.arrived(left)]),
      );
    });
  }

  private fromHost(walker: Walker): readonly string[] {
    const first = { ...walker, outInterface: this.route(walker) };
    return this.through(first, ['raw', 'mangle', 'nat'], 'OUTPUT', (translated) => {
      const next = { ...translated, outInterface: this.route(translated) };
      return this.through(next, ['filter'], 'OUTPUT', (passed) =>
        this.through(passed, ['mangle', 'nat'], 'POSTROUTING', (left) =>
          left.outInterface === 'lo'
            ? this.backToHost({ ...left, inInterface: 'lo', outInterface: '' })
            : [this.arrived(left)],
        ),
      );
    });
  }

  /** What the host sends to itself comes in again; its flow is known, so nothing is translated a second time. */
  private backToHost(walker: Walker): readonly string[] {
    return this.through(walker, ['raw', 'mangle'], 'PREROUTING', (routed) =>
      this.through(routed, ['filter'], 'INPUT', (passed) => [this.arrived(passed)]),
    );
  }

  private arrived({ destination, destinationPort, isMasqueraded }: Walker): string {
    return formatAllowed(destination, destinationPort, isMasqueraded);
  }

  private route({ destination }: Walker): string {
    return this.interfaces.get(destination) ?? (destination === NODE || destination.startsWith('127.') ? 'lo' : UPLINK);
  }

  private through(
    walker: Walker,
    tables: readonly TableName[],
    base: BaseChain,
    next: (walker: Walker) => readonly string[],
  ): readonly string[] {
    const [table, ...rest] = tables;
    if (table === undefined) return next(walker);
    const chain = this.rules[table].hooks.get(base);
    // Without connection tracking there is no translation.
    if (chain === undefined || (table === 'nat' && walker.isUntracked)) return this.through(walker, rest, base, next);
    return this.walk(table, chain, walker).flatMap(([end, passed]) =>
      end === 'drop' || end === 'reject' ? [end] : this.through(passed, rest, base, next),
    );
  }

  /** Every way through a chain. */
  private walk(table: TableName, chain: string, start: Walker): readonly (readonly [ChainEnd, Walker])[] {
    const rules = [...this.rules[table].chains].find(([name]) => name === chain)?.[1];
    if (rules === undefined) throw new Error(`${table} has no chain ${chain}`);
    const ends: (readonly [ChainEnd, Walker])[] = [];
    let walkers: readonly Walker[] = [start];
    for (const rule of rules) {
      const going: Walker[] = [];
      for (const walker of walkers) {
        const { matches, mayFail, target } = this.read(rule, walker);
        if (!matches || mayFail) going.push(walker);
        if (!matches) continue;
        for (const [end, after] of this.hit(table, target, walker)) {
          if (end === 'next') going.push(after);
          else ends.push([end, after]);
        }
      }
      walkers = going;
    }
    for (const walker of walkers) ends.push(['fallThrough', walker]);
    return ends;
  }

  private hit(
    table: TableName,
    target: readonly string[],
    walker: Walker,
  ): readonly (readonly [ChainEnd | 'next', Walker])[] {
    const [flag, name = '', , value = ''] = target;
    if (flag === '-g') return this.walk(table, name, walker);
    switch (name) {
      case 'ACCEPT':
        return [['accept', walker]];
      case 'DROP':
        return [['drop', walker]];
      case 'RETURN':
        return [['fallThrough', walker]];
      case 'REJECT':
        return [['reject', walker]];
      case 'LOG':
        return [['next', walker]];
      case 'CT':
        return [['next', { ...walker, isUntracked: true }]];
      case 'MASQUERADE':
        return [['accept', { ...walker, isMasqueraded: true }]];
      case 'MARK': {
        const [bits = 0, mask = 0] = value.split('/').map(Number);
        return [['next', { ...walker, mark: ((walker.mark & ~mask) ^ bits) >>> 0 }]];
      }
      case 'DNAT': {
        const colon = value.lastIndexOf(':');
        const destination = parseIpAddress(value.slice(0, colon));
        return [
          ['accept', { ...walker, destination, destinationPort: Number(value.slice(colon + 1)), isTranslated: true }],
        ];
      }
      default:
        return this.walk(table, name, walker).map(([end, after]) => [end === 'fallThrough' ? 'next' : end, after]);
    }
  }

  /** Whether the rule matches, whether it could as well not, and its target with options. */
  private read(rule: string, walker: Walker): { matches: boolean; mayFail: boolean; target: readonly string[] } {
    const words = rule.match(/"[^"]*"|\S+/g) ?? [];
    let isNegated = false;
    let mayFail = false;
    for (let index = 0; index < words.length; index++) {
      const word = words[index] ?? '';
      if (word === '-j' || word === '-g') return { matches: true, mayFail, target: words.slice(index) };
      if (word === '!') {
        isNegated = true;
        continue;
      }
      if (word === '-m') {
        index += 1;
        continue;
      }
      const value = words[index + 1] ?? '';
      index += word === '--rcheck' || word === '--reap' || word === '--set' || word === '--rsource' ? 0 : 1;
      if (word === '--rcheck') return { matches: false, mayFail: false, target: [] };
      if (word === '--probability') mayFail = true;
      if (['--mode', '--probability', '--seconds', '--reap', '--name', '--mask', '--rsource', '--set'].includes(word))
        continue;
      const fields = word === '--match-set' ? words[++index] : '';
      if (this.test(word, value, fields ?? '', walker) === isNegated)
        return { matches: false, mayFail: false, target: [] };
      isNegated = false;
    }
    throw new Error(`a rule without a target: ${rule}`);
  }

  private test(option: string, value: string, fields: string, walker: Walker): boolean {
    const inPorts = (port: number | undefined): boolean =>
      port !== undefined &&
      value.split(',').some((range) => {
        const [first = 0, last = first] = range.split(':').map(Number);
        return first <= port && port <= last;
      });
    switch (option) {
      case '-s':
        return cidrContains(parseCidr(value), walker.source);
      case '-d':
        return cidrContains(parseCidr(value), walker.destination);
      case '-i':
        return isInterface(value, walker.inInterface);
      case '-o':
        return isInterface(value, walker.outInterface);
      case '-p':
        return parseProtocol(value === 'ipv6-icmp' ? ICMPV6 : value) === walker.protocol;
      case '--sport':
      case '--sports':
        return inPorts(walker.sourcePort);
      case '--dport':
      case '--dports':
        return inPorts(walker.destinationPort);
      case '--icmp-type': {
        const [type, code] = value.split('/').map(Number);
        return walker.icmp?.type === type && (code === undefined || walker.icmp?.code === code);
      }
      case '--match-set':
        return this.isMember(value, fields, walker);
      case '--mark': {
        const [bits = 0, mask = 0] = value.split('/').map(Number);
        return (walker.mark & mask) >>> 0 === bits;
      }
      case '--ctstate':
        return value.split(',').some((state) => isInState(state, walker));
      case '--src-type':
        return isLocal(walker.source);
      case '--dst-type':
        return isLocal(walker.destination);
      default:
        throw new Error(`unknown option ${option}`);
    }
  }

  private isMember(name: string, fields: string, walker: Walker): boolean {
    const set = this.sets.get(name);
    if (set === undefined) throw new Error(`no set ${name}`);
    const address = fields.startsWith('src') ? walker.source : walker.destination;
    const port = fields.startsWith('src') ? walker.sourcePort : walker.destinationPort;
    const element = `${formatProtocol(walker.protocol)}:${port ?? 0}`;
    for (const member of set.members) {
      const [first = '', second, third] = member.split(',');
      if (!inRange(first, address)) continue;
      if (second !== undefined && (second !== element || !hasPort(walker.protocol))) continue;
      if (third !== undefined && !inRange(third, walker.source)) continue;
      return true;
    }
    return false;
  }
}

function hasPort(protocol: Protocol): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === UDPLITE;
}

function inRange(range: string, address: IpAddress): boolean {
  const cidr: Cidr = parseCidr(range);
  return familyOf(cidr) === familyOf(address) && cidrContains(cidr, address);
}

function isInterface(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function isInState(state: string, walker: Walker): boolean {
  if (state === 'NEW') return !walker.isUntracked;
  if (state === 'UNTRACKED') return walker.isUntracked;
  return state === 'DNAT' && walker.isTranslated;
}

function isLocal(address: IpAddress): boolean {
  return address === NODE || address.startsWith('127.');
}
