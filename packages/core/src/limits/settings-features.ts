/** What settings of the cluster ask of a dataplane. A setting that nobody wrote asks for nothing. */
import type {
  AddressAutodetection,
  BGPConfiguration,
  FelixConfiguration,
  Installation,
  IPPool,
} from '../resources/kinds/settings';
import { familyOf } from '../state';
import type { FieldFeature } from './policy-features';

export function* installationFeatures({ spec: { calicoNetwork } }: Installation): Iterable<FieldFeature> {
  const { bgp, nodeAddressAutodetectionV4: v4, nodeAddressAutodetectionV6: v6, ipPools } = calicoNetwork;
  if (bgp === 'Disabled') yield ['bgpDisabled', 'spec.calicoNetwork.bgp'];
  if (v4 !== undefined && !hasMethod(v4)) {
    const field = 'spec.calicoNetwork.nodeAddressAutodetectionV4';
    yield ['nodeIpNotAutodetected', v4.firstFound === undefined ? field : `${field}.firstFound`];
  }
  if (v6 !== undefined && hasMethod(v6)) yield ['ipv6', 'spec.calicoNetwork.nodeAddressAutodetectionV6'];
  for (const [index, { cidr }] of ipPools.entries()) {
    if (familyOf(cidr) === 6) yield ['ipv6', `spec.calicoNetwork.ipPools[${index}].cidr`];
  }
}

export function* felixConfigurationFeatures({ spec }: FelixConfiguration): Iterable<FieldFeature> {
  if (spec.floatingIPs === 'Enabled') yield ['floatingIp', 'spec.floatingIPs'];
}

export function* bgpConfigurationFeatures({ spec }: BGPConfiguration): Iterable<FieldFeature> {
  for (const field of ['serviceClusterIPs', 'serviceExternalIPs', 'serviceLoadBalancerIPs'] as const) {
    for (const [index, cidr] of spec[field].entries()) {
      if (familyOf(cidr) === 6) yield ['ipv6', `spec.${field}[${index}].cidr`];
    }
  }
}

export function* ipPoolFeatures({ spec }: IPPool): Iterable<FieldFeature> {
  if (!spec.disabled && familyOf(spec.cidr) === 6) yield ['ipv6', 'spec.cidr'];
}

/** The operator takes an entry without a method as: do not autodetect. */
function hasMethod({
  firstFound,
  kubernetes,
  interface: name,
  skipInterface,
  canReach,
  cidrs,
}: AddressAutodetection): boolean {
  const named = [kubernetes, name, skipInterface, canReach].some((method) => method !== undefined);
  return firstFound === true || named || cidrs.length > 0;
}
