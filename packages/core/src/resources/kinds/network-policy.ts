/** Kubernetes NetworkPolicy (networking.k8s.io/v1). */
import type { Cidr, PortRange } from '../../state';
import type { Labels, ResourceBase } from '../metadata';
import type { ServiceProtocol } from './kubernetes';

/** A Kubernetes label selector; all parts must hold, an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values: readonly string[];
  }[];
}

/** A port, or a range of ports, of a Kubernetes network policy. */
export interface NetworkPolicyPort {
  readonly protocol: ServiceProtocol;
  /** Absent: every port. A name is looked up in the pods that the rule's destination means. */
  readonly port?: PortRange | string;
}

/** Either `ipBlock`, or selectors. Both selectors absent does not occur. */
export type NetworkPolicyPeer =
  | { readonly ipBlock: { readonly cidr: Cidr; readonly except: readonly Cidr[] } }
  | { readonly podSelector?: LabelSelector; readonly namespaceSelector?: LabelSelector };

/** Empty `peers`: everyone. Empty `ports`: every port of every protocol. */
export interface NetworkPolicyRule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

export interface NetworkPolicy extends ResourceBase<'NetworkPolicy'> {
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly ingress: readonly NetworkPolicyRule[];
    readonly egress: readonly NetworkPolicyRule[];
    /** Inferred by the API's rule where the object does not say. */
    readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  };
}
