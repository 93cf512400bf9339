/** What the eBPF backend does not do: by default exactly what Calico 3.19 states of its eBPF mode. */
import type { Limit, LimitTable } from '@polyplane/core/backend';

const SOURCE = 'Calico 3.19, Enable the eBPF dataplane: Limitations';

function row(limit: Omit<Limit, 'source'>): Limit {
  return { ...limit, source: SOURCE };
}

/** What the eBPF dataplane does not do. */
export const EBPF_LIMITS: LimitTable = [
  row({
    code: 'PP_LIMIT_EBPF_ARM64',
    feature: 'architectureArm64',
    support: 'unsupported',
    effect: 'refuseToStart',
    message: 'eBPF mode runs on x86-64 only: on an arm64 machine it refuses to start.',
    remedy: 'Run such nodes in a cluster of their own on another backend, or replace them by x86-64 machines.',
    until: 'calico-3.27',
  }),
  row({
    code: 'PP_LIMIT_EBPF_ARCHITECTURE',
    feature: 'architectureOther',
    support: 'unsupported',
    effect: 'refuseToStart',
    message:
      'eBPF mode runs on x86-64, and as of Calico 3.27 on arm64: on a machine of another architecture it refuses to start.',
    remedy: 'Run such nodes in a cluster of their own on another backend, or replace them by x86-64 machines.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_IPV6',
    feature: 'ipv6',
    support: 'unsupported',
    effect: 'objectIgnored',
    message:
      'eBPF mode does not support IPv6: the address or range is left out, and its traffic is neither balanced nor judged.',
    remedy: 'Use IPv4 addresses, or a backend that supports IPv6.',
    until: 'calico-3.28',
  }),
  row({
    code: 'PP_LIMIT_EBPF_DO_NOT_TRACK',
    feature: 'doNotTrackPolicy',
    support: 'unsupported',
    effect: 'objectIgnored',
    message:
      'eBPF mode does not support doNotTrack policies on host endpoints: the policy is ignored, and what it denies is let in.',
    remedy: 'Use a normal, preDNAT or applyOnForward policy, which this backend supports.',
    until: 'calico-3.21',
  }),
  row({
    code: 'PP_LIMIT_EBPF_TAKE_OVER',
    feature: 'takeOverOfConnections',
    support: 'degraded',
    effect: 'none',
    message:
      'When eBPF mode is enabled, connections that exist stay on the old path: they go on, without its advantages.',
    remedy: 'Nothing need be done; drain the node, or let its clients connect again, to move every connection over.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_DISABLING',
    feature: 'undisturbedDisabling',
    support: 'degraded',
    effect: 'disruptive',
    message: 'Disabling eBPF mode is disruptive: connections that it carried may break.',
    remedy: 'Drain each node before eBPF mode is disabled there, and restart what does not connect again by itself.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_HYBRID',
    feature: 'hybridCluster',
    support: 'unsupported',
    effect: 'degraded',
    message:
      'The cluster also has nodes that do not run eBPF mode: node-port traffic that an eBPF node forwards to them is dropped.',
    remedy: 'Run eBPF mode on every node, or keep the endpoints of node-port services off the other nodes.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_FLOATING_IP',
    feature: 'floatingIp',
    support: 'unsupported',
    effect: 'objectIgnored',
    message: 'eBPF mode does not support floating IPs: they are ignored, and nothing answers on them.',
    remedy: 'Reach the pod through a service with external or load-balancer addresses.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_SCTP_POLICY',
    feature: 'sctpPolicy',
    support: 'unsupported',
    effect: 'ruleIgnored',
    message: 'eBPF mode does not support SCTP in policies: the rule is ignored.',
    remedy: 'Write the policy for TCP or UDP, or use a backend that supports SCTP.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_SCTP_SERVICE',
    feature: 'sctpService',
    support: 'unsupported',
    effect: 'objectIgnored',
    message: 'eBPF mode does not support SCTP services: the service port is ignored, and nothing answers on it.',
    remedy: 'Let clients connect to the pods themselves, or use a backend that supports SCTP.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_NODE_IP',
    feature: 'nodeIpNotAutodetected',
    support: 'unsupported',
    effect: 'refuseToStart',
    message:
      'eBPF mode needs the node’s address to be autodetected: it sends VXLAN packets from it when it forwards traffic to services.',
    remedy:
      'Set a method of autodetection, such as spec.calicoNetwork.nodeAddressAutodetectionV4.firstFound: true in the Installation.',
  }),
  row({
    code: 'PP_LIMIT_EBPF_LOG_ACTION',
    feature: 'logAction',
    support: 'unsupported',
    effect: 'ruleIgnored',
    message: 'eBPF mode does not support the Log action: the rule is ignored, and nothing is logged.',
    remedy: 'Remove the rule, or use flow logs or a backend that supports the Log action.',
    until: 'calico-3.29',
  }),
];
