/** The cluster-wide policies of policy.networking.k8s.io as policies, each in a tier of its own before or after the namespaces' policies. */
import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  ClusterPodSelection,
  ClusterPolicyPeer,
  ClusterPolicyPort,
  ClusterPolicyRule,
} from '../resources/kinds/cluster-policy';
import { keyOfResource } from '../resources/resource';
import { nodeOfLabelSelector, Selector } from '../resources/selectors';
import { ANY_END, parseProtocol, type Rule, type RuleAction, SCTP, TCP, UDP } from '../state';
import { netSet, nodeSet } from './ip-set-definition';
import { policyKey } from './keys';
import { type Direction, type PeerMatch, type PortMatch, type RuleContext, renderPeerRules } from './peer-rules';
import { podsOfNamespaces } from './pod-selection';
import { type PolicySpec, type RenderedRules, SetCollector, sortNameOf } from './policy-spec';
import { mergePorts } from './ports';

type ClusterPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

const ACTIONS: Readonly<Record<ClusterPolicyRule['action'], RuleAction>> = {
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
};

export function clusterPolicySpec(policy: ClusterPolicy): PolicySpec {
  const selector = podsSelectedBy(policy.spec.subject);
  const types: PolicySpec['types'] = [
    ...(policy.spec.ingress.length > 0 ? ['Ingress' as const] : []),
    ...(policy.spec.egress.length > 0 ? ['Egress' as const] : []),
  ];
  return {
    key: policyKey(keyOfResource(policy)),
    origin: { object: policy.ref, field: '' },
    tier: tierOf(policy),
    order: policy.kind === 'BaselineAdminNetworkPolicy' ? 0 : policy.spec.priority,
    sortName: sortNameOf('KubernetesClusterNetworkPolicy', policy.metadata),
    selector,
    stage: 'normal',
    isStaged: false,
    appliesOnForward: true,
    types,
    renderRules: () => renderRules(policy, selector),
  };
}

function tierOf(policy: ClusterPolicy): string {
  if (policy.kind === 'AdminNetworkPolicy') return 'adminnetworkpolicy';
  if (policy.kind === 'BaselineAdminNetworkPolicy') return 'baselineadminnetworkpolicy';
  return policy.spec.tier === 'Admin' ? 'kube-admin' : 'kube-baseline';
}

function renderRules(policy: ClusterPolicy, ownPods: Selector): RenderedRules {
  const context: RuleContext = { object: policy.ref, ownPods, sets: new SetCollector() };
  const ingress = renderDirection(policy.spec.ingress, 'ingress', context);
  const egress = renderDirection(policy.spec.egress, 'egress', context);
  return { ingress, egress, ipSets: context.sets.ipSets };
}

function renderDirection(
  rules: readonly ClusterPolicyRule[],
  direction: Direction,
  context: RuleContext,
): readonly Rule[] {
  const peersField = direction === 'ingress' ? 'from' : 'to';
  return rules.flatMap(({ action, peers, ports }, index) => {
    const matches = peers.flatMap((peer, position) =>
      matchPeer(peer, `spec.${direction}[${index}].${peersField}[${position}]`, context),
    );
    return renderPeerRules(context, direction, ACTIONS[action], matches, matchPorts(ports));
  });
}

/** No match for domain names: addresses are all that packets carry, so such a peer allows nothing. */
function matchPeer(peer: ClusterPolicyPeer, field: string, { sets }: RuleContext): readonly PeerMatch[] {
  switch (peer.kind) {
    case 'namespaces':
    case 'pods': {
      const selector = podsSelectedBy(peer);
      return [{ field, selector, end: { ...ANY_END, ipSets: [sets.use(netSet(selector))] } }];
    }
    case 'nodes': {
      const nodes = nodeSet(new Selector(nodeOfLabelSelector(peer.nodeSelector)));
      return [{ field, end: { ...ANY_END, ipSets: [sets.use(nodes)] } }];
    }
    case 'networks':
      return [{ field, end: { ...ANY_END, nets: peer.networks } }];
    case 'domainNames':
      return [];
  }
}

function podsSelectedBy(selection: ClusterPodSelection): Selector {
  return podsOfNamespaces(selection.namespaceSelector, selection.kind === 'pods' ? selection.podSelector : undefined);
}

/** A name means a port of any protocol. */
function matchPorts(ports: readonly ClusterPolicyPort[]): readonly PortMatch[] {
  if (ports.length === 0) return [{ numbers: [], names: [] }];
  const names = [...new Set(ports.flatMap((port) => (port.kind === 'name' ? [port.portName] : [])))].sort();
  return [TCP, UDP, SCTP].flatMap((protocol): readonly PortMatch[] => {
    const own = ports.flatMap((port) =>
      port.kind === 'numbers' && parseProtocol(port.protocol) === protocol ? [port.ports] : [],
    );
    if (own.includes(undefined)) return [{ protocol, numbers: [], names: [] }];
    const numbers = mergePorts(own.filter((range) => range !== undefined));
    return numbers.length + names.length === 0 ? [] : [{ protocol, numbers, names }];
  });
}
