/** What is left of an object of the desired state for a dataplane that lacks some features. */
import {
  type AddressPort,
  ANY_END,
  type Cidr,
  type DesiredObject,
  familyOf,
  type HostEndpoint,
  type IpAddress,
  type IpSetMember,
  type NodeSettings,
  type Policy,
  type Rule,
  type RuleEnd,
  ruleInItsFamily,
  SCTP,
  type ServicePort,
  type WorkloadEndpoint,
} from '../state';
import type { Feature } from './feature';
import { featuresOfRule } from './features-used';

/** The policies that a lack makes impossible as a whole. */
export const POLICY_FEATURES: readonly Feature[] = ['doNotTrackPolicy', 'preDnatPolicy', 'applyOnForwardPolicy'];

/** The features that the policy as a whole needs and that are lacking. */
export function lacksOfPolicy(policy: Policy, lacking: ReadonlySet<Feature>): readonly Feature[] {
  const needed: Feature[] = [];
  if (policy.stage === 'untracked') needed.push('doNotTrackPolicy');
  if (policy.stage === 'preDnat') needed.push('preDnatPolicy');
  if (policy.appliesOnForward) needed.push('applyOnForwardPolicy');
  return needed.filter((feature) => lacking.has(feature));
}

/**
 * What needs a feature that is lacking is left out. Where the feature is among `denied`, only what can close nothing that it
 * leaves is: allow and log rules; a deny or pass rule becomes one that denies all that it may have matched.
 * Undefined: nothing is left. The same object when it needs nothing that is lacking. Endpoints keep their tiers.
 */
export function reduceObject(
  object: DesiredObject,
  lacking: ReadonlySet<Feature>,
  denied: ReadonlySet<Feature>,
): DesiredObject | undefined {
  switch (object.type) {
    case 'policy':
    case 'profile':
      return reduceRules(object, lacking, denied);
    case 'service':
      return reduceService(object, lacking);
    case 'workload':
      return reduceWorkload(object, lacking);
    case 'hostEndpoint':
      return reduceHostEndpoint(object, lacking);
    default:
      return lacking.has('ipv6') ? withoutFamily6(object) : object;
  }
}

/** True for members that a dataplane without IPv6 cannot hold. */
export function isFamily6(member: IpSetMember | AddressPort): boolean {
  const comma = member.indexOf(',');
  return (comma < 0 ? member : member.slice(0, comma)).includes(':');
}

/** A policy that denies, in the normal stage, at least all that the given one would have judged. */
export function denyInstead(policy: Policy, lacking: ReadonlySet<Feature>): Policy {
  const isBeforeDnat = policy.stage !== 'normal';
  const deny = (rule: Rule): Rule => {
    const broadened = broaden(rule, lacking);
    // After DNAT the destination is another one than the policy speaks of.
    return isBeforeDnat ? { ...broadened, destination: ANY_END } : broadened;
  };
  const judging = (rules: readonly Rule[]): readonly Rule[] =>
    rules.filter(({ action }) => action !== 'log').map((rule) => ({ ...deny(rule), action: 'deny' }));
  return {
    ...policy,
    stage: 'normal',
    ingress: judging(policy.ingress),
    egress: judging(policy.egress),
  };
}

function reduceRules<Ruled extends { readonly ingress: readonly Rule[]; readonly egress: readonly Rule[] }>(
  object: Ruled,
  lacking: ReadonlySet<Feature>,
  denied: ReadonlySet<Feature>,
): Ruled {
  const ingress = reduceList(object.ingress, lacking, denied);
  const egress = reduceList(object.egress, lacking, denied);
  return ingress === object.ingress && egress === object.egress ? object : { ...object, ingress, egress };
}

/** The same list when no rule changes. */
function reduceList(
  rules: readonly Rule[],
  lacking: ReadonlySet<Feature>,
  denied: ReadonlySet<Feature>,
): readonly Rule[] {
  const needsLacking = (rule: Rule): boolean => featuresOfRule(rule).some((feature) => lacking.has(feature));
  if (!rules.some(needsLacking)) return rules;
  return rules.flatMap((rule) => (needsLacking(rule) ? reduceRule(rule, lacking, denied) : [rule]));
}

function reduceRule(rule: Rule, lacking: ReadonlySet<Feature>, denied: ReadonlySet<Feature>): readonly Rule[] {
  const isOnlyFamily6 = featuresOfRule(rule).every((feature) => feature === 'ipv6' || !lacking.has(feature));
  if (isOnlyFamily6) return ruleWithoutFamily6(rule);
  const isClosedByLeavingOut = rule.action === 'allow' || rule.action === 'log';
  if (isClosedByLeavingOut || !featuresOfRule(rule).some((feature) => denied.has(feature))) return [];
  const broadened = broaden(rule, lacking);
  const kept = lacking.has('ipv6') ? ruleWithoutFamily6(broadened) : [broadened];
  return kept.map((each) => ({ ...each, action: 'deny' }));
}

