/** Which desired objects another one names. */
import type { EndpointTier } from './endpoint';
import type { IpSetKey } from './ip-set';
import type { PolicyKey, Rule, RuleEnd } from './policy';
import type { DesiredKey, DesiredObject } from './transition';

/** The keys that the object names; they must be there for it to mean anything. May hold a key twice. */
export function referencesOf(object: DesiredObject): readonly DesiredKey[] {
  switch (object.type) {
    case 'policy':
    case 'profile':
      return [...object.ingress, ...object.egress].flatMap(setsOfRule);
    case 'workload':
      return [...policiesOfTiers(object.tiers), ...object.profiles];
    case 'hostEndpoint':
      return [
        ...policiesOfTiers(object.tiers),
        ...policiesOfTiers(object.forwardTiers),
        ...policiesOfTiers(object.preDnatTiers),
        ...policiesOfTiers(object.untrackedTiers),
        ...object.profiles,
      ];
    case 'route':
      return [object.target.kind === 'workload' ? object.target.workload : object.target.node];
    default:
      return [];
  }
}

/** The policies that the tiers name, ingress before egress, tier by tier. */
export function policiesOfTiers(tiers: readonly EndpointTier[]): readonly PolicyKey[] {
  return tiers.flatMap((tier) => [...tier.ingress, ...tier.egress]);
}

function setsOfRule(rule: Rule): readonly IpSetKey[] {
  return [...setsOfEnd(rule.source), ...setsOfEnd(rule.destination)];
}

function setsOfEnd(end: RuleEnd): readonly IpSetKey[] {
  return [...end.ipSets, ...end.notIpSets, ...end.namedPorts, ...end.notNamedPorts, ...end.addressPortSets];
}
