/** Host endpoints: which interface each holds on, and the chains that judge its packets, stage by stage. */
import {
  type DesiredState,
  type EndpointTier,
  type FailsafePort,
  familyOf,
  type HostEndpoint,
  hasPorts,
  type IpFamily,
  type NodeSettings,
} from '@polyplane/core/backend';
import type { HostLinks } from './host-links';
import { type ChainName, chainOf, fixedChain } from './names';
import type { Direction, PolicyChains } from './policy-chains';
import { ALLOW_CHAIN } from './policy-rule';
import { formatRule, isSafeInterface, type RuleSpec, type RuleText, type Target } from './rule-text';

/** `normal`: the host's own traffic. `forward`: what it passes on. The other two come before connection tracking and DNAT. */
export type HostStage = 'untracked' | 'preDnat' | 'normal' | 'forward';

/** Host endpoints as they hold on this host. */
export interface HostEndpointTable {
  /** By interface, sorted by name. */
  readonly byInterface: readonly (readonly [string, HostEndpoint])[];
  /** Holds on every other interface. */
  readonly onAllOthers?: HostEndpoint;
}

/** Who holds where: of several on one interface the one with the smallest key; a named or an expected one before all-interfaces. */
export function findHostEndpoints(state: DesiredState, links: HostLinks): HostEndpointTable {
  const byInterface = new Map<string, HostEndpoint>();
  let onAllOthers: HostEndpoint | undefined;
  for (const endpoint of [...state.hostEndpoints.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (endpoint.scope.kind === 'allInterfaces') onAllOthers ??= endpoint;
    for (const name of interfacesOf(endpoint, links)) {
      if (isSafeInterface(name) && !byInterface.has(name)) byInterface.set(name, endpoint);
    }
  }
  return {
    byInterface: [...byInterface].sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(onAllOthers === undefined ? {} : { onAllOthers }),
  };
}

/** True when some host endpoint has policies for the stage; for `normal`, when there is any host endpoint. */
export function hasStage(table: HostEndpointTable, stage: HostStage): boolean {
  const endpoints = [
    ...table.byInterface.map(([, endpoint]) => endpoint),
    ...(table.onAllOthers === undefined ? [] : [table.onAllOthers]),
  ];
  return endpoints.some((endpoint) => stage === 'normal' || tiersOf(endpoint, stage).length > 0);
}

/**
 * Adds the chains of one stage and direction to `policy.chains`; the chain to enter by. It drops, accepts established
 * flows, or returns: with the accept mark when a policy or a failsafe port allows, without when nobody has a say.
 */
export function renderHostDispatch(
  table: HostEndpointTable,
  stage: HostStage,
  direction: Direction,
  settings: NodeSettings,
  family: IpFamily,
  policy: PolicyChains,
): ChainName {
  const side = direction === 'ingress' ? 'inInterface' : 'outInterface';
  const name = fixedChain(`${DISPATCH_NAMES[stage]}-${direction === 'ingress' ? 'IN' : 'OUT'}`);
  const lead = (endpoint: HostEndpoint, match: Partial<RuleSpec>): RuleText => {
    const chain = renderEndpoint(endpoint, stage, direction, settings, family, policy);
    const target: Target = chain === undefined ? { kind: 'return' } : { kind: 'goto', chain };
    return formatRule({ ...match, target });
  };
  policy.chains.set(name, [
    ...table.byInterface.map(([value, endpoint]) =>
      lead(endpoint, { [side]: { value: { name: value, isPrefix: false } } }),
    ),
    ...(table.onAllOthers === undefined ? [] : [lead(table.onAllOthers, {})]),
  ]);
  return name;
}

const DISPATCH_NAMES = { untracked: 'UNTRACKED', preDnat: 'PRE-DNAT', normal: 'HOST', forward: 'HOST-FWD' } as const;
const CHAIN_KINDS = { untracked: 'HU', preDnat: 'HP', normal: 'HN', forward: 'HF' } as const;

function interfacesOf({ scope, expectedAddresses }: HostEndpoint, links: HostLinks): readonly string[] {
  if (scope.kind === 'interface') return [scope.interfaceName];
  if (scope.kind === 'allInterfaces') return [];
  return [...links]
    .filter(([, addresses]) => addresses.some((address) => expectedAddresses.includes(address)))
    .map(([name]) => name);
}

function tiersOf(endpoint: HostEndpoint, stage: HostStage): readonly EndpointTier[] {
  if (stage === 'untracked') return endpoint.untrackedTiers;
  if (stage === 'preDnat') return endpoint.preDnatTiers;
  return stage === 'forward' ? endpoint.forwardTiers : endpoint.tiers;
}

/** Undefined: the endpoint has no say in this stage. */
function renderEndpoint(
  endpoint: HostEndpoint,
  stage: HostStage,
  direction: Direction,
  settings: NodeSettings,
  family: IpFamily,
  policy: PolicyChains,
): ChainName | undefined {
  const tiers = tiersOf(endpoint, stage);
  if (stage !== 'normal' && tiers.length === 0) return undefined;
  const verdict =
    stage === 'normal'
      ? policy.endpointVerdict(direction, tiers, endpoint.profiles)
      : policy.tierVerdict(direction, tiers, stage === 'forward' ? 'defaultAction' : 'next');
  const chain = chainOf(`${CHAIN_KINDS[stage]}${direction === 'ingress' ? 'I' : 'E'}`, endpoint.key);
  policy.chains.set(chain, [
    ...(stage === 'untracked' ? [] : ESTABLISHED),
    ...(stage === 'normal' ? INVALID : []),
    ...renderFailsafes(stage, direction, settings, family),
    formatRule({ target: { kind: 'goto', chain: verdict } }),
  ]);
  return chain;
}

const ESTABLISHED = [
  formatRule({ matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED'] }], target: { kind: 'accept' } }),
];
const INVALID = [formatRule({ matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } })];

/**
 * Failsafe ports are open to the host's own traffic, and pass the stages before it unjudged. Without connection tracking
 * the answers of failsafe connections, known by their source port, need a rule of their own.
 */
function renderFailsafes(
  stage: HostStage,
  direction: Direction,
  settings: NodeSettings,
  family: IpFamily,
): readonly RuleText[] {
  if (stage === 'forward') return [];
  const isIngress = direction === 'ingress';
  const target: Target = stage === 'normal' ? { kind: 'goto', chain: ALLOW_CHAIN } : { kind: 'return' };
  const [requests, answers] = isIngress
    ? [settings.failsafeInbound, settings.failsafeOutbound]
    : [settings.failsafeOutbound, settings.failsafeInbound];
  const peer = isIngress ? 'source' : 'destination';
  return [
    ...requests.flatMap((port) => failsafeRule(port, 'destination', peer, family, target)),
    ...(stage === 'untracked' ? answers.flatMap((port) => failsafeRule(port, 'source', peer, family, target)) : []),
  ];
}

function failsafeRule(
  { protocol, ports, net }: FailsafePort,
  end: 'source' | 'destination',
  peer: 'source' | 'destination',
  family: IpFamily,
  target: Target,
): readonly RuleText[] {
  if (!hasPorts(protocol) || (net !== undefined && familyOf(net) !== family)) return [];
  return [
    formatRule({
      ...(net === undefined ? {} : { [peer]: { value: net } }),
      protocol: { value: protocol },
      matches: [{ kind: 'ports', protocol, end, ports: [ports] }],
      target,
    }),
  ];
}
