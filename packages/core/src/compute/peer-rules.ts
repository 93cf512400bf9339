/** Rules of the Kubernetes policy APIs: one for each peer and protocol, where the API lists peers and ports. */
import { Selector, type SelectorNode } from '../resources/selectors';
import {
  ANY_END,
  type ObjectRef,
  type PortRange,
  type Protocol,
  type Rule,
  type RuleAction,
  type RuleEnd,
  ruleInItsFamily,
} from '../state';
import { ORCHESTRATOR_LABEL } from './inheritance';
import { namedPortSet } from './ip-set-definition';
import type { SetCollector } from './policy-spec';

/** Which way the rule's packets go: its peers are their sources, or their destinations. */
export type Direction = 'ingress' | 'egress';

/** A peer: `selector` where it means pods; `end` alone tells what packets have to match. */
export interface PeerMatch {
  readonly field: string;
  readonly end: RuleEnd;
  readonly selector?: Selector;
}

/** One protocol's ports, numbers and names being alternatives; both empty: all of them. Without `protocol`: every packet. */
export interface PortMatch {
  readonly protocol?: Protocol;
  readonly numbers: readonly PortRange[];
  readonly names: readonly string[];
}

/** The pods that a policy selects and the object that the rules come from. */
export interface RuleContext {
  readonly object: ObjectRef;
  readonly ownPods: Selector;
  readonly sets: SetCollector;
}

export const IS_POD: SelectorNode = { op: 'equals', key: ORCHESTRATOR_LABEL, value: 'k8s' };

export function renderPeerRules(
  context: RuleContext,
  direction: Direction,
  action: RuleAction,
  peers: readonly PeerMatch[],
  ports: readonly PortMatch[],
): readonly Rule[] {
  return peers.flatMap((peer) =>
    ports.flatMap((port) => ruleInItsFamily(renderPeerRule(context, direction, action, peer, port)) ?? []),
  );
}

function renderPeerRule(
  { object, ownPods, sets }: RuleContext,
  direction: Direction,
  action: RuleAction,
  peer: PeerMatch,
  { protocol, numbers, names }: PortMatch,
): Rule {
  // A named port is one of the destination's: of the policy's own pods on ingress, of the peer's pods on egress.
  const portOwners = direction === 'ingress' ? ownPods : (peer.selector ?? new Selector(IS_POD));
  const namedPorts =
    protocol === undefined ? [] : names.map((name) => sets.use(namedPortSet(portOwners, protocol, name)));
  const ports = { ports: numbers, namedPorts };
  return {
    action,
    ...(protocol !== undefined && { protocol }),
    source: direction === 'ingress' ? peer.end : ANY_END,
    destination: direction === 'ingress' ? { ...ANY_END, ...ports } : { ...peer.end, ...ports },
    origin: { object, field: peer.field },
  };
}
