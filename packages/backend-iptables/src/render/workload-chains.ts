/** Workloads in filter: from which interface a packet comes or to which it goes, and whose policy judges it. */
import {
  type Cidr,
  cidrOf,
  type DesiredState,
  familyOf,
  type IpFamily,
  type NodeSettings,
  parseCidr,
  type TunnelTraffic,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import { renderRangeSet } from './ip-sets';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain, type SetName } from './names';
import { renderNeighbourDiscovery } from './neighbour-discovery';
import { clearRule, type Direction, type PolicyChains } from './policy-chains';
import { buildPrefixTree, type PrefixNode } from './prefix-tree';
import { formatRule, isSafeInterface, type RuleSpec, type RuleText, type Target } from './rule-text';
import type { KernelSet } from './ruleset';

/** Raw: drops a packet from a workload whose source address is none of the workload's own. */
export const CHECK_SOURCE_CHAIN = fixedChain('CHECK-SOURCE');
/** Judges a packet from a workload: drops it, accepts it when its flow is established, or returns with the accept mark set. */
export const FROM_WORKLOAD_CHAIN = fixedChain('FROM-WORKLOAD');
/** The same for a packet to a workload. */
export const TO_WORKLOAD_CHAIN = fixedChain('TO-WORKLOAD');
/** Judges a packet from a workload to the host itself. */
export const WORKLOAD_TO_HOST_CHAIN = fixedChain('WORKLOAD-TO-HOST');

const LEAF_SIZE = 12;

/** On IPv6, link-local addresses are everybody's. */
const LINK_LOCAL = parseCidr('fe80::/10');
/** The source of one who looks for an address of its own. */
const UNSPECIFIED = parseCidr('::/128');

