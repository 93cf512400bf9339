/** The chains that judge the packets of host endpoints, stage by stage. */
import {
  type FailsafePort,
  familyOf,
  type HostEndpoint,
  type HostEndpointTable,
  type HostStage,
  hasPorts,
  hostTiersOf,
  type IpFamily,
  type NodeSettings,
} from '@polyplane/core/backend';
import { type ChainName, chainOf, fixedChain } from './names';
import { renderNeighbourDiscovery } from './neighbour-discovery';
import type { Direction, PolicyChains } from './policy-chains';
import { ALLOW_CHAIN } from './policy-rule';
import { formatRule, type RuleSpec, type RuleText, type Target } from './rule-text';

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

/** Undefined: the endpoint has no say in this stage. */
function renderEndpoint(
  endpoint: HostEndpoint,
  stage: HostStage,
  direction: Direction,
  settings: NodeSettings,
  family: IpFamily,
  policy: PolicyChains,
): ChainName | undefined {
  const tiers = hostTiersOf(endpoint, stage);
  if (stage !== 'normal' && tiers.length === 0) return undefined;
  const verdict =
    stage === 'normal'
      ? policy.endpointVerdict(direction, tiers, endpoint.profiles)
      : policy.tierVerdict(direction, tiers, stage === 'forward' ? 'defaultAction' : 'next');
  const chain = chainOf(`${CHAIN_KINDS[stage]}${direction === 'ingress' ? 'I' : 'E'}`, endpoint.key);
  policy.chains.set(chain, [
    ...(stage === 'untracked' ? [] : ESTABLISHED),
    ...(stage === 'normal' ? INVALID : []),
    ...renderExemptions(stage, direction, settings, family),
    formatRule({ target: { kind: 'goto', chain: verdict } }),
  ]);
  return chain;
}

const ESTABLISHED = [
  formatRule({ matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED'] }], target: { kind: 'accept' } }),
];
const INVALID = [formatRule({ matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } })];

/**
 * Failsafe ports are open to the host's own traffic, as is neighbour discovery; both pass the stages before it unjudged. Without
 * connection tracking the answers of failsafe connections, known by their source port, need a rule of their own.
 */
function renderExemptions(
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
    ...renderNeighbourDiscovery(family, {}, target),
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
