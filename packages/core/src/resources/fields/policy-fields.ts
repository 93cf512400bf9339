/**
 * The fields of Kubernetes' policies: NetworkPolicy (networking.k8s.io/v1, extensions/v1beta1), AdminNetworkPolicy and
 * BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1), ClusterNetworkPolicy (v1alpha2).
 */

import { fieldsOf, type KnownStructure, withFields } from './known-fields';
import { objectFields } from './kubernetes-fields';

const LABEL_SELECTOR = fieldsOf(['matchLabels'], { matchExpressions: fieldsOf(['key', 'operator', 'values']) });

const PEER = fieldsOf([], {
  podSelector: LABEL_SELECTOR,
  namespaceSelector: LABEL_SELECTOR,
  ipBlock: fieldsOf(['cidr', 'except']),
});
const POLICY_PORT = fieldsOf(['protocol', 'port', 'endPort']);

export const NETWORK_POLICY_SPEC = fieldsOf(['policyTypes'], {
  podSelector: LABEL_SELECTOR,
  ingress: fieldsOf([], { from: PEER, ports: POLICY_PORT }),
  egress: fieldsOf([], { to: PEER, ports: POLICY_PORT }),
});
export const NETWORK_POLICY = objectFields({ spec: NETWORK_POLICY_SPEC });

const POD_SELECTION = fieldsOf([], {
  namespaces: LABEL_SELECTOR,
  pods: fieldsOf([], { namespaceSelector: LABEL_SELECTOR, podSelector: LABEL_SELECTOR }),
});
const DESTINATION = withFields(POD_SELECTION, ['networks', 'domainNames'], { nodes: LABEL_SELECTOR });

const ADMIN_PORT = fieldsOf(['namedPort'], {
  portNumber: fieldsOf(['protocol', 'port']),
  portRange: fieldsOf(['protocol', 'start', 'end']),
});
const DESTINATION_PORT = fieldsOf([], {
  destinationPort: fieldsOf(['number'], { range: fieldsOf(['start', 'end']) }),
});
const PROTOCOL = fieldsOf(['destinationNamedPort'], {
  tcp: DESTINATION_PORT,
  udp: DESTINATION_PORT,
  sctp: DESTINATION_PORT,
});

/** Peers that only destinations can be are known as senders too, so that they are refused in words of their own. */
function clusterRules(ports: Readonly<Record<string, KnownStructure>>): Record<string, KnownStructure> {
  return {
    subject: POD_SELECTION,
    ingress: fieldsOf(['name', 'action'], { from: DESTINATION, ...ports }),
    egress: fieldsOf(['name', 'action'], { to: DESTINATION, ...ports }),
  };
}

export const ADMIN_NETWORK_POLICY = objectFields({
  spec: fieldsOf(['priority'], clusterRules({ ports: ADMIN_PORT })),
});
export const BASELINE_ADMIN_NETWORK_POLICY = objectFields({
  spec: fieldsOf([], clusterRules({ ports: ADMIN_PORT })),
});
export const CLUSTER_NETWORK_POLICY = objectFields({
  spec: fieldsOf(['tier', 'priority'], clusterRules({ protocols: PROTOCOL })),
});
