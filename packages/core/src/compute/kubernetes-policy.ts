/** Kubernetes NetworkPolicy (networking.k8s.io/v1) as a policy of tier `default` with the order that Calico gives it. */
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../resources/kinds/network-policy';
import { keyOfResource } from '../resources/resource';
import { allOf, nodeOfLabelSelector, Selector, type SelectorNode, withKeyPrefix } from '../resources/selectors';
import { ANY_END, type PortRange, type Protocol, parseProtocol, type Rule, type RuleEnd } from '../state';
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, ORCHESTRATOR_LABEL } from './inheritance';
import { namedPortSet, netSet } from './ip-set-definition';
import { policyKey } from './keys';
import { type PolicySpec, type RenderedRules, SetCollector } from './policy-spec';
import { mergePorts } from './ports';
import { DEFAULT_TIER } from './tiers';

const ORDER = 1000;
const IS_POD: SelectorNode = { op: 'equals', key: ORCHESTRATOR_LABEL, value: 'k8s' };

export function kubernetesPolicySpec(policy: NetworkPolicy): PolicySpec {
  const { namespace = '', name } = policy.metadata;
  const selector = podsOf(namespace, policy.spec.podSelector);
  return {
    key: policyKey(keyOfResource(policy)),
    origin: { object: policy.ref, field: '' },
    tier: DEFAULT_TIER,
    order: ORDER,
    sortName: `${namespace}/knp.default.${name}`,
    selector,
    stage: 'normal',
    isStaged: false,
    appliesOnForward: true,
    types: policy.spec.policyTypes,
    renderRules: () => new RuleRenderer(policy, selector).render(),
  };
}

/** Which end of a packet the rule's peers are. */
type Direction = 'ingress' | 'egress';

/** The peers of one rule that it makes; without `selector` and `nets`: everyone. */
interface PeerMatch {
  readonly field: string;
  readonly selector?: Selector;
  readonly end: RuleEnd;
}

/** One protocol's ports; without `protocol`: every packet. */
interface PortMatch {
  readonly protocol?: Protocol;
  readonly numbers: readonly PortRange[];
  readonly named: readonly { readonly protocol: Protocol; readonly name: string }[];
}

class RuleRenderer {
  private readonly sets = new SetCollector();

  constructor(
    private readonly policy: NetworkPolicy,
    private readonly ownPods: Selector,
  ) {}

  render(): RenderedRules {
    const { policyTypes } = this.policy.spec;
    const ingress = policyTypes.includes('Ingress') ? this.renderDirection('ingress') : [];
    const egress = policyTypes.includes('Egress') ? this.renderDirection('egress') : [];
    return { ingress, egress, ipSets: this.sets.ipSets };
  }

  /** One rule a peer and protocol. */
  private renderDirection(direction: Direction): readonly Rule[] {
    return this.policy.spec[direction].flatMap((rule, index) => {
      const field = `spec.${direction}[${index}]`;
      const peersField = direction === 'ingress' ? 'from' : 'to';
      const peers: readonly PeerMatch[] =
        rule.peers.length === 0
          ? [{ field, end: ANY_END }]
          : rule.peers.map((peer, position) => this.matchPeer(peer, `${field}.${peersField}[${position}]`));
      const ports = matchPorts(rule.ports);
      return peers.flatMap((peer) => ports.map((port) => this.renderRule(direction, peer, port)));
    });
  }

  private matchPeer(peer: NetworkPolicyPeer, field: string): PeerMatch {
    if ('ipBlock' in peer) {
      return { field, end: { ...ANY_END, nets: [peer.ipBlock.cidr], notNets: peer.ipBlock.except } };
    }
    const { namespace = '' } = this.policy.metadata;
    const { namespaceSelector, podSelector } = peer;
    const selector =
      namespaceSelector === undefined
        ? podsOf(namespace, podSelector)
        : new Selector(allOf(nodeOf(podSelector), inNamespaces(namespaceSelector), IS_POD));
    return { field, selector, end: { ...ANY_END, ipSets: [this.sets.use(netSet(selector))] } };
  }

  private renderRule(direction: Direction, peer: PeerMatch, port: PortMatch): Rule {
    // A named port is one of the destination's: of the policy's own pods on ingress, of the peer's pods on egress.
    const portOwners = direction === 'ingress' ? this.ownPods : (peer.selector ?? new Selector(IS_POD));
    const namedPorts = port.named.map(({ protocol, name }) => this.sets.use(namedPortSet(portOwners, protocol, name)));
    const ports = { ports: port.numbers, namedPorts };
    return {
      action: 'allow',
      ...(port.protocol !== undefined && { protocol: port.protocol }),
      source: direction === 'ingress' ? peer.end : ANY_END,
      destination: direction === 'ingress' ? { ...ANY_END, ...ports } : { ...peer.end, ...ports },
      origin: { object: this.policy.ref, field: peer.field },
    };
  }
}

function podsOf(namespace: string, podSelector: LabelSelector | undefined): Selector {
  const isInNamespace: SelectorNode = { op: 'equals', key: NAMESPACE_LABEL, value: namespace };
  // What rules out most comes first.
  return new Selector(allOf(nodeOf(podSelector), isInNamespace, IS_POD));
}

function inNamespaces(selector: LabelSelector): SelectorNode {
  return withKeyPrefix(nodeOfLabelSelector(selector), NAMESPACE_PREFIX);
}

function nodeOf(selector: LabelSelector | undefined): SelectorNode {
  return selector === undefined ? { op: 'all' } : nodeOfLabelSelector(selector);
}

/** One match a protocol; a port entry without port means the whole protocol. */
function matchPorts(ports: readonly NetworkPolicyPort[]): readonly PortMatch[] {
  if (ports.length === 0) return [{ numbers: [], named: [] }];
  const protocols = [...new Set(ports.map((port) => parseProtocol(port.protocol)))].sort((a, b) => a - b);
  return protocols.map((protocol) => {
    const own = ports.filter((port) => parseProtocol(port.protocol) === protocol).map(({ port }) => port);
    if (own.includes(undefined)) return { protocol, numbers: [], named: [] };
    const names = own.filter((port) => typeof port === 'string');
    return {
      protocol,
      numbers: mergePorts(own.filter((port) => typeof port === 'object')),
      named: [...new Set(names)].sort().map((name) => ({ protocol, name })),
    };
  });
}