/** The rule without the matches that are lacking: it matches what it matched, and more. */
function broaden(rule: Rule, lacking: ReadonlySet<Feature>): Rule {
  const { protocol, notProtocol, icmp, notIcmp, ...rest } = rule;
  const lacksSctp = lacking.has('sctpPolicy') && featuresOfRule(rule).includes('sctpPolicy');
  const lacksIcmp = lacking.has('icmpTypeMatch');
  const withoutPorts = (end: RuleEnd): RuleEnd => ({
    ...end,
    ports: [],
    notPorts: [],
    namedPorts: [],
    notNamedPorts: [],
    addressPortSets: [],
  });
  return {
    ...rest,
    ...(protocol === undefined || lacksSctp ? {} : { protocol }),
    ...(notProtocol === undefined || lacksSctp ? {} : { notProtocol }),
    ...(icmp === undefined || lacksIcmp ? {} : { icmp }),
    ...(notIcmp === undefined || lacksIcmp ? {} : { notIcmp }),
    // Ports mean nothing without their protocol.
    source: lacksSctp ? withoutPorts(rule.source) : rule.source,
    destination: lacksSctp ? withoutPorts(rule.destination) : rule.destination,
  };
}

/** What the rule says about IPv4; nothing when it speaks of IPv6 alone. */
function ruleWithoutFamily6(rule: Rule): readonly Rule[] {
  const own = ruleInItsFamily(rule);
  if (own === undefined || own.family === 6) return [];
  const { source, destination } = own;
  const kept = ruleInItsFamily({
    ...own,
    source: endWithoutFamily6(source),
    destination: endWithoutFamily6(destination),
  });
  return kept === undefined ? [] : [kept];
}

function endWithoutFamily6(end: RuleEnd): RuleEnd {
  return { ...end, nets: family4(end.nets), notNets: family4(end.notNets) };
}

function reduceService(service: ServicePort, lacking: ReadonlySet<Feature>): ServicePort | undefined {
  if (lacking.has('ipv6') && service.family === 6) return undefined;
  if (lacking.has('sctpService') && service.protocol === SCTP) return undefined;
  let reduced = service;
  if (lacking.has('sessionAffinity') && service.affinityTimeoutSeconds !== undefined) {
    const { affinityTimeoutSeconds: _, ...rest } = service;
    reduced = rest;
  }
  if (lacking.has('loadBalancerSourceRanges')) {
    // An address that cannot be kept from others is better not opened at all.
    const frontends = reduced.frontends.filter(({ sourceRanges }) => sourceRanges === undefined);
    if (frontends.length < reduced.frontends.length) reduced = { ...reduced, frontends };
  }
  return reduced;
}

function reduceWorkload(workload: WorkloadEndpoint, lacking: ReadonlySet<Feature>): WorkloadEndpoint {
  let reduced = workload;
  if (lacking.has('ipv6')) {
    const addresses = family4(workload.addresses);
    const allowedSources = family4(workload.allowedSources);
    const isSame =
      addresses.length === workload.addresses.length && allowedSources.length === workload.allowedSources.length;
    if (!isSame) reduced = { ...reduced, addresses, allowedSources };
  }
  if (lacking.has('floatingIp') && workload.floatingAddresses !== undefined) {
    const { floatingAddresses: _, ...rest } = reduced;
    reduced = rest;
  }
  return reduced;
}

function reduceHostEndpoint(endpoint: HostEndpoint, lacking: ReadonlySet<Feature>): HostEndpoint | undefined {
  if (lacking.has('hostEndpointPolicy')) return undefined;
  if (!lacking.has('ipv6')) return endpoint;
  const expectedAddresses = family4(endpoint.expectedAddresses);
  return expectedAddresses.length === endpoint.expectedAddresses.length ? endpoint : { ...endpoint, expectedAddresses };
}

/** Objects without a policy or a service of their own. */
function withoutFamily6(
  object: Exclude<DesiredObject, { readonly type: 'policy' | 'profile' | 'service' | 'workload' | 'hostEndpoint' }>,
): DesiredObject | undefined {
  switch (object.type) {
    case 'ipSet':
      return { ...object, members: new Set([...object.members].filter((member) => !isFamily6(member))) };
    case 'node':
      return { ...object, addresses: family4(object.addresses), podCidrs: family4(object.podCidrs) };
    case 'settings':
      return settingsWithoutFamily6(object);
    case 'pool':
      return familyOf(object.cidr) === 6 ? undefined : object;
    case 'route':
      return familyOf(object.destination) === 6 ? undefined : object;
  }
}

function settingsWithoutFamily6(settings: NodeSettings): NodeSettings {
  const { localDetector, nodePortAddresses, serviceLoopPrevention } = settings;
  const isFamily4 = ({ net }: { readonly net?: Cidr }): boolean => net === undefined || familyOf(net) === 4;
  return {
    ...settings,
    nodeAddresses: family4(settings.nodeAddresses),
    ...(nodePortAddresses === undefined ? {} : { nodePortAddresses: family4(nodePortAddresses) }),
    localDetector:
      localDetector.kind === 'cidrs' ? { kind: 'cidrs', cidrs: family4(localDetector.cidrs) } : localDetector,
    ...(serviceLoopPrevention === undefined
      ? {}
      : { serviceLoopPrevention: { ...serviceLoopPrevention, cidrs: family4(serviceLoopPrevention.cidrs) } }),
    failsafeInbound: settings.failsafeInbound.filter(isFamily4),
    failsafeOutbound: settings.failsafeOutbound.filter(isFamily4),
  };
}

function family4<Address extends IpAddress | Cidr>(values: readonly Address[]): readonly Address[] {
  return values.filter((value) => familyOf(value) === 4);
}
