/** What services and their endpoints need of a dataplane. */
import type { EndpointSlice, Service } from '../resources/kinds/kubernetes';
import { familyOf } from '../state';
import type { FieldFeature } from './policy-features';

export function* serviceFeatures({ spec, status }: Service): Iterable<FieldFeature> {
  // Of these a dataplane translates nothing: clients look up other names, or the pods' own addresses.
  if (spec.type === 'ExternalName' || spec.isHeadless) return;
  for (const [index, { protocol }] of spec.ports.entries()) {
    if (protocol === 'SCTP') yield ['sctpService', `spec.ports[${index}].protocol`];
  }
  if (spec.sessionAffinity === 'ClientIP') yield ['sessionAffinity', 'spec.sessionAffinity'];
  if (spec.loadBalancerSourceRanges.length > 0) yield ['loadBalancerSourceRanges', 'spec.loadBalancerSourceRanges'];
  yield* clusterAddressFeatures(spec);
  for (const [index, address] of spec.externalIPs.entries()) {
    if (familyOf(address) === 6) yield ['ipv6', `spec.externalIPs[${index}]`];
  }
  for (const [index, { ip }] of status.loadBalancer.entries()) {
    if (ip !== undefined && familyOf(ip) === 6) yield ['ipv6', `status.loadBalancer.ingress[${index}].ip`];
  }
}

export function* endpointSliceFeatures(slice: EndpointSlice): Iterable<FieldFeature> {
  yield ['endpointSlices', 'kind'];
  if (slice.addressType === 'IPv6') yield ['ipv6', 'addressType'];
}

/** The addresses; before the API server has given any, the families that are asked for. */
function* clusterAddressFeatures(spec: Service['spec']): Iterable<FieldFeature> {
  const { clusterIPs, ipFamilies, ipFamilyPolicy } = spec;
  // `clusterIP` is always the first of `clusterIPs`, and the one that people write.
  const field = clusterIPs.length > 0 ? 'spec.clusterIPs' : 'spec.ipFamilies';
  const families = clusterIPs.length > 0 ? clusterIPs.map(familyOf) : ipFamilies;
  for (const [index, family] of families.entries()) {
    if (family !== 6) continue;
    yield ['ipv6', clusterIPs.length > 0 && index === 0 ? 'spec.clusterIP' : `${field}[${index}]`];
  }
  if (ipFamilyPolicy === 'RequireDualStack' && !families.includes(6)) yield ['ipv6', 'spec.ipFamilyPolicy'];
}
