/**
 * The cluster-wide policies of policy.networking.k8s.io: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1),
 * ClusterNetworkPolicy (v1alpha2). The three share their rules, whose order in the object is their precedence.
 */
import type { Cidr, PortRange } from '../../state';
import type { ResourceBase } from '../metadata';
import type { ServiceProtocol } from './kubernetes';
import type { LabelSelector } from './network-policy';

/** Every pod of some namespaces, or some pods of some namespaces. */
export type ClusterPodSelection =
  | { readonly kind: 'namespaces'; readonly namespaceSelector: LabelSelector }
  | { readonly kind: 'pods'; readonly namespaceSelector: LabelSelector; readonly podSelector: LabelSelector };

/** `nodes`, `networks` and `domainNames` occur in egress rules only. */
export type ClusterPolicyPeer =
  | ClusterPodSelection
  | { readonly kind: 'nodes'; readonly nodeSelector: LabelSelector }
  | { readonly kind: 'networks'; readonly networks: readonly Cidr[] }
  | { readonly kind: 'domainNames'; readonly domainNames: readonly string[] };

/** `ports` absent: every port of the protocol, which stands in `protocolField` of the entry. */
export type ClusterPolicyPort =
  | {
      readonly kind: 'numbers';
      readonly protocol: ServiceProtocol;
      readonly protocolField: 'portNumber.protocol' | 'portRange.protocol' | 'tcp' | 'udp' | 'sctp';
      readonly ports?: PortRange;
    }
  | { readonly kind: 'name'; readonly portName: string };

/** Matches traffic of any of `peers` to any of `ports`; empty `ports`: every port of every protocol. */
export interface ClusterPolicyRule {
  /** May be empty. */
  readonly name: string;
  /** `Pass`: on to the next tier. ClusterNetworkPolicy's `Accept` is `Allow` here. */
  readonly action: 'Allow' | 'Deny' | 'Pass';
  /** At least one. */
  readonly peers: readonly ClusterPolicyPeer[];
  readonly ports: readonly ClusterPolicyPort[];
}

/** The specification of a ClusterNetworkPolicy. */
export interface ClusterPolicySpec {
  readonly subject: ClusterPodSelection;
  readonly ingress: readonly ClusterPolicyRule[];
  readonly egress: readonly ClusterPolicyRule[];
}

export interface AdminNetworkPolicy extends ResourceBase<'AdminNetworkPolicy'> {
  /** `priority` 0-1000, lower comes first. */
  readonly spec: ClusterPolicySpec & { readonly priority: number };
}

/** There is one, named `default`; its rules never pass. */
export interface BaselineAdminNetworkPolicy extends ResourceBase<'BaselineAdminNetworkPolicy'> {
  readonly spec: ClusterPolicySpec;
}

export interface ClusterNetworkPolicy extends ResourceBase<'ClusterNetworkPolicy'> {
  /** `priority` 0-1000, lower comes first; `Admin` before, `Baseline` after the namespaces' own policies. */
  readonly spec: ClusterPolicySpec & { readonly tier: 'Admin' | 'Baseline'; readonly priority: number };
}
