/** What policies need of a dataplane: protocols, actions, families and stages that not every one has. */
import type { CalicoEntityRule, CalicoNetworkPolicy, CalicoRule, GlobalNetworkPolicy } from '../resources/kinds/calico';
import type { CalicoProfile } from '../resources/kinds/calico-set';
import type { NetworkPolicy, NetworkPolicyRule } from '../resources/kinds/network-policy';
import { type Cidr, familyOf, ICMPV6, type Protocol, SCTP } from '../state';
import type { Feature } from './feature';

/** A feature, and the field that asks for it. */
export type FieldFeature = readonly [feature: Feature, field: string];

/** Staged policies are left out by the caller: nothing of theirs is put into force. */
export function* networkPolicyFeatures({ spec }: NetworkPolicy): Iterable<FieldFeature> {
  for (const direction of directionsInForce(spec.policyTypes)) {
    const peersField = direction === 'ingress' ? 'from' : 'to';
    for (const [index, rule] of spec[direction].entries()) {
      yield* networkPolicyRuleFeatures(rule, `spec.${direction}[${index}]`, peersField);
    }
  }
}

export function* calicoPolicyFeatures(policy: CalicoNetworkPolicy | GlobalNetworkPolicy): Iterable<FieldFeature> {
  if (policy.kind === 'GlobalNetworkPolicy') {
    if (policy.spec.doNotTrack) yield ['doNotTrackPolicy', 'spec.doNotTrack'];
    if (policy.spec.preDNAT) yield ['preDnatPolicy', 'spec.preDNAT'];
    if (policy.spec.applyOnForward) yield ['applyOnForwardPolicy', 'spec.applyOnForward'];
  }
  yield* calicoRulesFeatures(policy.spec, directionsInForce(policy.spec.types));
}

export function profileFeatures({ spec }: CalicoProfile): Iterable<FieldFeature> {
  return calicoRulesFeatures(spec, ['ingress', 'egress']);
}

function* calicoRulesFeatures(
  spec: Pick<CalicoProfile['spec'], Direction>,
  directions: readonly Direction[],
): Iterable<FieldFeature> {
  for (const direction of directions) {
    for (const [index, rule] of spec[direction].entries()) {
      yield* calicoRuleFeatures(rule, `spec.${direction}[${index}]`);
    }
  }
}

type Direction = 'ingress' | 'egress';

/** Rules of a direction that a policy's types leave out are not in force. */
function directionsInForce(types: readonly ('Ingress' | 'Egress')[]): readonly Direction[] {
  return (['ingress', 'egress'] as const).filter((direction) =>
    types.includes(direction === 'ingress' ? 'Ingress' : 'Egress'),
  );
}

/** Ranges of IPv6 in a list. */
export function* familyFeatures(nets: readonly Cidr[], field: string): Iterable<FieldFeature> {
  for (const [index, net] of nets.entries()) if (familyOf(net) === 6) yield ['ipv6', `${field}[${index}]`];
}

function* networkPolicyRuleFeatures(rule: NetworkPolicyRule, field: string, peers: string): Iterable<FieldFeature> {
  for (const [index, { protocol }] of rule.ports.entries()) {
    if (protocol === 'SCTP') yield ['sctpPolicy', `${field}.ports[${index}].protocol`];
  }
  for (const [index, peer] of rule.peers.entries()) {
    if (!('ipBlock' in peer)) continue;
    if (familyOf(peer.ipBlock.cidr) === 6) yield ['ipv6', `${field}.${peers}[${index}].ipBlock.cidr`];
  }
}

function* calicoRuleFeatures(rule: CalicoRule, field: string): Iterable<FieldFeature> {
  if (rule.action === 'Log') yield ['logAction', `${field}.action`];
  if (rule.ipVersion === 6) yield ['ipv6', `${field}.ipVersion`];
  // Everything but ICMPv6 is no matter of IPv6.
  if (rule.protocol === ICMPV6) yield ['ipv6', `${field}.protocol`];
  yield* sctpFeatures(rule.protocol, `${field}.protocol`);
  yield* sctpFeatures(rule.notProtocol, `${field}.notProtocol`);
  if (rule.icmp !== undefined) yield ['icmpTypeMatch', `${field}.icmp`];
  if (rule.notICMP !== undefined) yield ['icmpTypeMatch', `${field}.notICMP`];
  yield* endFeatures(rule.source, `${field}.source`);
  yield* endFeatures(rule.destination, `${field}.destination`);
}

function* sctpFeatures(protocol: Protocol | undefined, field: string): Iterable<FieldFeature> {
  if (protocol === SCTP) yield ['sctpPolicy', field];
}

function* endFeatures(end: CalicoEntityRule, field: string): Iterable<FieldFeature> {
  yield* familyFeatures(end.nets, `${field}.nets`);
  yield* familyFeatures(end.notNets, `${field}.notNets`);
}
