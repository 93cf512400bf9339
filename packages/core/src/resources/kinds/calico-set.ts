/** Calico's groups of addresses and of rules: NetworkSet, GlobalNetworkSet, Profile (projectcalico.org/v3). */
import type { Cidr } from '../../state';
import type { Labels, ResourceBase } from '../metadata';
import type { CalicoRule } from './calico';

interface NetworkSetSpec {
  /** Host bits are cleared, doubles removed. */
  readonly nets: readonly Cidr[];
  /** Further ranges stand in the object that cannot be read, and may be any. */
  readonly hasUnreadNets?: true;
}

/** Ranges that selectors pick by the set's labels, as objects of its namespace. */
export interface NetworkSet extends ResourceBase<'NetworkSet'> {
  readonly spec: NetworkSetSpec;
}

/** As a network set, without a namespace. */
export interface GlobalNetworkSet extends ResourceBase<'GlobalNetworkSet'> {
  readonly spec: NetworkSetSpec;
}

/** Named apart from the desired state's profile. Rules for endpoints that no policy decided for; its labels are inherited by the endpoints that name it. */
export interface CalicoProfile extends ResourceBase<'Profile'> {
  readonly spec: {
    readonly ingress: readonly CalicoRule[];
    readonly egress: readonly CalicoRule[];
    readonly labelsToApply: Labels;
  };
}