/** Adds the workloads' chains to `policy.chains` and their sets to `policy.sets`. */
export function renderWorkloadChains(
  state: DesiredState,
  settings: NodeSettings,
  family: IpFamily,
  marks: Marks,
  policy: PolicyChains,
): void {
  const { chains } = policy;
  const workloads = sortedWorkloads(state);
  const lead = (direction: Direction): readonly InterfaceEntry[] =>
    workloads
      .filter((workload) => isJudged(workload, direction, settings, family))
      .map(({ interfaceName, tiers, profiles }) => ({
        key: interfaceName,
        target: { kind: 'goto', chain: policy.endpointVerdict(direction, tiers, profiles) },
      }));
  chains.set(FROM_WORKLOAD_CHAIN, [
    ...ESTABLISHED_OR_INVALID,
    ...(settings.closedToWorkloads ?? []).map(renderClosed),
    ...renderInterfaceTree('FI', 'inInterface', lead('egress'), CLOSED, chains),
  ]);
  chains.set(TO_WORKLOAD_CHAIN, [
    ...ESTABLISHED_OR_INVALID,
    ...renderInterfaceTree('TI', 'outInterface', lead('ingress'), CLOSED, chains),
  ]);
  chains.set(WORKLOAD_TO_HOST_CHAIN, [
    ...renderNeighbourDiscovery(family, {}, { kind: 'accept' }),
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

function renderClosed({ protocol, port }: TunnelTraffic): RuleText {
  return formatRule({
    protocol: { value: protocol },
    ...(port === undefined
      ? {}
      : { matches: [{ kind: 'ports', protocol, end: 'destination', ports: [{ first: port, last: port }] }] }),
    target: { kind: 'drop' },
  });
}

/** Adds the chains that check sources to `chains`, and the sets that they name to `sets`. */
export function renderSourceChecks(
  state: DesiredState,
  family: IpFamily,
  chains: Map<ChainName, readonly RuleText[]>,
  sets: Map<SetName, KernelSet>,
): void {
  const entries = sortedWorkloads(state).flatMap((workload) => {
    const foreign = foreignSource(workload, family, sets);
    return foreign === undefined
      ? []
      : [{ key: workload.interfaceName, match: foreign, target: { kind: 'drop' } as const }];
  });
  chains.set(CHECK_SOURCE_CHAIN, [
    ...renderNeighbourDiscovery(family, { source: { value: UNSPECIFIED } }, { kind: 'return' }),
    ...renderInterfaceTree('SI', 'inInterface', entries, [], chains),
  ]);
}

/** Established flows of an interface that nobody names any more go on; nothing new begins. */
const ESTABLISHED_OR_INVALID = [
  formatRule({ matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED'] }], target: { kind: 'accept' } }),
  formatRule({ matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } }),
];
const CLOSED = [formatRule({ target: { kind: 'drop' } })];

/** By interface; of several workloads on one, the one with the smallest key comes first and decides. */
function sortedWorkloads(state: DesiredState): readonly WorkloadEndpoint[] {
  return [...state.workloads.values()]
    .filter(({ interfaceName }) => isSafeInterface(interfaceName))
    .sort((a, b) => compare(a.interfaceName, b.interfaceName) || compare(a.key, b.key));
}

/**
 * Policy has to be asked for packets of this family. A workload without an address in it is simply closed, but that it can send
 * from link-local addresses to the host, where the host takes anything from workloads.
 */
function isJudged(
  workload: WorkloadEndpoint,
  direction: Direction,
  { endpointToHostAction }: NodeSettings,
  family: IpFamily,
): boolean {
  if (ownSources(workload, family).length > 0) return true;
  return family === 6 && direction === 'egress' && endpointToHostAction !== 'drop';
}

function ownSources({ addresses, allowedSources }: WorkloadEndpoint, family: IpFamily): readonly Cidr[] {
  return [...addresses.map(cidrOf), ...allowedSources].filter((range) => familyOf(range) === family);
}

/** What a packet with a source that the workload may not use looks like; undefined: it may use any. */
function foreignSource(
  workload: WorkloadEndpoint,
  family: IpFamily,
  sets: Map<SetName, KernelSet>,
): Pick<RuleSpec, 'source' | 'matches'> | undefined {
  const allowed = [...ownSources(workload, family), ...(family === 6 ? [LINK_LOCAL] : [])];
  if (allowed.some((range) => range.endsWith('/0'))) return undefined;
  const [only] = allowed;
  if (only === undefined) return {};
  if (allowed.length === 1) return { source: { value: only, isNegated: true } };
  const set = renderRangeSet(allowed, family);
  sets.set(set.name, set);
  return { matches: [{ kind: 'set', name: set.name, fields: 'src', isNegated: true }] };
}

/** What becomes of packets of one interface. */
interface InterfaceEntry {
  /** The interface's name. */
  readonly key: string;
  readonly match?: Pick<RuleSpec, 'source' | 'matches'>;
  readonly target: Target;
}

/** The root's rules; every chain of the tree ends with `end`. */
function renderInterfaceTree(
  kind: string,
  side: 'inInterface' | 'outInterface',
  entries: readonly InterfaceEntry[],
  end: readonly RuleText[],
  chains: Map<ChainName, readonly RuleText[]>,
): readonly RuleText[] {
  const root = buildPrefixTree(entries, LEAF_SIZE);
  return root === undefined ? end : rulesOf(root);

  function rulesOf(node: PrefixNode<InterfaceEntry>): readonly RuleText[] {
    return [
      ...node.entries.map(({ key, match, target }) => formatRule({ ...match, ...on(key, false), target })),
      ...node.children.map(enter),
      ...end,
    ];
  }

  function enter(node: PrefixNode<InterfaceEntry>): RuleText {
    const chain = chainOf(kind, `${node.prefix}+`);
    chains.set(chain, rulesOf(node));
    return formatRule({ ...on(node.prefix, true), target: { kind: 'goto', chain } });
  }

  function on(name: string, isPrefix: boolean): Pick<RuleSpec, 'inInterface' | 'outInterface'> {
    return { [side]: { value: { name, isPrefix } } };
  }
}

function endpointToHost(action: NodeSettings['endpointToHostAction'], marks: Marks): RuleText {
  return action === 'return' ? clearRule(marks.accept | marks.pass) : formatRule({ target: { kind: action } });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
