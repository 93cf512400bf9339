/** What the cluster-wide policies of policy.networking.k8s.io need of a dataplane. */
import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  ClusterPolicyRule,
} from '../resources/kinds/cluster-policy';
import { type FieldFeature, familyFeatures } from './policy-features';

export function* clusterPolicyFeatures({
  kind,
  spec,
}: AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy): Iterable<FieldFeature> {
  const portsField = kind === 'ClusterNetworkPolicy' ? 'protocols' : 'ports';
  for (const direction of ['ingress', 'egress'] as const) {
    const peersField = direction === 'ingress' ? 'from' : 'to';
    for (const [index, rule] of spec[direction].entries()) {
      const field = `spec.${direction}[${index}]`;
      yield* ruleFeatures(rule, `${field}.${portsField}`, `${field}.${peersField}`);
    }
  }
}

function* ruleFeatures(
  { ports, peers }: ClusterPolicyRule,
  portsField: string,
  peersField: string,
): Iterable<FieldFeature> {
  for (const [index, port] of ports.entries()) {
    // A port that is only named is one of whatever protocol it has: nobody asked for SCTP.
    if (port.kind !== 'numbers' || port.protocol !== 'SCTP') continue;
    yield ['sctpPolicy', `${portsField}[${index}].${port.protocolField}`];
  }
  for (const [index, peer] of peers.entries()) {
    if (peer.kind === 'networks') yield* familyFeatures(peer.networks, `${peersField}[${index}].networks`);
  }
}
