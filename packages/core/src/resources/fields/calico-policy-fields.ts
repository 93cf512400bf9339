/** The fields of Calico's policy kinds (projectcalico.org/v3, crd.projectcalico.org/v1), in every version so far. */

import { fieldsOf, withFields } from './known-fields';
import { objectFields } from './kubernetes-fields';
import { NETWORK_POLICY_SPEC } from './policy-fields';

const ICMP = fieldsOf(['type', 'code']);

const ENTITY = fieldsOf(['nets', 'notNets', 'selector', 'notSelector', 'namespaceSelector', 'ports', 'notPorts'], {
  services: fieldsOf(['name', 'namespace']),
  serviceAccounts: fieldsOf(['names', 'selector']),
});

const RULE = fieldsOf(['action', 'ipVersion', 'protocol', 'notProtocol'], {
  icmp: ICMP,
  notICMP: ICMP,
  source: ENTITY,
  destination: ENTITY,
  http: fieldsOf(['methods'], { paths: fieldsOf(['exact', 'prefix']) }),
  metadata: fieldsOf(['annotations']),
});

const POLICY_SPEC = fieldsOf(['tier', 'order', 'selector', 'serviceAccountSelector', 'types', 'performanceHints'], {
  ingress: RULE,
  egress: RULE,
});
const GLOBAL_POLICY_SPEC = withFields(POLICY_SPEC, ['doNotTrack', 'preDNAT', 'applyOnForward', 'namespaceSelector']);

const ENDPOINT_PORT = fieldsOf(['name', 'protocol', 'port']);

export const CALICO_NETWORK_POLICY = objectFields({ spec: POLICY_SPEC });
export const GLOBAL_NETWORK_POLICY = objectFields({ spec: GLOBAL_POLICY_SPEC });
export const STAGED_NETWORK_POLICY = objectFields({ spec: withFields(POLICY_SPEC, ['stagedAction']) });
export const STAGED_GLOBAL_NETWORK_POLICY = objectFields({ spec: withFields(GLOBAL_POLICY_SPEC, ['stagedAction']) });
export const STAGED_KUBERNETES_NETWORK_POLICY = objectFields({
  spec: withFields(NETWORK_POLICY_SPEC, ['stagedAction']),
});
export const TIER = objectFields({ spec: fieldsOf(['order', 'defaultAction']) });
export const PROFILE = objectFields({ spec: fieldsOf(['labelsToApply'], { ingress: RULE, egress: RULE }) });
export const NETWORK_SET = objectFields({ spec: fieldsOf(['nets']) });
export const HOST_ENDPOINT = objectFields({
  spec: fieldsOf(['node', 'interfaceName', 'expectedIPs', 'profiles'], { ports: ENDPOINT_PORT }),
});
export const WORKLOAD_ENDPOINT = objectFields({
  spec: fieldsOf(
    [
      'orchestrator',
      'workload',
      'node',
      'containerID',
      'pod',
      'endpoint',
      'serviceAccountName',
      'ipNetworks',
      'ipv4Gateway',
      'ipv6Gateway',
      'profiles',
      'interfaceName',
      'mac',
      'allowSpoofedSourcePrefixes',
      'qosControls',
    ],
    {
      ipNATs: fieldsOf(['internalIP', 'externalIP']),
      ports: withFields(ENDPOINT_PORT, ['hostPort', 'hostIP']),
    },
  ),
});
