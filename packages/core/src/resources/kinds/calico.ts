/** Calico's policy kinds (projectcalico.org/v3): NetworkPolicy, GlobalNetworkPolicy, Tier, HostEndpoint. */
import type { Cidr, IcmpMatch, InterfaceName, IpAddress, IpFamily, Port, PortRange, Protocol } from '../../state';
import type { ResourceBase } from '../metadata';

/** Calico's `source` or `destination` of a rule. Selector texts are valid; absent: not asked. */
export interface CalicoEntityRule {
  readonly nets: readonly Cidr[];
  readonly notNets: readonly Cidr[];
  readonly selector?: string;
  readonly notSelector?: string;
  /** `global()` means objects without a namespace. Absent in a namespaced policy: its own namespace. */
  readonly namespaceSelector?: string;
  /** A name is a named port. */
  readonly ports: readonly (PortRange | string)[];
  readonly notPorts: readonly (PortRange | string)[];
  readonly serviceAccounts?: { readonly names: readonly string[]; readonly selector?: string };
  readonly services?: { readonly name: string; readonly namespace?: string };
}

/** An application-layer match: one of `methods` (empty: any) and one of `paths` (empty: any). No dataplane here judges it. */
export interface CalicoHttpMatch {
  readonly methods: readonly string[];
  readonly paths: readonly ({ readonly exact: string } | { readonly prefix: string })[];
}

/** A rule of a Calico policy or profile. */
export interface CalicoRule {
  readonly action: 'Allow' | 'Deny' | 'Pass' | 'Log';
  readonly ipVersion?: IpFamily;
  readonly protocol?: Protocol;
  readonly notProtocol?: Protocol;
  readonly icmp?: IcmpMatch;
  readonly notICMP?: IcmpMatch;
  readonly source: CalicoEntityRule;
  readonly destination: CalicoEntityRule;
  /** Ingress Allow rules only. */
  readonly http?: CalicoHttpMatch;
}

/** What Calico's namespaced and global policies share. */
export interface CalicoPolicySpec {
  /** Default `default`. */
  readonly tier: string;
  /** Lower comes first; absent comes last. Ties are broken by name. */
  readonly order?: number;
  /** Default `all()`. */
  readonly selector: string;
  readonly serviceAccountSelector?: string;
  /** Inferred by the API's rule where the object does not say. */
  readonly types: readonly ('Ingress' | 'Egress')[];
  readonly ingress: readonly CalicoRule[];
  readonly egress: readonly CalicoRule[];
}

/** API kind `NetworkPolicy` of projectcalico.org/v3 (and crd.projectcalico.org/v1). */
export interface CalicoNetworkPolicy extends ResourceBase<'CalicoNetworkPolicy'> {
  readonly spec: CalicoPolicySpec;
}

export interface GlobalNetworkPolicy extends ResourceBase<'GlobalNetworkPolicy'> {
  readonly spec: CalicoPolicySpec & {
    readonly namespaceSelector?: string;
    readonly doNotTrack: boolean;
    readonly preDNAT: boolean;
    readonly applyOnForward: boolean;
  };
}

export interface Tier extends ResourceBase<'Tier'> {
  readonly spec: { readonly order?: number; readonly defaultAction: 'Deny' | 'Pass' };
}

/** Named apart from the desired state's host endpoint. */
export interface CalicoHostEndpoint extends ResourceBase<'HostEndpoint'> {
  readonly spec: {
    readonly node: string;
    /** `*`: every interface. Absent: those that carry an address of `expectedIPs`. */
    readonly interfaceName?: InterfaceName | '*';
    readonly expectedIPs: readonly IpAddress[];
    readonly profiles: readonly string[];
    readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: Port }[];
  };
}
