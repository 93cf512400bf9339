/** Kubernetes NetworkPolicy (networking.k8s.io/v1), staged or not, as a policy of tier `default` with the order that Calico gives it. */
import type { StagedKubernetesNetworkPolicy } from '../resources/kinds/calico-staged';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../resources/kinds/network-policy';
import { keyOfResource } from '../resources/resource';
import { allOf, nodeOfLabelSelector, Selector, type SelectorNode } from '../resources/selectors';
import { ANY_END, parseProtocol, type Rule } from '../state';
import { NAMESPACE_LABEL } from './inheritance';
import { netSet } from './ip-set-definition';
import { policyKey } from './keys';
import {
  type Direction,
  IS_POD,
  type PeerMatch,
  type PortMatch,
  type RuleContext,
  renderPeerRules,
} from './peer-rules';
import { podsOfNamespaces } from './pod-selection';
import { type PolicySpec, type RenderedRules, SetCollector, sortNameOf } from './policy-spec';
import { mergePorts } from './ports';
import { DEFAULT_TIER } from './tiers';

const ORDER = 1000;

export function kubernetesPolicySpec(policy: NetworkPolicy | StagedKubernetesNetworkPolicy): PolicySpec {
  const { namespace = '' } = policy.metadata;
  const selector = podsOf(namespace, policy.spec.podSelector);
  return {
    key: policyKey(keyOfResource(policy)),
    origin: { object: policy.ref, field: '' },
    tier: DEFAULT_TIER,
    order: ORDER,
    sortName: sortNameOf('KubernetesNetworkPolicy', policy.metadata),
    selector,
    stage: 'normal',
    isStaged: policy.kind === 'StagedKubernetesNetworkPolicy',
    appliesOnForward: true,
    types: policy.spec.policyTypes,
    renderRules: () => renderRules(policy, selector),
  };
}

function renderRules(policy: NetworkPolicy | StagedKubernetesNetworkPolicy, ownPods: Selector): RenderedRules {
  const context: RuleContext = { object: policy.ref, ownPods, sets: new SetCollector() };
  const { policyTypes } = policy.spec;
  const ingress = policyTypes.includes('Ingress') ? renderDirection(policy, context, 'ingress') : [];
  const egress = policyTypes.includes('Egress') ? renderDirection(policy, context, 'egress') : [];
  return { ingress, egress, ipSets: context.sets.ipSets };
}

function renderDirection(
  { metadata, spec }: NetworkPolicy | StagedKubernetesNetworkPolicy,
  context: RuleContext,
  direction: Direction,
): readonly Rule[] {
  const peersField = direction === 'ingress' ? 'from' : 'to';
  return spec[direction].flatMap((rule, index) => {
    const field = `spec.${direction}[${index}]`;
    const peers: readonly PeerMatch[] =
      rule.peers.length === 0
        ? [{ field, end: ANY_END }]
        : rule.peers.map((peer, position) =>
            matchPeer(peer, metadata.namespace ?? '', `${field}.${peersField}[${position}]`, context),
          );
    return renderPeerRules(context, direction, 'allow', peers, matchPorts(rule.ports));
  });
}

function matchPeer(peer: NetworkPolicyPeer, namespace: string, field: string, { sets }: RuleContext): PeerMatch {
  if ('ipBlock' in peer) {
    return { field, end: { ...ANY_END, nets: [peer.ipBlock.cidr], notNets: peer.ipBlock.except } };
  }
  const { namespaceSelector, podSelector } = peer;
  const selector =
    namespaceSelector === undefined ? podsOf(namespace, podSelector) : podsOfNamespaces(namespaceSelector, podSelector);
  return { field, selector, end: { ...ANY_END, ipSets: [sets.use(netSet(selector))] } };
}

function podsOf(namespace: string, podSelector: LabelSelector | undefined): Selector {
  const isInNamespace: SelectorNode = { op: 'equals', key: NAMESPACE_LABEL, value: namespace };
  const own: SelectorNode = podSelector === undefined ? { op: 'all' } : nodeOfLabelSelector(podSelector);
  // What rules out most comes first.
  return new Selector(allOf(own, isInNamespace, IS_POD));
}

/** One match a protocol; a port entry without port means the whole protocol. */
function matchPorts(ports: readonly NetworkPolicyPort[]): readonly PortMatch[] {
  if (ports.length === 0) return [{ numbers: [], names: [] }];
  const protocols = [...new Set(ports.map((port) => parseProtocol(port.protocol)))].sort((a, b) => a - b);
  return protocols.map((protocol) => {
    const own = ports.filter((port) => parseProtocol(port.protocol) === protocol).map(({ port }) => port);
    if (own.includes(undefined)) return { protocol, numbers: [], names: [] };
    return {
      protocol,
      numbers: mergePorts(own.filter((port) => typeof port === 'object')),
      names: [...new Set(own.filter((port) => typeof port === 'string'))].sort(),
    };
  });
}
