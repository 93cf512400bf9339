/** Kinds that carry settings of the whole cluster or of a node's dataplane. What nobody wrote stays absent: its default is the reader's business. */
import type { Cidr } from '../../state';
import type { ResourceBase } from '../metadata';

/** How Calico finds a node's address; no method at all: it does not. */
export interface AddressAutodetection {
  readonly firstFound?: boolean;
  readonly kubernetes?: 'NodeInternalIP';
  readonly interface?: string;
  readonly skipInterface?: string;
  readonly canReach?: string;
  readonly cidrs: readonly Cidr[];
}

/** operator.tigera.io/v1 Installation. */
export interface Installation extends ResourceBase<'Installation'> {
  readonly spec: {
    readonly calicoNetwork: {
      readonly bgp?: 'Enabled' | 'Disabled';
      /** `Iptables`, `Nftables`, `BPF`, `VPP`, and what later operators know. */
      readonly linuxDataplane?: string;
      readonly nodeAddressAutodetectionV4?: AddressAutodetection;
      readonly nodeAddressAutodetectionV6?: AddressAutodetection;
      readonly ipPools: readonly { readonly cidr: Cidr }[];
    };
  };
}

/** projectcalico.org/v3 FelixConfiguration: `default` for every node, `node.NAME` for one. */
export interface FelixConfiguration extends ResourceBase<'FelixConfiguration'> {
  readonly spec: {
    readonly bpfEnabled?: boolean;
    readonly floatingIPs?: 'Enabled' | 'Disabled';
    readonly wireguardEnabled?: boolean;
    readonly wireguardEnabledV6?: boolean;
  };
}

/** projectcalico.org/v3 BGPConfiguration. */
export interface BGPConfiguration extends ResourceBase<'BGPConfiguration'> {
  readonly spec: {
    readonly serviceClusterIPs: readonly Cidr[];
    readonly serviceExternalIPs: readonly Cidr[];
    readonly serviceLoadBalancerIPs: readonly Cidr[];
  };
}

/** projectcalico.org/v3 IPPool. */
export interface IPPool extends ResourceBase<'IPPool'> {
  readonly spec: { readonly cidr: Cidr; readonly disabled: boolean };
}
