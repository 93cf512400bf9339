/** Workloads in filter: from which interface a packet comes or to which it goes, and whose policy judges it. */
import {
  type Cidr,
  cidrOf,
  type DesiredState,
  ICMPV6,
  type IpFamily,
  type NodeSettings,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import { renderRangeSet } from './ip-sets';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain } from './names';
import { clearRule, type PolicyChains } from './policy-chains';
import { buildPrefixTree, type PrefixNode } from './prefix-tree';
import { formatRule, isSafeInterface, type RuleSpec, type RuleText, type Target } from './rule-text';

/** Judges a packet from a workload: drops it, accepts it when its flow is established, or returns with the accept mark set. */
export const FROM_WORKLOAD_CHAIN = fixedChain('FROM-WORKLOAD');
/** The same for a packet to a workload. */
export const TO_WORKLOAD_CHAIN = fixedChain('TO-WORKLOAD');
/** Judges a packet from a workload to the host itself. */
export const WORKLOAD_TO_HOST_CHAIN = fixedChain('WORKLOAD-TO-HOST');

/** An interface that no workload endpoint names: established flows go on, nothing else. */
const UNKNOWN_CHAIN = fixedChain('UNKNOWN-WORKLOAD');

const LEAF_SIZE = 12;

/** Neighbour and router discovery, and multicast listener reports: without them IPv6 does not work at all. */
const NEIGHBOUR_DISCOVERY_TYPES = [130, 131, 132, 133, 134, 135, 136, 143];

/** Adds the workloads' chains to `policy.chains` and their sets to `policy.sets`. */
export function renderWorkloadChains(
  state: DesiredState,
  settings: NodeSettings,
  family: IpFamily,
  marks: Marks,
  policy: PolicyChains,
): void {
  const workloads = [...state.workloads.values()]
    .filter((workload) => isSafeInterface(workload.interfaceName))
    .sort((a, b) => compare(a.interfaceName, b.interfaceName) || compare(a.key, b.key));
  const from = workloads.map((workload) => ({
    key: String(workload.interfaceName),
    chain: renderFromWorkload(workload, family, policy),
  }));
  const to = workloads.map((workload) => ({
    key: String(workload.interfaceName),
    chain: policy.endpointVerdict('ingress', workload.tiers, workload.profiles),
  }));
  const { chains } = policy;
  chains.set(FROM_WORKLOAD_CHAIN, renderInterfaceTree('FI', 'inInterface', from, chains));
  chains.set(TO_WORKLOAD_CHAIN, [...ESTABLISHED_OR_INVALID, ...renderInterfaceTree('TI', 'outInterface', to, chains)]);
  chains.set(UNKNOWN_CHAIN, [ESTABLISHED, DROP]);
  chains.set(WORKLOAD_TO_HOST_CHAIN, [
    ...(family === 6 ? NEIGHBOUR_DISCOVERY_TYPES.map(acceptIcmpv6) : []),
    formatRule({ target: { kind: 'jump', chain: FROM_WORKLOAD_CHAIN } }),
    endpointToHost(settings.endpointToHostAction, marks),
  ]);
}

/** Rules that lead every packet from, or to, a workload's interface into `target`. */
export function renderWorkloadEntrances(
  state: DesiredState,
  settings: NodeSettings,
  side: 'inInterface' | 'outInterface',
  target: Target,
): readonly RuleText[] {
  const prefixes = settings.workloadInterfacePrefixes.filter(isSafeInterface);
  const others = new Set<string>();
  for (const { interfaceName } of state.workloads.values()) {
    if (isSafeInterface(interfaceName) && !prefixes.some((prefix) => interfaceName.startsWith(prefix))) {
      others.add(interfaceName);
    }
  }
  return [
    ...[...prefixes].sort().map((name) => ({ name, isPrefix: true })),
    ...[...others].sort().map((name) => ({ name, isPrefix: false })),
  ].map((value) => formatRule({ [side]: { value }, target }));
}

const ESTABLISHED = formatRule({
  matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED'] }],
  target: { kind: 'accept' },
});
const DROP = formatRule({ target: { kind: 'drop' } });
const ESTABLISHED_OR_INVALID = [
  ESTABLISHED,
  formatRule({ matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } }),
];

/** Spoofed packets are dropped even within an established flow. */
function renderFromWorkload(workload: WorkloadEndpoint, family: IpFamily, policy: PolicyChains): ChainName {
  const name = chainOf('FW', workload.key);
  const verdict = policy.endpointVerdict('egress', workload.tiers, workload.profiles);
  policy.chains.set(name, [
    ...renderSourceCheck(workload, family, policy),
    ...ESTABLISHED_OR_INVALID,
    formatRule({ target: { kind: 'goto', chain: verdict } }),
  ]);
  return name;
}

function renderSourceCheck(workload: WorkloadEndpoint, family: IpFamily, policy: PolicyChains): readonly RuleText[] {
  const allowed: readonly Cidr[] = [...workload.addresses.map(cidrOf), ...workload.allowedSources].filter(
    (range) => range.includes(':') === (family === 6),
  );
  const target: Target = { kind: 'drop' };
  if (allowed.some((range) => range.endsWith('/0'))) return [];
  const [only] = allowed;
  if (only === undefined) return [DROP];
  if (allowed.length === 1) return [formatRule({ source: { value: only, isNegated: true }, target })];
  const set = renderRangeSet(allowed, family);
  policy.sets.set(set.name, set);
  return [formatRule({ matches: [{ kind: 'set', name: set.name, fields: 'src', isNegated: true }], target })];
}

interface InterfaceEntry {
  readonly key: string;
  readonly chain: ChainName;
}

/** The root's rules; every chain of the tree ends where unknown interfaces end. */
function renderInterfaceTree(
  kind: string,
  side: 'inInterface' | 'outInterface',
  entries: readonly InterfaceEntry[],
  chains: Map<ChainName, readonly RuleText[]>,
): readonly RuleText[] {
  const root = buildPrefixTree(entries, LEAF_SIZE);
  return root === undefined ? [UNKNOWN] : rulesOf(root);

  function rulesOf(node: PrefixNode<InterfaceEntry>): readonly RuleText[] {
    return [...node.entries.map((entry) => lead(entry.key, false, entry.chain)), ...node.children.map(enter), UNKNOWN];
  }

  function enter(node: PrefixNode<InterfaceEntry>): RuleText {
    const chain = chainOf(kind, `${node.prefix}+`);
    chains.set(chain, rulesOf(node));
    return lead(node.prefix, true, chain);
  }

  function lead(name: string, isPrefix: boolean, chain: ChainName): RuleText {
    const spec: RuleSpec = { [side]: { value: { name, isPrefix } }, target: { kind: 'goto', chain } };
    return formatRule(spec);
  }
}

const UNKNOWN = formatRule({ target: { kind: 'goto', chain: UNKNOWN_CHAIN } });

function acceptIcmpv6(type: number): RuleText {
  return formatRule({
    protocol: { value: ICMPV6 },
    matches: [{ kind: 'icmp', family: 6, icmp: { type } }],
    target: { kind: 'accept' },
  });
}

function endpointToHost(action: NodeSettings['endpointToHostAction'], marks: Marks): RuleText {
  return action === 'return' ? clearRule(marks.accept | marks.pass) : formatRule({ target: { kind: action } });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
