/** What one object of the desired state needs of a dataplane, and the user's field that it comes from. */
import {
  type Cidr,
  type DesiredObject,
  familyOf,
  type HostEndpoint,
  type IpAddress,
  type Origin,
  type Policy,
  type Rule,
  SCTP,
  type ServicePort,
  type WorkloadEndpoint,
} from '../state';
import type { Feature } from './feature';
import type { FeatureUse } from './feature-use';

/**
 * In the order of the object's fields; `field` is the rule that needs the feature, or the field of the object. Sets and settings
 * have no object of the user's behind them, so they need nothing; what nodes and pools need, their own objects declare.
 */
export function featuresUsed(object: DesiredObject): readonly FeatureUse[] {
  switch (object.type) {
    case 'policy':
      return [...stageFeatures(object), ...ruleUses(object)];
    case 'profile':
      return ruleUses(object);
    case 'service':
      return serviceUses(object);
    case 'workload':
      return workloadUses(object);
    case 'hostEndpoint':
      return hostEndpointUses(object);
    default:
      return [];
  }
}

/** The features that a rule needs; each once. */
export function featuresOfRule(rule: Rule): readonly Feature[] {
  const features: Feature[] = [];
  if (rule.action === 'log') features.push('logAction');
  if (rule.protocol === SCTP || rule.notProtocol === SCTP) features.push('sctpPolicy');
  if (rule.icmp !== undefined || rule.notIcmp !== undefined) features.push('icmpTypeMatch');
  if (needsFamily6(rule)) features.push('ipv6');
  return features;
}

/** Whether a rule says anything about IPv6 by name; a rule for both families does not. */
function needsFamily6(rule: Rule): boolean {
  const { source, destination } = rule;
  return rule.family === 6 || [source.nets, source.notNets, destination.nets, destination.notNets].some(hasFamily6);
}

function stageFeatures(policy: Policy): readonly FeatureUse[] {
  const uses: FeatureUse[] = [];
  if (policy.stage === 'untracked') uses.push(use('doNotTrackPolicy', policy, 'spec.doNotTrack'));
  if (policy.stage === 'preDnat') uses.push(use('preDnatPolicy', policy, 'spec.preDNAT'));
  if (policy.appliesOnForward) uses.push(use('applyOnForwardPolicy', policy, 'spec.applyOnForward'));
  return uses;
}

function ruleUses({
  ingress,
  egress,
}: {
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}): readonly FeatureUse[] {
  return [...ingress, ...egress].flatMap((rule) =>
    featuresOfRule(rule)
      .filter((feature) => feature !== 'sctpPolicy' || !isOfAnyProtocol(rule))
      .map((feature) => use(feature, rule, rule.origin.field)),
  );
}

/** A port that a cluster-wide policy only names makes a rule of each protocol, and asks for none. */
function isOfAnyProtocol({ origin, destination }: Rule): boolean {
  const isClusterPolicy = origin.object.apiVersion.startsWith('policy.networking.k8s.io/');
  return isClusterPolicy && destination.namedPorts.length > 0 && destination.ports.length === 0;
}

function serviceUses(service: ServicePort): readonly FeatureUse[] {
  const uses: FeatureUse[] = [];
  if (service.family === 6) uses.push(use('ipv6', service, service.origin.field));
  if (service.protocol === SCTP) uses.push(use('sctpService', service, service.origin.field));
  if (service.affinityTimeoutSeconds !== undefined) uses.push(use('sessionAffinity', service, 'spec.sessionAffinity'));
  if (service.frontends.some(({ sourceRanges }) => sourceRanges !== undefined)) {
    uses.push(use('loadBalancerSourceRanges', service, 'spec.loadBalancerSourceRanges'));
  }
  return uses;
}

function workloadUses(workload: WorkloadEndpoint): readonly FeatureUse[] {
  const uses: FeatureUse[] = [];
  if (hasFamily6(workload.addresses)) uses.push(use('ipv6', workload, 'status.podIPs'));
  if ((workload.floatingAddresses ?? []).length > 0) uses.push(use('floatingIp', workload, workload.origin.field));
  return uses;
}

function hostEndpointUses(endpoint: HostEndpoint): readonly FeatureUse[] {
  const uses: FeatureUse[] = [use('hostEndpointPolicy', endpoint, endpoint.origin.field)];
  if (hasFamily6(endpoint.expectedAddresses)) uses.push(use('ipv6', endpoint, 'spec.expectedIPs'));
  return uses;
}

function use(feature: Feature, { origin }: { readonly origin: Origin }, field: string): FeatureUse {
  return { feature, object: origin.object, field };
}

function hasFamily6(values: readonly (IpAddress | Cidr)[]): boolean {
  return values.some((value) => familyOf(value) === 6);
}
